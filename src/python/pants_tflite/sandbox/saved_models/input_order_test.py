# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A list of samples is in the order in which the model takes its inputs, from training to device."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Sequence

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from pants_tflite.sandbox.conversion import convert
from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.quantization import quantize
from pants_tflite.sandbox.quantization.quantize_protocol import QuantizeRequest
from pants_tflite.sandbox.samples.npz_files import Dataset, read_npz, write_npz
from pants_tflite.sandbox.saved_models import export, record
from pants_tflite.sandbox.saved_models.export_protocol import ExportRequest
from pants_tflite.sandbox.saved_models.input_order import input_order, keras_2_order
from pants_tflite.sandbox.saved_models.record_protocol import RecordRequest
from pants_tflite.sandbox.saved_models.saved_model_signatures import read_signatures
from pants_tflite.sandbox.testing.convert_requests import convert_request
from pants_tflite.sandbox.tflite.model_reader import read_model

NAMES = ("ankle", "hip", "wrist")
ORDERS = list(itertools.permutations(NAMES))
# What the model multiplies its first, second and third input by.
WEIGHTS = (1.0, 10.0, 100.0)
# As many samples as it takes to tell the ranges of the three apart.
SAMPLES = [np.linspace(0, top, 8, dtype="float32").reshape(4, 2) for top in (1, 20, 300)]
EXPECTED = np.sum([weight * sample for weight, sample in zip(WEIGHTS, SAMPLES)], axis=0)
_numbers = itertools.count()
Run = Callable[[str, Sequence[str]], None]


@pytest.fixture
def export_model(tf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Exports what `make` returns to `out/saved_model`, next to a list of samples."""

    def export_model(make: str, order: Sequence[str]) -> None:
        module = f"order_module_{next(_numbers)}"
        (tmp_path / f"{module}.py").write_text(
            f"from {__name__} import {make} as make\ndef export(): return make({order})\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.chdir(tmp_path)
        Path("out").mkdir()
        inputs = {str(position): array for position, array in enumerate(SAMPLES)}
        write_npz(Path("samples.npz"), Dataset(inputs, None).to_arrays())
        function = EntryPointFunction(module, "export", f"{module}.py")
        export.main(ExportRequest(EntryPointCall(function, {}), seed=0, threads=1))

    return export_model


def weigh(inputs: Sequence[Any]) -> Any:
    return sum(weight * value for weight, value in zip(WEIGHTS, inputs))


def keras_model(order: Sequence[str]) -> Any:
    import keras

    inputs = [keras.Input((2,), name=name) for name in order]
    return keras.Model(inputs, weigh(inputs))


def keras_model_of_a_dict(order: Sequence[str]) -> Any:
    import keras

    inputs = {name: keras.Input((2,), name=name) for name in order}
    return keras.Model(inputs, weigh([inputs[name] for name in sorted(inputs)]))


def module(order: Sequence[str]) -> Any:
    import tensorflow as tf

    result = tf.Module()
    specs = [tf.TensorSpec((None, 2), name=name) for name in order]
    result.weigh = tf.function(lambda *x: {"y": weigh(x)}, input_signature=specs, autograph=False)
    return result


def saved_model_directory(order: Sequence[str]) -> str:
    import tensorflow as tf

    made = module(order)
    tf.saved_model.save(made, "written", signatures=made.weigh)
    return "written"


def keras_export(order: Sequence[str]) -> str:
    keras_model(order).export("written", verbose=False)
    return "written"


def record_samples() -> np.ndarray:
    record.main(
        RecordRequest(
            saved_model="out/saved_model",
            signatures=(),
            dataset="samples.npz",
            dataset_field="verify_dataset",
            max_samples=10,
            seed=0,
            threads=1,
        )
    )
    arrays = read_npz(Path("out/reference.npz"))
    (output,) = [name for name in arrays if "/output/" in name]
    return arrays[output]


def input_ranges(model: str) -> list[tuple[str, float]]:
    """The inputs of an int8 model in its order, with the width of each one's range."""
    (signature,) = read_model(Path(model)).signatures
    ranges = []
    for name, tensor in signature.inputs:
        assert tensor.quantization is not None
        ranges.append((name, 255 * tensor.quantization.scales[0]))
    return ranges


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
@pytest.mark.parametrize("make", ["keras_model", "module", "saved_model_directory", "keras_export"])
def test_samples_by_position_follow_the_model(export_model: Run, make: str, order: Any) -> None:
    export_model(make, order)
    signature = read_signatures(Path("out/saved_model"))["serving_default"]
    assert tuple(signature.shapes) == order
    assert np.array_equal(record_samples(), EXPECTED)


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_a_converted_model_keeps_the_order(export_model: Run, order: Any) -> None:
    export_model("keras_model", order)
    expected = [(name, pytest.approx(array.max(), rel=0.01)) for name, array in zip(order, SAMPLES)]
    request = convert_request(
        "out/saved_model", mode="int8", input_type="int8", calibration="samples.npz"
    )
    convert.main(request)
    assert input_ranges("out/model.tflite") == expected
    convert.main(replace(request, mode="float32", input_type=None))
    model = read_model(Path("out/model.tflite"))
    assert [name for name, _ in model.signatures[0].inputs] == list(order)
    interpreter = Interpreter("out/model.tflite")
    interpreter.allocate_tensors()
    for detail, samples in zip(interpreter.get_input_details(), SAMPLES):
        interpreter.set_tensor(detail["index"], samples[:1])
    interpreter.invoke()
    (output,) = interpreter.get_output_details()
    assert np.allclose(interpreter.get_tensor(output["index"]), EXPECTED[:1])
    quantize.main(
        QuantizeRequest(
            model="out/model.tflite",
            mode="int8",
            recipe=None,
            input_type="int8",
            output_type=None,
            calibration="samples.npz",
            threads=1,
        )
    )
    assert input_ranges("out/model.tflite") == expected


def test_the_order_of_dicts_is_that_of_keras(export_model: Run) -> None:
    """Keras sorts a dict of inputs by its keys, and takes a list for them in that order."""
    export_model("keras_model_of_a_dict", ("wrist", "ankle", "hip"))
    signature = read_signatures(Path("out/saved_model"))["serving_default"]
    assert tuple(signature.shapes) == NAMES
    assert np.array_equal(record_samples(), EXPECTED)


def test_a_dataset_of_other_inputs_is_told_the_order(export_model: Run) -> None:
    export_model("keras_model", ("wrist", "ankle", "hip"))
    write_npz(Path("samples.npz"), Dataset({"0": SAMPLES[0]}, None).to_arrays())
    with pytest.raises(Mistake, match="the model takes wrist, ankle, hip") as caught:
        record_samples()
    assert "a list in the model's own order, which is wrist, ankle, hip" in caught.value.fix


def test_functions_that_disagree_leave_the_names_sorted(tf: Any, tmp_path: Path) -> None:
    def make(order: Sequence[str]) -> Any:
        specs = [tf.TensorSpec((None, 2), name=name) for name in order]
        return tf.function(lambda *x: {"y": weigh(x)}, input_signature=specs, autograph=False)

    made = tf.Module()
    made.one, made.other = make(("hip", "wrist", "ankle")), make(("wrist", "hip", "ankle"))
    tf.saved_model.save(made, str(tmp_path / "m"), signatures={"both": made.one})
    loaded = tf.saved_model.load(str(tmp_path / "m"))
    signature = loaded.signatures["both"]
    assert input_order("both", saved=signature, function=signature, owner=loaded) == NAMES


def test_a_saved_model_of_keras_2_says_the_order(tmp_path: Path) -> None:
    layers = [["wrist", 0, 0], ["ankle", 0, 0]]
    inner = {"class_name": "Functional", "config": {"input_layers": [["other", 0, 0]]}}
    metadata = {"config": {"layers": [inner], "input_layers": layers}, "name": "pose"}
    text = json.dumps(metadata).encode()
    (tmp_path / "keras_metadata.pb").write_bytes(b"\n\xc8\x03\x1a\x04root*" + text + b"\n\x02{}")
    assert keras_2_order(tmp_path) == ("wrist", "ankle")
    assert keras_2_order(tmp_path / "nowhere") == ()
