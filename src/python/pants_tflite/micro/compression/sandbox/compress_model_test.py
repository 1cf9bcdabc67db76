# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tflite_micro", reason="its wheels are for Linux x86_64 only")

from pants_tflite.micro.compression.sandbox import compress_model  # noqa: E402
from pants_tflite.micro.compression.sandbox.compress_model import (  # noqa: E402
    Comparison,
    compress,
    plan_model,
    plan_tensor,
    same,
)
from pants_tflite.micro.compression.sandbox.compress_model_protocol import (  # noqa: E402
    CompressedTensor,
    CompressionReport,
    CompressModelRequest,
)
from pants_tflite.micro.sandbox.golden import GoldenVectors  # noqa: E402
from pants_tflite.micro.sandbox.testing_vectors import write_golden  # noqa: E402
from pants_tflite.sandbox.mistakes import Mistake  # noqa: E402
from pants_tflite.sandbox.testing.small_models import (  # noqa: E402
    SERVING,
    OpSpec,
    TensorSpec,
    build_model,
    pack,
    unpack,
)
from pants_tflite.sandbox.tflite.model_reader import parse_model  # noqa: E402
from pants_tflite.sandbox.tflite.schema import load_schema  # noqa: E402

SHARED_MODELS = os.environ.get("PANTS_TFLITE_SHARED_MODELS", "")
SIZE = 64
schema = load_schema()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()


def dense_model(*, values: int, per_channel: bool) -> bytes:
    """A matrix whose rows each have so many different weights, other ones in each row if each has a scale
    of its own."""
    draw = np.random.default_rng(0)
    each = np.linspace(-60, 60, values).astype(np.int8)
    # All but one of the values, another one in each row, so that a row's table is not that of the whole.
    weights = each[
        (draw.integers(values - 1, size=(SIZE, SIZE)) + np.arange(SIZE)[:, None]) % values
    ]
    if per_channel:
        weights = weights + draw.integers(5, size=(SIZE, 1), dtype=np.int8)
    weight_scales = [0.01 * (1 + row % 3) for row in range(SIZE)] if per_channel else [0.01]
    model = unpack(
        build_model(
            [
                TensorSpec("x", (1, SIZE), "int8", scale=0.05),
                TensorSpec("weights", (SIZE, SIZE), "int8", value=weights, scale=0.01),
                TensorSpec("bias", (SIZE,), "int32", value=0, scale=0.0005),
                TensorSpec("y", (1, SIZE), "int8", scale=0.2),
            ],
            [OpSpec("FULLY_CONNECTED", ("x", "weights", "bias"), ("y",), version=4)],
            SERVING,
        )
    )
    tensors = model.subgraphs[0].tensors
    for tensor, scale in ((tensors[1], 1.0), (tensors[2], 0.05)):
        tensor.quantization.scale = [scale * it for it in weight_scales]
        tensor.quantization.zeroPoint = [0] * len(weight_scales)
    return pack(model)


def run_program(*, golden: bool = True) -> CompressionReport:
    compress_model.main(
        CompressModelRequest(
            model="model.tflite",
            golden_input="out/golden_input.npz" if golden else None,
            golden_output="out/golden_output.npz" if golden else None,
        )
    )
    return CompressionReport.parse(Path("out/compression.json").read_bytes())


def outputs(data: bytes, before: bytes) -> list[list[np.ndarray]]:
    golden = GoldenVectors.read(
        parse_model(before), Path("out/golden_input.npz"), Path("out/golden_output.npz")
    )
    return Comparison(golden).outputs(parse_model(data), data)[0]


def interface(data: bytes) -> list[Any]:
    """The signatures, with what they call their tensors, and their shapes and types."""
    return [
        (signature.name, name, tensor.name, tensor.shape, tensor.dtype, tensor.quantization)
        for signature in parse_model(data).signatures
        for name, tensor in (*signature.inputs, *signature.outputs)
    ]


@pytest.mark.parametrize(("per_channel", "axis"), [(False, None), (True, 0)])
def test_tables_follow_the_quantization_and_change_no_output(
    per_channel: bool, axis: int | None
) -> None:
    data = dense_model(values=4, per_channel=per_channel)
    write_golden(data)
    report = run_program()
    compressed = Path("out/model.tflite").read_bytes()
    (tensor,) = report.tensors
    assert (tensor.name, tensor.index_bits, tensor.axis) == ("weights", 2, axis)
    assert (tensor.values, tensor.bytes) == (3 if per_channel else 4, SIZE * SIZE)
    assert (report.bytes_before, report.bytes_after) == (len(data), len(compressed))
    assert report.bytes_after < report.bytes_before - 500
    # The decoded weights are in the arena.
    assert report.arena_after > report.arena_before + SIZE * SIZE // 2
    assert report.compared_calls == 4
    (first, *_) = results = outputs(compressed, data)
    assert len(set(first[0].flat)) > 5
    assert same(results, outputs(data, data))
    # Signatures and the names of inputs and outputs stay.
    assert interface(compressed) == interface(data)
    assert [code.customCode for code in unpack(compressed).operatorCodes] == [b"TFLM_DECODE", None]


@pytest.mark.parametrize("per_channel", [False, True])
def test_the_wrong_tables_are_silently_wrong_and_found(
    per_channel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trap: the tool takes a table for the tensor where there are scales for rows, or the reverse."""
    data = dense_model(values=4, per_channel=per_channel)
    write_golden(data)
    ((index, planned),) = plan_model(parse_model(data), data).items()
    wrong = {
        index: replace(planned, axis=None if per_channel else 0, index_bits=5 if per_channel else 2)
    }
    # Nothing is raised.
    compress(data, wrong)
    monkeypatch.setattr(compress_model, "plan_model", lambda model, data: wrong)
    with pytest.raises(Mistake, match="yields other outputs for the compressed model") as caught:
        run_program()
    assert caught.value.field == "compression"


def test_many_values_win_nothing_and_the_model_stays() -> None:
    data = dense_model(values=120, per_channel=True)
    write_golden(data)
    report = run_program()
    assert (report.tensors, report.most_values) == ((), 128)
    assert report.bytes_before == report.bytes_after == len(data)
    assert report.arena_before == report.arena_after
    assert Path("out/model.tflite").read_bytes() == data


def test_equal_models_are_compressed_to_equal_bytes() -> None:
    data = dense_model(values=4, per_channel=True)
    planned = plan_model(parse_model(data), data)
    assert compress(data, planned) == compress(data, planned)


def test_without_golden_vectors_nothing_is_compressed() -> None:
    Path("model.tflite").write_bytes(dense_model(values=4, per_channel=False))
    with pytest.raises(Mistake, match="no golden vectors to compare the compressed one on"):
        run_program(golden=False)


@pytest.mark.parametrize(
    ("count", "axis", "expected"),
    [
        (1, None, CompressedTensor("w", 1, None, 1, 4096)),
        (2, None, CompressedTensor("w", 1, None, 2, 4096)),
        (3, None, CompressedTensor("w", 2, None, 3, 4096)),
        (64, None, CompressedTensor("w", 6, None, 64, 4096)),
        (128, None, CompressedTensor("w", 7, None, 128, 4096)),
        (129, None, None),
        # A table of 64 values for each row of 64 saves nothing.
        (64, 0, None),
        (16, 0, CompressedTensor("w", 4, 0, 16, 4096)),
    ],
)
def test_the_plan_for_a_tensor(
    count: int, axis: int | None, expected: CompressedTensor | None
) -> None:
    values = (np.arange(4096) % count).astype(np.uint8).view(np.int8).reshape(64, 64)
    assert plan_tensor("w", values, axis) == expected


@pytest.mark.skipif(
    not SHARED_MODELS, reason="PANTS_TFLITE_SHARED_MODELS names no folder of published models"
)
def test_a_published_resnet_of_few_weights() -> None:
    """As it is, it wins nothing; with weights in steps of 16 it wins a quarter of its size."""
    data = Path(SHARED_MODELS, "ic", "pretrainedResnet_quant.tflite").read_bytes()
    assert plan_model(parse_model(data), data) == {}
    model = unpack(data)
    for tensor in model.subgraphs[0].tensors:
        content = model.buffers[tensor.buffer].data
        if tensor.type == schema.TensorType.INT8 and content is not None and len(content) >= 256:
            steps = np.round(np.asarray(content, np.uint8).view(np.int8) / 16.0) * 16
            clipped = np.clip(steps, -112, 112).astype(np.int8)
            model.buffers[tensor.buffer].data = clipped.view(np.uint8)
    snapped = pack(model)
    write_golden(snapped)
    report = run_program()
    assert (report.bytes_before, report.bytes_after) == (98528, 70960)
    assert report.arena_after > report.arena_before
    assert {tensor.axis for tensor in report.tensors} == {0}
