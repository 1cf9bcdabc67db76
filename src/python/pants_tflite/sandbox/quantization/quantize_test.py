# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import quantizer

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import find_mode
from pants_tflite.sandbox.quantization.quantize import main
from pants_tflite.sandbox.quantization.quantize_protocol import QuantizeRequest
from pants_tflite.sandbox.quantization.recipes import mode_recipe
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.testing.program_runs import run_program
from pants_tflite.sandbox.testing.small_models import (
    OpSpec,
    SignatureSpec,
    TensorSpec,
    build_model,
    linear_model,
    quantized_linear_model,
)
from pants_tflite.sandbox.tflite.conversion_protocol import ConversionReport
from pants_tflite.sandbox.tflite.packing import unpack

SAMPLES = np.linspace(-1, 1, 8 * 64, dtype="float32").reshape(8, 64)
INT4 = {
    "regex": ".*",
    "operation": "FULLY_CONNECTED",
    "algorithm_key": "min_max_uniform_quantize",
    "op_config": {
        "weight_tensor_config": {"num_bits": 4, "granularity": "CHANNELWISE"},
        "compute_precision": "INTEGER",
    },
}


def two_inputs_model() -> bytes:
    return build_model(
        [TensorSpec("b", (None, 64)), TensorSpec("a", (None, 64)), TensorSpec("y", (None, 64))],
        [OpSpec("ADD", ("a", "b"), ("y",))],
        {"serving_default": SignatureSpec({"b": "b", "a": "a"}, {"y": "y"})},
        inputs=["b", "a"],
    )


def custom_op_model() -> bytes:
    return build_model(
        [
            TensorSpec("x", (1, 64)),
            TensorSpec("z", (1, 64)),
            TensorSpec("weights", (1, 64), value=1.0),
            TensorSpec("bias", (1,), value=0.0),
            TensorSpec("y", (1, 1)),
        ],
        [
            OpSpec("Mine", ("x",), ("z",), custom=True),
            OpSpec("FULLY_CONNECTED", ("z", "weights", "bias"), ("y",)),
        ],
        {"serving_default": SignatureSpec({"x": "x"}, {"y": "y"})},
    )


def request(folder: Path, model: bytes, **fields: Any) -> QuantizeRequest:
    (folder / "float.tflite").write_bytes(model)
    calibration = fields.pop("samples", {"input/x": SAMPLES})
    write_npz(folder / "dataset.npz", calibration)
    asked = QuantizeRequest(
        model="float.tflite",
        mode=None,
        recipe=None,
        input_type=None,
        output_type=None,
        calibration="dataset.npz",
        threads=1,
    )
    return replace(asked, **fields)


@pytest.fixture
def quantized(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bytes]:
    """Runs the program in a folder of its own, and returns the model that it makes."""

    def quantized(model: bytes, **fields: Any) -> bytes:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "out").mkdir(exist_ok=True)
        main(request(tmp_path, model, **fields))
        return (tmp_path / "out" / "model.tflite").read_bytes()

    return quantized


@pytest.fixture
def error(quantized: Callable[..., bytes]) -> Callable[..., Mistake]:
    def error(model: bytes, **fields: Any) -> Mistake:
        with pytest.raises(Mistake) as raised:
            quantized(model, **fields)
        return raised.value

    return error


def details(model: bytes) -> tuple[str, str, list[str]]:
    """The dtypes of the input and of the output, and of all constants."""
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    tensors = unpack(model, field="").subgraphs[0].tensors
    buffers = unpack(model, field="").buffers
    types = {
        detail["name"]: detail["dtype"].__name__ for detail in interpreter.get_tensor_details()
    }
    return (
        interpreter.get_input_details()[0]["dtype"].__name__,
        interpreter.get_output_details()[0]["dtype"].__name__,
        sorted(
            types[tensor.name.decode()]
            for tensor in tensors
            if buffers[tensor.buffer].data is not None and tensor.name.decode() in types
        ),
    )


def predict(model: bytes, sample: np.ndarray) -> float:
    output = Interpreter(model_content=model).get_signature_runner()(x=sample[np.newaxis])
    return float(output["y"].item())


@pytest.mark.parametrize(
    "mode, io, constants, tolerance",
    [
        ("float32", "float32", ["float32", "float32"], 0.0),
        ("dynamic_range", "float32", ["float32", "int8"], 0.2),
        ("float16", "float32", ["float16", "float32"], 0.05),
        ("int8", "float32", ["int32", "int8"], 0.5),
        ("int16x8", "float32", ["int64", "int8"], 0.1),
    ],
)
def test_the_modes(
    quantized: Callable[..., bytes], mode: str, io: str, constants: list[str], tolerance: float
) -> None:
    model = linear_model(slope=0.7, features=64)
    result = quantized(model, mode=mode)
    assert details(result) == (io, io, constants)
    for sample in SAMPLES:
        assert predict(result, sample) == pytest.approx(predict(model, sample), abs=tolerance)


@pytest.mark.parametrize(
    "mode, input_type, output_type",
    [
        ("int8", "int8", "int8"),
        ("int8", "uint8", "uint8"),
        ("int8", None, "uint8"),
        ("int8", "int8", None),
        ("int16x8", "int16", "int16"),
    ],
)
def test_types_of_inputs_and_outputs(
    quantized: Callable[..., bytes], mode: str, input_type: str | None, output_type: str | None
) -> None:
    result = quantized(
        linear_model(features=64), mode=mode, input_type=input_type, output_type=output_type
    )
    assert details(result)[:2] == (input_type or "float32", output_type or "float32")


def test_a_recipe(quantized: Callable[..., bytes], tmp_path: Path) -> None:
    result = quantized(linear_model(features=64), recipe=[INT4], calibration=None)
    types = [tensor.type for tensor in unpack(result, field="").subgraphs[0].tensors]
    assert 17 in types  # INT4
    report = ConversionReport.parse((tmp_path / "out" / "conversion.json").read_bytes())
    assert (report.mode, report.recipe, report.calibration) == (None, [INT4], None)


def test_a_recipe_with_quantized_inputs(quantized: Callable[..., bytes]) -> None:
    result = quantized(linear_model(features=64), recipe=[INT4], input_type="int8")
    assert details(result)[:2] == ("int8", "float32")


def test_a_recipe_that_gathers_statistics_of_its_own(quantized: Callable[..., bytes]) -> None:
    model = linear_model(slope=0.7, features=64)
    result = quantized(model, recipe=[{**INT4, "algorithm_key": "GPTQ"}])
    assert predict(result, SAMPLES[0]) == pytest.approx(predict(model, SAMPLES[0]), abs=0.5)


def test_large_weights_stand_inside_the_flatbuffer(quantized: Callable[..., bytes]) -> None:
    model = linear_model(features=300_000)
    raw = quantizer.Quantizer(bytearray(model), mode_recipe(find_mode("dynamic_range"))).quantize(
        enable_progress_report=False
    )
    outside = quantizer.qtyping.ModelT.InitFromPackedBuf(bytes(raw.quantized_model), 0)
    assert any(buffer.offset > 1 for buffer in outside.buffers), "the library has changed"
    result = quantized(model, mode="dynamic_range")
    inside = quantizer.qtyping.ModelT.InitFromPackedBuf(result, 0)
    assert max(0 if b.data is None else len(b.data) for b in inside.buffers) == 300_000
    sample = np.random.default_rng(0).random(300_000, "float32")
    assert predict(result, sample) == predict(bytes(raw.quantized_model), sample)


def test_op_versions(quantized: Callable[..., bytes]) -> None:
    model = unpack(quantized(linear_model(features=64), mode="int8"), field="")
    versions = {max(c.builtinCode, c.deprecatedBuiltinCode): c.version for c in model.operatorCodes}
    assert versions == {114: 1, 9: 4, 6: 2}  # QUANTIZE, FULLY_CONNECTED, DEQUANTIZE


@pytest.mark.parametrize("a, b", [("a", "b"), ("1", "0")], ids=["by_name", "by_position"])
def test_two_inputs(quantized: Callable[..., bytes], a: str, b: str) -> None:
    samples = {f"input/{a}": SAMPLES, f"input/{b}": 2 * SAMPLES}
    result = quantized(two_inputs_model(), mode="int8", input_type="int8", samples=samples)
    runner = Interpreter(model_content=result).get_signature_runner()
    scales = {name: d["quantization"][0] for name, d in runner.get_input_details().items()}
    assert scales["b"] == pytest.approx(2 * scales["a"], rel=0.01)


def test_no_mode_and_no_recipe(error: Callable[..., Mistake]) -> None:
    assert error(linear_model()).field == "recipe"


def test_a_wrong_recipe(error: Callable[..., Mistake]) -> None:
    raised = error(linear_model(), recipe=[{**INT4, "operation": "DENSE"}])
    assert (raised.field, raised.value) == ("recipe", "DENSE")


def test_a_recipe_that_matches_nothing(error: Callable[..., Mistake]) -> None:
    raised = error(linear_model(), recipe=[{**INT4, "operation": "CONV_2D"}])
    assert raised.field == "recipe"
    assert raised.message == "the recipe quantizes nothing in this model"


@pytest.mark.parametrize("fields", [{"mode": "int8"}, {"recipe": mode_recipe(find_mode("int8"))}])
def test_calibration_is_missing(error: Callable[..., Mistake], fields: dict[str, Any]) -> None:
    raised = error(linear_model(), calibration=None, **fields)
    assert raised.field == "calibration"
    assert "needs calibration samples" in raised.message


def test_calibration_does_not_fit(error: Callable[..., Mistake]) -> None:
    raised = error(linear_model(features=3), mode="int8")
    assert raised.field == "calibration"
    assert "have the shape [64], but the model takes [?, 3]" in raised.message


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": "dynamic_range", "input_type": "int8"},
        {"recipe": [INT4], "input_type": "float64"},
    ],
)
def test_a_type_that_is_not_to_be_had(
    error: Callable[..., Mistake], fields: dict[str, Any]
) -> None:
    assert error(linear_model(), **fields).field == "input_type"


def test_an_unknown_mode(error: Callable[..., Mistake]) -> None:
    assert error(linear_model(), mode="int4").field == "mode"


def test_a_damaged_model(error: Callable[..., Mistake]) -> None:
    assert error(linear_model()[:100], mode="dynamic_range").field == "saved_model"


def test_a_model_that_is_quantized_already(error: Callable[..., Mistake]) -> None:
    raised = error(quantized_linear_model(), mode="dynamic_range")
    assert raised.field == "saved_model"
    assert "quantized already" in raised.message


def test_a_model_without_a_signature(error: Callable[..., Mistake]) -> None:
    raised = error(linear_model(features=64, signature=False), mode="int8")
    assert raised.field == "engine"
    assert "has no signature" in raised.message


def test_a_custom_op_cannot_be_calibrated(error: Callable[..., Mistake]) -> None:
    raised = error(custom_op_model(), mode="int8")
    assert (raised.field, raised.value) == ("custom_ops", "Mine")


def test_a_custom_op_is_left_alone_without_calibration(quantized: Callable[..., bytes]) -> None:
    model = unpack(quantized(custom_op_model(), mode="dynamic_range"), field="")
    assert b"Mine" in [code.customCode for code in model.operatorCodes]


def test_the_program_makes_the_same_bytes_twice(tmp_path: Path) -> None:
    results = []
    for _ in range(2):
        fields = request(tmp_path, linear_model(features=64), mode="int8", output_type="int8")
        finished = run_program("quantization.quantize", tmp_path, fields)
        assert finished.returncode == 0, finished.stderr
        out = tmp_path / "out"
        results.append([(out / name).read_bytes() for name in ("model.tflite", "conversion.json")])
    assert results[0] == results[1]
    report = ConversionReport.parse(results[0][1])
    assert report.engine == "ai_edge" and report.signatures == ("serving_default",)
    assert report.calibration is not None and report.calibration.count == 8
    assert sorted(report.tools) == ["ai-edge-litert", "ai-edge-quantizer"]


@pytest.mark.parametrize("mode", ["dynamic_range", "int8", "int16x8"])
def test_one_scale_for_all_channels(quantized: Callable[..., bytes], mode: str) -> None:
    weights = np.linspace(-1, 1, 16 * 64, dtype="float32").reshape(16, 64)
    model = build_model(
        [
            TensorSpec("x", (None, 64)),
            TensorSpec("weights", (16, 64), value=weights),
            TensorSpec("bias", (16,), value=np.ones(16)),
            TensorSpec("y", (None, 16)),
        ],
        [OpSpec("FULLY_CONNECTED", ("x", "weights", "bias"), ("y",))],
        {"serving_default": SignatureSpec({"x": "x"}, {"y": "y"})},
    )

    def scales(content: bytes) -> int:
        tensors = unpack(content, field="").subgraphs[0].tensors
        return max(
            len(t.quantization.scale)
            for t in tensors
            if t.quantization is not None and t.quantization.scale is not None
        )

    assert scales(quantized(model, mode=mode)) == 16
    assert scales(quantized(model, mode=mode, per_channel=False)) == 1


def test_a_recipe_says_how_many_samples_calibrate(quantized: Callable[..., bytes]) -> None:
    rising = {"input/x": np.stack([np.full(64, size, "float32") for size in (1, 2, 8)])}
    recipe = {"entries": mode_recipe(find_mode("int8")), "calibration_samples": 2}

    def largest_input(recipe: Any) -> float:
        model = unpack(
            quantized(linear_model(features=64), recipe=recipe, samples=rising), field=""
        )
        quantization = model.subgraphs[0].tensors[0].quantization
        return float(quantization.scale[0] * (127 - quantization.zeroPoint[0]))

    assert largest_input(recipe) == pytest.approx(2, rel=0.01)
    report = ConversionReport.parse(Path("out/conversion.json").read_bytes())
    assert report.calibration is not None and report.calibration.count == 2
    assert report.recipe == mode_recipe(find_mode("int8"))
    assert largest_input(recipe["entries"]) == pytest.approx(8, rel=0.01)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"calibration_samples": 2}, "the recipe lacks `entries`"),
        ({"entries": [INT4], "samples": 2}, "the recipe has the unknown key `samples`"),
        ({"entries": [INT4], "calibration_samples": 0}, "is not a number of samples"),
        ([{**INT4, "regex": "old_layer"}], "is for ops that the model does not have"),
    ],
)
def test_recipes_that_are_refused(error: Callable[..., Mistake], recipe: Any, message: str) -> None:
    mistake = error(linear_model(features=64), recipe=recipe)
    assert message in mistake.message
    assert mistake.field == "recipe"
