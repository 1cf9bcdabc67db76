# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The ops that make a quantized model's error are told from those that inherit it."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from pants_tflite.sandbox.evaluation.find_layer_errors import main
from pants_tflite.sandbox.evaluation.find_layer_errors_protocol import (
    LayerError,
    LayerErrorReport,
    LayerErrorsRequest,
)
from pants_tflite.sandbox.evaluation.testing_models import LAYERS, layer_name, network, samples
from pants_tflite.sandbox.modes import find_mode
from pants_tflite.sandbox.quantization.quantize import quantize
from pants_tflite.sandbox.quantization.recipes import mode_recipe
from pants_tflite.sandbox.samples.npz_files import Dataset, write_npz
from pants_tflite.sandbox.testing.small_models import (
    SERVING,
    OpSpec,
    TensorSpec,
    build_model,
    custom_op_model,
    pack,
    stateful_model,
    unpack,
)

Find = Callable[..., LayerErrorReport]


@pytest.fixture
def find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Find:
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()

    def find(float_model: bytes, model: bytes, dataset: Dataset | None) -> LayerErrorReport:
        Path("model.tflite").write_bytes(model)
        Path("float.tflite").write_bytes(float_model)
        if dataset is not None:
            write_npz(Path("dataset.npz"), dataset.to_arrays())
        main(
            LayerErrorsRequest(
                model="model.tflite",
                float_model="float.tflite",
                dataset=None if dataset is None else "dataset.npz",
                dataset_field="verify_dataset",
                kernels=(),
                max_samples=16,
                seed=0,
            )
        )
        return LayerErrorReport.parse(Path("out/layer_errors.json").read_bytes())

    return find


def quantized(float_model: bytes, mode: str, dataset: Dataset) -> bytes:
    return quantize(float_model, mode_recipe(find_mode(mode)), dataset, threads=1, must_change=True)


DATASET = Dataset({"x": samples()}, None)


def by_tensor(report: LayerErrorReport) -> dict[str, LayerError]:
    return {layer.tensor: layer for layer in report.layers}


@pytest.mark.parametrize("mode", ["int8", "int16x8"])
def test_the_isolated_error_names_just_the_layers_with_outlier_weights(
    find: Find, mode: str
) -> None:
    float_model = network(outliers=(2, 4))
    report = find(float_model, quantized(float_model, mode, DATASET), DATASET)
    assert {layer.layer for layer in report.makers} == {layer_name(2), layer_name(4)}
    assert {layer.op for layer in report.makers} == {"FULLY_CONNECTED"}
    assert report.unmatched == ()
    assert report.not_walked == {}
    assert report.samples == 16


def test_the_accumulated_error_is_inherited(find: Find) -> None:
    float_model = network(outliers=(2,))
    report = find(float_model, quantized(float_model, "int8", DATASET), DATASET)
    (maker,) = report.makers
    assert maker.isolated is not None
    layers = by_tensor(report)
    for layer in range(LAYERS):
        error = layers[f"{layer_name(layer)}/MatMul"]
        assert (error.accumulated > 0.5 * maker.isolated) == (layer >= 2), layer
        assert (error.isolated or 0) <= error.accumulated * 1.5
    heir = layers[f"{layer_name(3)}/MatMul"]
    assert heir.accumulated > 5 * (heir.isolated or 0)


def test_good_weights_stand_out_nowhere(find: Find) -> None:
    float_model = network()
    report = find(float_model, quantized(float_model, "int8", DATASET), DATASET)
    assert report.makers == ()
    assert all(0 <= (layer.isolated or 0) < 0.03 for layer in report.layers)


def test_hybrid_models_show_the_error_of_their_weights(find: Find) -> None:
    float_model = network(outliers=(1,))
    model = quantize(
        float_model,
        mode_recipe(find_mode("float16")),
        None,
        threads=1,
        must_change=True,
    )
    report = find(float_model, model, DATASET)
    assert report.layers
    for layer in report.layers:
        if layer.op == "FULLY_CONNECTED":
            assert layer.isolated is not None and 0 < layer.isolated < 0.01
        else:
            assert layer.isolated == 0


def test_an_identical_model_has_no_error(find: Find) -> None:
    report = find(network(), network(), DATASET)
    assert len(report.layers) == 2 * LAYERS
    assert {layer.accumulated for layer in report.layers} == {0.0}
    assert {layer.isolated for layer in report.layers} == {0.0}


def rename(model: bytes, new_name: Callable[[str], str]) -> bytes:
    content = unpack(model)
    for tensor in content.subgraphs[0].tensors:
        tensor.name = new_name(tensor.name.decode())
    return pack(content)


def test_renamed_tensors_are_found_by_the_ops_inputs(find: Find) -> None:
    float_model = network(outliers=(2,))
    model = rename(quantized(float_model, "int8", DATASET), lambda name: name[::-1])
    report = find(float_model, model, DATASET)
    assert {layer.matched_by for layer in report.layers} <= {"inputs", "name"}
    assert len(report.makers) == 1
    assert report.unmatched == ()


def test_what_has_no_partner_is_said(find: Find) -> None:
    tensors = [TensorSpec("x", (1, 2)), TensorSpec("a", (1, 2)), TensorSpec("y", (1, 2))]
    model = build_model(
        tensors, [OpSpec("ABS", ("x",), ("a",)), OpSpec("TANH", ("a",), ("y",))], SERVING
    )
    float_model = build_model([tensors[0], tensors[2]], [OpSpec("TANH", ("x",), ("y",))], SERVING)
    report = find(float_model, model, Dataset({"x": np.ones((4, 2), np.float32)}, None))
    assert [(tensor.op, tensor.tensor) for tensor in report.unmatched] == [("ABS", "a")]
    (layer,) = report.layers
    assert layer.isolated is None
    assert layer.note == "its input `a` has no partner in the float model"


def test_a_custom_op_without_a_kernel_is_not_walked(find: Find) -> None:
    model = custom_op_model()
    report = find(model, model, None)
    assert report.layers == ()
    assert report.not_walked == {"serving_default": "there is no kernel for the custom ops Twice"}


def test_states_start_afresh_for_each_sample(find: Find) -> None:
    model = stateful_model()
    report = find(model, model, Dataset({"x": np.ones((3, 4, 1, 1), np.float32)}, None, True))
    (layer,) = report.layers
    assert (layer.accumulated, layer.isolated) == (0.0, 0.0)


def test_equal_requests_write_equal_bytes(find: Find) -> None:
    float_model = network(outliers=(2, 4))
    model = quantized(float_model, "int8", DATASET)
    assert find(float_model, model, DATASET).render() == find(float_model, model, DATASET).render()
