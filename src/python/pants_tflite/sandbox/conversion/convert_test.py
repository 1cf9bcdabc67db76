# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from pants_tflite.sandbox.conversion.convert import main
from pants_tflite.sandbox.conversion.convert_protocol import ConvertRequest
from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import MODE_NAMES, find_mode
from pants_tflite.sandbox.quantization.op_versions import raise_versions
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.saved_models.tensorflow_runtime import start_tensorflow
from pants_tflite.sandbox.testing.convert_requests import convert_request
from pants_tflite.sandbox.testing.host_kernel import OP, build_kernel
from pants_tflite.sandbox.testing.program_runs import run_program
from pants_tflite.sandbox.tflite.packing import pack, unpack

THREADS = 1
SAMPLES = np.random.default_rng(0).uniform(-1, 1, (20, 16)).astype("float32")
WEIGHTS = np.random.default_rng(1).uniform(-0.5, 0.5, (16, 70)).astype("float32")


@pytest.fixture(scope="module")
def tf() -> Any:
    return start_tensorflow(threads=THREADS)


@pytest.fixture(scope="module")
def models(tf: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small SavedModels, each in a folder of its name."""
    folder = tmp_path_factory.mktemp("models")
    row = tf.TensorSpec([None, 16], name="x")

    def save(name: str, **signatures: Any) -> None:
        module = tf.Module()
        for key, function in signatures.items():
            setattr(module, key, function)
        tf.saved_model.save(module, str(folder / name), signatures=signatures)

    @tf.function(input_signature=[row])
    def dense(x: Any) -> Any:
        return {"y": tf.tanh(x @ WEIGHTS)}

    @tf.function(
        input_signature=[tf.TensorSpec([1, 16], name="b"), tf.TensorSpec([1, 16], name="a")]
    )
    def difference(b: Any, a: Any) -> Any:
        return {"y": b - a}

    @tf.function(input_signature=[row])
    def unsupported(x: Any) -> Any:
        with tf.name_scope("the_head"):
            return {"y": tf.math.erfinv(x) + tf.math.erf(x)}

    @tf.function(input_signature=[row])
    def erfinv(x: Any) -> Any:
        return {"y": tf.math.erfinv(x @ WEIGHTS)}

    @tf.function(input_signature=[tf.TensorSpec([1, 16], name="x")])
    def rounding(x: Any) -> Any:
        return {"y": tf.floor(x @ WEIGHTS)}

    @tf.function(
        experimental_implements='name: "Twice" attr { key: "tfl_fusable_op" value { b: true } }'
    )
    def twice(x: Any) -> Any:
        return 2 * x

    @tf.function(input_signature=[row])
    def custom(x: Any) -> Any:
        return {"y": twice(x @ WEIGHTS)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="word")])
    def text(word: Any) -> Any:
        return {"word": tf.identity(word)}

    @tf.function(input_signature=[])
    def reset() -> Any:
        return {"done": tf.constant(1)}

    @tf.function(input_signature=[tf.TensorSpec(None, name="x")])
    def any_rank(x: Any) -> Any:
        return {"y": tf.nn.relu(x)}

    save("dense", serving_default=dense)
    save("two", dense=dense, difference=difference)
    save("text", serving_default=text)
    save("reset", dense=dense, reset=reset)
    save("unsupported", serving_default=unsupported)
    save("erfinv", serving_default=erfinv)
    save("rounding", serving_default=rounding)
    save("any_rank", serving_default=any_rank)
    save("custom", serving_default=custom)
    return folder


@pytest.fixture
def convert(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Runs the program in a folder of its own; returns `conversion.json`, with the model."""

    def convert(model: str | Path, **fields: Any) -> dict[str, Any]:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "out").mkdir(exist_ok=True)
        main(request(tmp_path, models / model, **fields))
        conversion = json.loads((tmp_path / "out" / "conversion.json").read_text())
        return {**conversion, "model": (tmp_path / "out" / "model.tflite").read_bytes()}

    return convert


@pytest.fixture
def error(convert: Callable[..., dict[str, Any]]) -> Callable[..., Mistake]:
    def error(model: str | Path, **fields: Any) -> Mistake:
        with pytest.raises(Mistake) as raised:
            convert(model, **fields)
        return raised.value

    return error


def request(folder: Path, model: Path, **fields: Any) -> ConvertRequest:
    write_npz(folder / "dataset.npz", fields.pop("samples", {"input/x": SAMPLES}))
    return convert_request(
        str(model), **{"calibration": "dataset.npz", "threads": THREADS, **fields}
    )


def dtypes(model: bytes) -> set[str]:
    """The dtypes of all tensors."""
    names = {value: name for name, value in vars(schema.TensorType).items()}
    graphs = unpack(model, field="").subgraphs
    return {names[tensor.type].lower() for graph in graphs for tensor in graph.tensors}


def predict(model: bytes, samples: np.ndarray) -> np.ndarray:
    runner = Interpreter(model_content=model).get_signature_runner()
    return np.concatenate([runner(x=sample[np.newaxis])["y"] for sample in samples])


@pytest.mark.parametrize("mode", MODE_NAMES)
def test_the_modes(convert: Callable[..., dict[str, Any]], mode: str) -> None:
    converted = convert("dense", mode=mode)
    expected = {
        "float32": {"float32", "int32"},
        "dynamic_range": {"float32", "int8", "int32"},
        "float16": {"float32", "float16", "int32"},
        "int8": {"float32", "int8", "int32"},
        "int16x8": {"float32", "int16", "int8", "int64", "int32"},
    }[mode]
    found = dtypes(converted["model"])
    assert found <= expected
    assert find_mode(mode).activation_type in found
    difference = predict(converted["model"], SAMPLES) - np.tanh(SAMPLES @ WEIGHTS)
    assert float(np.sqrt(np.mean(difference**2))) < 2 * find_mode(mode).tolerance
    assert (converted["engine"], converted["mode"]) == ("tensorflow", mode)
    assert (converted["calibration"] is not None) == find_mode(mode).calibrates


@pytest.mark.parametrize(
    "mode, input_type, output_type",
    [("int8", "int8", "int8"), ("int8", "uint8", None), ("int16x8", "int16", "int16")],
)
def test_types_of_inputs_and_outputs(
    convert: Callable[..., dict[str, Any]], mode: str, input_type: str, output_type: str | None
) -> None:
    converted = convert("dense", mode=mode, input_type=input_type, output_type=output_type)
    interpreter = Interpreter(model_content=converted["model"])
    assert interpreter.get_input_details()[0]["dtype"] == np.dtype(input_type)
    assert interpreter.get_output_details()[0]["dtype"] == np.dtype(output_type or "float32")
    assert converted["output_type"] == (output_type or "float32")


def test_the_only_signature_is_the_default_one(convert: Callable[..., dict[str, Any]]) -> None:
    assert convert("dense")["signatures"] == ["serving_default"]


def test_several_signatures_calibrate_each(convert: Callable[..., dict[str, Any]]) -> None:
    samples = {"input/a": SAMPLES, "input/b": 3 * SAMPLES}
    converted = convert("two", signatures=("difference",), mode="int8", samples=samples)
    runner = Interpreter(model_content=converted["model"]).get_signature_runner("difference")
    output = runner(a=SAMPLES[:1], b=3 * SAMPLES[:1])["y"]
    assert output == pytest.approx(2 * SAMPLES[:1], abs=0.1)
    converted = convert("two", signatures=("dense", "difference"))
    assert converted["signatures"] == ["dense", "difference"]


def test_inputs_by_position_are_in_the_order_of_their_names(
    convert: Callable[..., dict[str, Any]],
) -> None:
    samples = {"input/0": SAMPLES, "input/1": 3 * SAMPLES}
    fields = {"signatures": ["difference"], "mode": "int8", "input_type": "int8"}
    converted = convert("two", samples=samples, **fields)
    details = Interpreter(model_content=converted["model"]).get_signature_runner("difference")
    scales = {name: d["quantization"][0] for name, d in details.get_input_details().items()}
    assert scales["b"] == pytest.approx(3 * scales["a"], rel=0.01)


def test_a_declared_custom_op(convert: Callable[..., dict[str, Any]]) -> None:
    model = unpack(convert("erfinv", custom_ops=("Erfinv",))["model"], field="")
    assert b"Erfinv" in [code.customCode for code in model.operatorCodes]


def test_op_versions_are_computed_as_the_converter_does(
    convert: Callable[..., dict[str, Any]],
) -> None:
    for mode in ("dynamic_range", "float16", "int8"):
        converted = unpack(convert("dense", mode=mode)["model"], field="")
        expected = [code.version for code in converted.operatorCodes]
        assert max(expected) > 1
        for code in converted.operatorCodes:
            code.version = 1
        raise_versions(converted)
        assert [code.version for code in converted.operatorCodes] == expected
        Interpreter(model_content=pack(converted)).allocate_tensors()


def test_another_process_makes_the_same_bytes(
    models: Path, tmp_path: Path, convert: Callable[..., dict[str, Any]]
) -> None:
    here = convert("dense", mode="int8")["model"]
    fields = request(tmp_path, models / "dense", mode="int8", threads=THREADS + 1)
    finished = run_program("conversion.convert", tmp_path, fields)
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "out" / "model.tflite").read_bytes() == here
    assert b"CONVERSION_METADATA" not in here


@pytest.mark.parametrize("mode", ["int8", "int16x8"])
def test_calibration_is_missing(error: Callable[..., Mistake], mode: str) -> None:
    raised = error("dense", mode=mode, calibration=None)
    assert raised.field == "calibration"
    assert raised.message == f"the mode {mode} needs calibration samples"


@pytest.mark.parametrize(
    "samples, message",
    [
        ({"input/x": np.zeros((0, 16), "float32")}, "holds no samples"),
        ({"input/x": np.zeros((4, 15), "float32")}, "have the shape [15]"),
        ({"input/y": np.zeros((4, 16), "float32")}, "has the inputs y, but the model takes x"),
    ],
)
def test_calibration_does_not_fit(
    error: Callable[..., Mistake], samples: dict[str, np.ndarray], message: str
) -> None:
    raised = error("dense", mode="int8", samples=samples)
    assert raised.field == "calibration"
    assert message in raised.message


def test_an_input_of_any_rank_cannot_be_calibrated(error: Callable[..., Mistake]) -> None:
    raised = error("any_rank", mode="int8")
    assert raised.field == "saved_model"
    assert "the input `x` of the SavedModel has no fixed number of dimensions" in raised.message


@pytest.mark.parametrize(
    "fields, field",
    [({"mode": "int4"}, "mode"), ({"mode": "float16", "output_type": "int8"}, "output_type")],
)
def test_a_wrong_mode_or_type(
    error: Callable[..., Mistake], fields: dict[str, Any], field: str
) -> None:
    assert error("dense", **fields).field == field


def test_each_signature_is_calibrated_with_its_own_inputs(
    convert: Callable[..., dict[str, Any]],
) -> None:
    samples = {"input/x": SAMPLES, "input/a": SAMPLES * 3, "input/b": SAMPLES / 9}
    fields = {"mode": "int8", "samples": samples, "input_type": "int8", "output_type": "int8"}
    model = convert("two", signatures=("dense", "difference"), **fields)["model"]
    runner = Interpreter(model_content=model).get_signature_runner("difference")
    scales = {
        name: detail["quantization_parameters"]["scales"].item()
        for name, detail in runner.get_input_details().items()
    }
    assert scales["a"] == pytest.approx(27 * scales["b"], rel=0.2)


def test_a_signature_without_samples_of_its_own(error: Callable[..., Mistake]) -> None:
    raised = error("two", signatures=("dense", "difference"), mode="int8")
    assert raised.field == "calibration"
    assert raised.message.startswith("for the signature `difference`, the dataset has the inputs x")


def test_a_signature_without_inputs_cannot_be_calibrated(
    convert: Callable[..., dict[str, Any]], error: Callable[..., Mistake]
) -> None:
    raised = error("reset", signatures=("dense", "reset"), mode="int8")
    assert raised.field == "signatures"
    assert "cannot calibrate the signature `reset`, which has no inputs" in raised.message
    assert convert("reset", signatures=("dense", "reset"))["signatures"] == ["dense", "reset"]


def test_text_cannot_be_calibrated(error: Callable[..., Mistake]) -> None:
    raised = error("text", mode="int8", samples={"input/word": np.array([b"on", b"off"])})
    assert "cannot calibrate the signature `serving_default`, which takes text" in raised.message
    assert "dynamic_range or float16" in raised.fix


@pytest.mark.parametrize("signatures, value", [(["diff"], "diff"), ([], None)])
def test_signatures_to_choose_from(
    error: Callable[..., Mistake], signatures: list[str], value: str | None
) -> None:
    raised = error("two", signatures=signatures)
    assert (raised.field, raised.value) == ("signatures", value)
    assert raised.fix == "Choose from dense, difference."


def test_signatures_that_the_converter_leaves_out(
    tf: Any, tmp_path: Path, error: Callable[..., Mistake]
) -> None:
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.ReLU()])
    model.export(tmp_path / "keras", verbose=False)
    raised = error(tmp_path / "keras", signatures=("serve", "serving_default"))
    assert raised.field == "signatures"
    assert raised.message == "the converter left out the signature serve"


def test_unsupported_ops_and_where_they_come_from(error: Callable[..., Mistake]) -> None:
    raised = error("unsupported")
    assert (raised.field, raised.value) == ("saved_model", "Erf, Erfinv")
    assert raised.message == (
        "TensorFlow Lite has no op `Erf` (in `the_head`), `Erfinv` (in `the_head/erfinv`)"
    )
    assert "`custom_ops=['Erf', 'Erfinv']`" in raised.fix
    assert "ConverterError" in raised.detail


def test_custom_ops_that_are_not_declared(error: Callable[..., Mistake]) -> None:
    raised = error("unsupported", custom_ops=("Erfinv",))
    assert (raised.field, raised.value) == ("custom_ops", "Erfinv")
    assert "TFLite has no `Erf` (it makes the tensor " in raised.message


def test_a_custom_op_that_is_not_used(error: Callable[..., Mistake]) -> None:
    raised = error("erfinv", custom_ops=("Erfinv", "Mine"))
    assert (raised.field, raised.value) == ("custom_ops", "Mine")
    assert "The model uses Erfinv." in raised.fix


def test_a_custom_op_cannot_be_calibrated(error: Callable[..., Mistake]) -> None:
    raised = error("erfinv", custom_ops=("Erfinv",), mode="int8")
    assert (raised.field, raised.value) == ("custom_ops", "Erfinv")
    assert raised.message.startswith("calibration runs the model")


def test_a_custom_op_is_calibrated_with_its_kernel(
    convert: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    kernel = build_kernel(tmp_path)
    kernels = (KernelLibrary(OP, "libtwice.so", kernel.registration),)
    fields = {"mode": "int8", "input_type": "int8", "output_type": "int8"}
    model = convert("custom", custom_ops=(OP,), kernels=kernels, **fields)["model"]
    (graph,) = unpack(model, field="").subgraphs
    output = graph.tensors[graph.outputs[0]].quantization
    expected = 2 * SAMPLES @ WEIGHTS
    assert output.scale[0] * 255 == pytest.approx(np.ptp(expected), rel=0.02)


def test_an_op_without_a_16x8_form(error: Callable[..., Mistake]) -> None:
    raised = error("rounding", mode="int16x8")
    assert (raised.field, raised.value) == ("mode", "int16x8")
    assert raised.message == "TensorFlow's converter has no int16x8 form of FLOOR"


def test_a_model_that_loses_its_variables(
    tf: Any, tmp_path: Path, error: Callable[..., Mistake]
) -> None:
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    tf.saved_model.save(model, str(tmp_path / "keras"))
    raised = error(tmp_path / "keras")
    assert raised.field == "saved_model"
    assert "reads 2 variables that nothing gives a value" in raised.message
    assert "`model.export`" in raised.fix


def test_a_model_with_state_keeps_its_variables(
    tf: Any, tmp_path: Path, convert: Callable[..., dict[str, Any]]
) -> None:
    module = tf.Module()
    module.total = tf.Variable(tf.fill([1, 16], 2.0))

    @tf.function(input_signature=[tf.TensorSpec([1, 16], name="x")])
    def add(x: Any) -> Any:
        return {"y": module.total.assign_add(x)}

    tf.saved_model.save(module, str(tmp_path / "state"), signatures={"serving_default": add})
    outputs = predict(convert(tmp_path / "state")["model"], np.ones((2, 16), "float32"))
    assert outputs[:, 0].tolist() == [3.0, 4.0]


def test_a_saved_model_without_signatures(
    tf: Any, tmp_path: Path, error: Callable[..., Mistake]
) -> None:
    tf.saved_model.save(tf.Module(), str(tmp_path / "bare"))
    raised = error(tmp_path / "bare")
    assert (raised.field, raised.value) == ("saved_model", "bare")
    assert raised.message == "the SavedModel `bare` has no signatures"


def remove_protobuf(path: Path) -> None:
    (path / "saved_model.pb").unlink()


def overwrite_protobuf(path: Path) -> None:
    (path / "saved_model.pb").write_bytes(b"not a protobuf")


def empty_protobuf(path: Path) -> None:
    (path / "saved_model.pb").write_bytes(b"")


def cut_variables(path: Path) -> None:
    (path / "variables" / "variables.index").write_bytes(b"")


@pytest.mark.parametrize(
    "damage, message",
    [
        (remove_protobuf, "the SavedModel `damaged` has no `saved_model.pb`"),
        (overwrite_protobuf, "the SavedModel `damaged` has a corrupt `saved_model.pb`"),
        (empty_protobuf, "the SavedModel `damaged` has an empty `saved_model.pb`"),
        (cut_variables, "the SavedModel `damaged` cannot be loaded"),
    ],
)
def test_a_damaged_saved_model(
    models: Path,
    tmp_path: Path,
    error: Callable[..., Mistake],
    damage: Callable[[Path], None],
    message: str,
) -> None:
    shutil.copytree(models / "dense", tmp_path / "damaged")
    damage(tmp_path / "damaged")
    raised = error(tmp_path / "damaged")
    assert (raised.field, raised.value) == ("saved_model", "damaged")
    assert raised.message.startswith(message)
