# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any, Callable, Mapping

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import read_npz, write_npz
from pants_tflite.sandbox.testing.host_kernel import OP, build_kernel
from pants_tflite.sandbox.testing.program_runs import run_program
from pants_tflite.sandbox.testing.small_models import (
    SERVING,
    OpSpec,
    SignatureSpec,
    TensorSpec,
    aborting_model,
    build_model,
    custom_op_model,
    linear_model,
    pack,
    quantized_linear_model,
    refused_model,
    shaped_model,
    softmax_model,
    stateful_model,
    unpack,
)
from pants_tflite.sandbox.testing.verify_requests import verify_request
from pants_tflite.sandbox.verification.verify import main
from pants_tflite.sandbox.verification.verify_protocol import (
    Accuracy,
    VerificationReport,
    VerifiedSamples,
    VerifyRequest,
)

X = np.linspace(-9, 9, 10, dtype=np.float32).reshape(10, 1)
Verify = Callable[..., VerificationReport]


@pytest.fixture
def verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Verify:
    """Verifies a model against y = 2x - 1, or against other arrays, and returns the report."""
    monkeypatch.chdir(tmp_path)

    def verify(
        data: bytes, arrays: Mapping[str, np.ndarray] | None = None, **changes: Any
    ) -> VerificationReport:
        Path("out").mkdir(exist_ok=True)
        main(write_request(tmp_path, data, arrays, **changes))
        return VerificationReport.parse(Path("out/verification.json").read_bytes())

    return verify


def write_request(
    folder: Path, data: bytes, arrays: Mapping[str, np.ndarray] | None = None, **changes: Any
) -> VerifyRequest:
    (folder / "model.tflite").write_bytes(data)
    if arrays is None:
        arrays = {"serving_default/input/x": X, "serving_default/output/y": 2 * X - 1}
    write_npz(folder / "reference.npz", {"source": np.array("cafe"), **arrays})
    usual = {"reference": "reference.npz", "dataset_field": "calibration", "max_samples": 100}
    return verify_request(**{**usual, **changes})


def test_report_of_a_float_model(verify: Verify) -> None:
    report = verify(linear_model(), mode="float32")
    (output,) = report.outputs
    assert (output.signature, output.name) == ("serving_default", "y")
    assert output.error < 1e-6
    assert report.samples == VerifiedSamples(10, "cafe")
    assert (report.mode, report.tolerance) == ("float32", 3e-4)
    assert (report.not_run, report.kernels) == (None, "BUILTIN_REF")
    assert list(report.tools) == ["ai-edge-litert"]


@pytest.mark.parametrize("io_type", ["float32", "int8"])
def test_quantized_model(verify: Verify, io_type: str) -> None:
    report = verify(
        quantized_linear_model(io_type=io_type),
        mode="int8",
        input_type=io_type,
        output_type=io_type,
    )
    assert 0 < report.outputs[0].error < 0.01


def test_golden_files_hold_what_the_tensors_store(verify: Verify) -> None:
    verify(
        quantized_linear_model(io_type="int8"), mode="int8", input_type="int8", output_type="int8"
    )
    golden_input = read_npz(Path("out/golden_input.npz"))["serving_default/x"]
    golden_output = read_npz(Path("out/golden_output.npz"))["serving_default/y"]
    assert (golden_input.shape, golden_input.dtype) == ((4, 1, 1), np.int8)
    assert golden_input.ravel().tolist() == [-114, -89, -64, -38]
    assert golden_output.dtype == np.int8
    assert (golden_output.ravel() * (42 / 254)).tolist() == pytest.approx(
        [-19, -15, -11, -7], abs=0.2
    )


def test_golden_files_are_the_same_bytes_each_time(verify: Verify) -> None:
    def files() -> list[bytes]:
        verify(linear_model())
        return [path.read_bytes() for path in sorted(Path("out").iterdir())]

    assert files() == files()


def test_max_samples(verify: Verify) -> None:
    assert verify(linear_model(), max_samples=3).samples.count == 3
    assert read_npz(Path("out/golden_input.npz"))["serving_default/x"].shape == (3, 1, 1)


def test_lost_weights(verify: Verify) -> None:
    with pytest.raises(Mistake) as raised:
        verify(linear_model(slope=0.0, offset=0.0), mode="float32")
    assert "the output `y` (signature `serving_default`) differs" in raised.value.message
    assert "for sample 0, at index [0]: 0 instead of -19" in raised.value.message
    assert raised.value.field == "quantization"
    assert "model.export()" in raised.value.fix
    assert not Path("out/golden_output.npz").exists()


def test_tolerance_of_the_user(verify: Verify) -> None:
    report = verify(linear_model(offset=-1.5), mode="float32", tolerance=0.05)
    assert report.tolerance == 0.05
    with pytest.raises(Mistake) as raised:
        verify(linear_model(offset=-1.5), mode="float32", tolerance=0.01)
    assert (raised.value.field, raised.value.value) == ("verify_tolerance", 0.01)


def test_recipe_without_a_mode_has_the_widest_tolerance(verify: Verify) -> None:
    assert verify(quantized_linear_model()).tolerance == 0.25


@pytest.mark.parametrize("tolerance", [None, 1e-9])
def test_errors_of_an_untrained_model_s_quantization_are_measured_and_not_judged(
    verify: Verify, tolerance: float | None
) -> None:
    wrong = {"serving_default/input/x": X, "serving_default/output/y": X}
    with pytest.raises(Mistake, match="differs from the SavedModel's"):
        verify(quantized_linear_model(), wrong, mode="int8", tolerance=tolerance)
    report = verify(
        quantized_linear_model(), wrong, mode="int8", tolerance=tolerance, untrained=True
    )
    assert report.tolerance is None
    assert report.outputs[0].error > 0.5


def test_an_untrained_model_without_quantization_is_held_to_its_saved_model(
    verify: Verify,
) -> None:
    with pytest.raises(Mistake, match="differs from the SavedModel's"):
        verify(linear_model(slope=0.0), mode="float32", untrained=True)
    assert verify(linear_model(), mode="float32", untrained=True).tolerance == 3e-4


def test_types_of_an_untrained_model_are_checked(verify: Verify) -> None:
    with pytest.raises(Mistake, match="computes with `x` of type float32"):
        verify(linear_model(), mode="int8", untrained=True)


def test_float_model_where_int8_was_asked_for(verify: Verify) -> None:
    with pytest.raises(Mistake, match="computes with `x` of type float32"):
        verify(linear_model(), mode="int8")


def test_types_come_before_numbers(verify: Verify) -> None:
    with pytest.raises(Mistake) as raised:
        verify(quantized_linear_model(io_type="int8"), mode="int8")
    assert raised.value.field == "input_type"


def test_custom_op_is_not_run(verify: Verify) -> None:
    report = verify(custom_op_model("Twice"), custom_ops=("Twice",))
    assert report.not_run == "LiteRT has no kernel for the custom ops Twice."
    assert report.outputs == ()
    assert not Path("out/golden_input.npz").exists()


def text_model() -> bytes:
    """Yields its text as a column."""
    return build_model(
        [
            TensorSpec("x", (1, 2), "string"),
            TensorSpec("shape", (2,), "int32", value=[2, 1]),
            TensorSpec("y", (2, 1), "string"),
        ],
        [OpSpec("RESHAPE", ("x", "shape"), ("y",))],
        SERVING,
    )


def test_text_is_compared(verify: Verify) -> None:
    words = np.array([["on", "off"], ["größer", ""]])
    columns = np.char.encode(words, "utf-8")[:, :, np.newaxis]
    arrays = {"serving_default/input/x": np.char.encode(words, "utf-8")}
    report = verify(text_model(), {**arrays, "serving_default/output/y": columns})
    assert (report.outputs[0].measure, report.outputs[0].error) == ("mismatches", 0)
    golden = read_npz(Path("out/golden_output.npz"))["serving_default/y"]
    assert golden.shape == (2, 2, 1) and golden[1, 0, 0].decode() == "größer"
    with pytest.raises(Mistake, match="'größer' instead of 'grosser'"):
        columns = np.where(columns == "größer".encode(), b"grosser", columns)
        verify(text_model(), {**arrays, "serving_default/output/y": columns})


def test_no_text_can_be_made_up(verify: Verify) -> None:
    with pytest.raises(Mistake) as raised:
        verify(text_model(), reference=None, dataset_field="verify_dataset")
    assert "no samples can be made up for the input `x` of type text" in raised.value.message
    assert raised.value.field == "verify_dataset"
    assert 'skip_verification=["serving_default"]' in raised.value.fix


def test_custom_op_with_its_kernel_is_run(verify: Verify, tmp_path: Path) -> None:
    kernel = build_kernel(tmp_path)
    kernels = (KernelLibrary(OP, "libtwice.so", kernel.registration),)
    x = np.repeat(X, 4, axis=1)
    arrays = {"serving_default/input/x": x, "serving_default/output/y": 2 * x}
    fields = {"custom_ops": (OP,), "kernels": kernels, "mode": "float32"}
    report = verify(custom_op_model(OP), arrays, **fields)
    assert report.not_run is None
    assert report.outputs[0].error == 0
    assert len(read_npz(Path("out/golden_output.npz"))["serving_default/y"]) == 4
    arrays["serving_default/output/y"] = 3 * x
    with pytest.raises(Mistake, match="differs from the SavedModel's"):
        verify(custom_op_model(OP), arrays, **fields)


STEPS = np.array([[1], [2], [4], [8]], np.float32)


def test_each_sample_starts_from_a_fresh_state(verify: Verify) -> None:
    arrays = {"serving_default/input/x": STEPS, "serving_default/output/y": STEPS}
    report = verify(stateful_model(), arrays, mode="float32")
    assert report.outputs[0].error == 0
    assert (report.keeps_state, report.samples.sequences) == (True, False)
    golden = read_npz(Path("out/golden_output.npz"))
    assert golden["serving_default/y"].ravel().tolist() == [1, 2, 4, 8]
    assert list(golden) == ["serving_default/y"]


def sequence_arrays(outputs: list[list[float]]) -> dict[str, np.ndarray]:
    return {
        "serving_default/input/x": np.stack([STEPS, 10 * STEPS]),
        "serving_default/output/y": np.array(outputs, np.float32)[:, :, np.newaxis],
        "serving_default/sequence": np.array(True),
    }


def test_a_sequence_keeps_the_state_until_the_next_one(verify: Verify) -> None:
    arrays = sequence_arrays([[1, 3, 6, 12], [10, 30, 60, 120]])
    report = verify(stateful_model(), {**arrays, "keeps_state": np.array(True)}, mode="float32")
    assert report.outputs[0].error == 0
    assert (report.samples.count, report.samples.sequences) == (2, True)
    golden = {kind: read_npz(Path(f"out/golden_{kind}.npz")) for kind in ("input", "output")}
    assert golden["input"]["serving_default/x"].ravel().tolist() == [1, 2, 4, 8]
    assert golden["output"]["serving_default/y"].ravel().tolist() == [1, 3, 6, 12]
    assert all(each["serving_default/sequence"] for each in golden.values())


@pytest.mark.parametrize("outputs", [[1, 2, 4, 8], [1, 3, 6, 12]])
def test_a_state_that_the_saved_model_has_not(verify: Verify, outputs: list[float]) -> None:
    arrays = sequence_arrays([outputs, [10 * output for output in outputs]])
    with pytest.raises(Mistake) as raised:
        verify(stateful_model(), arrays, mode="float32")
    assert "keeps a state from call to call, and the SavedModel does not" in raised.value.message
    assert "`sequence`" in raised.value.fix


def test_a_state_that_was_lost(verify: Verify) -> None:
    arrays = sequence_arrays([[1, 3, 6, 12], [10, 30, 60, 120]])
    with pytest.raises(Mistake, match="differs from the SavedModel's") as raised:
        verify(linear_model(slope=1, offset=0), {**arrays, "keeps_state": np.array(True)})
    assert raised.value.field == "quantization"


def test_a_dataset_of_sequences(verify: Verify, tmp_path: Path) -> None:
    write_npz(tmp_path / "dataset.npz", {"input/x": STEPS[np.newaxis], "sequence": np.array(True)})
    report = verify(stateful_model(), reference=None, dataset="dataset.npz")
    assert report.samples.sequences
    golden = read_npz(Path("out/golden_output.npz"))
    assert golden["serving_default/y"].ravel().tolist() == [1, 3, 6, 12]


def test_made_up_samples_that_a_model_does_not_take(verify: Verify, tmp_path: Path) -> None:
    with pytest.raises(Mistake) as raised:
        verify(shaped_model(), reference=None, dataset_field="verify_dataset")
    assert "`main` does not run on the samples, which were made up" in raised.value.message
    assert raised.value.field == "verify_dataset"
    assert "Name a `tflite_dataset` with real samples in `verify_dataset`" in raised.value.fix
    inputs = {
        "input/shape": np.array([[1, 4, 4, 1]] * 2, np.int32),
        "input/x": np.ones((2, 2, 2, 1), np.float32),
    }
    write_npz(tmp_path / "dataset.npz", inputs)
    report = verify(shaped_model(), reference=None, dataset="dataset.npz")
    assert report.samples.made_up == ()
    golden = read_npz(Path("out/golden_output.npz"))
    assert np.array_equal(golden["main/y"], np.ones((2, 1, 4, 4, 1)))


def reset_model() -> bytes:
    """`serving_default` takes x, and `reset` takes nothing."""
    model = unpack(linear_model())
    graph = copy.deepcopy(model.subgraphs[0])
    graph.inputs, graph.operators = [], []
    graph.tensors[3].buffer, graph.tensors[3].shapeSignature = graph.tensors[2].buffer, [1, 1]
    graph.outputs = [2]
    model.subgraphs.append(graph)
    reset = copy.deepcopy(model.signatureDefs[0])
    reset.signatureKey, reset.subgraphIndex, reset.inputs = "reset", 1, []
    reset.outputs[0].tensorIndex = 2
    model.signatureDefs.append(reset)
    return pack(model)


def test_a_signature_without_inputs_is_called_once(verify: Verify) -> None:
    arrays = {"serving_default/input/x": X, "serving_default/output/y": 2 * X - 1}
    report = verify(reset_model(), {**arrays, "reset/output/y": np.array([[-1.0]], np.float32)})
    assert [check.name for check in report.outputs] == ["y", "y"]
    golden = read_npz(Path("out/golden_output.npz"))
    assert golden["reset/y"].tolist() == [[-1]]
    with pytest.raises(Mistake, match="signature `reset`"):
        verify(reset_model(), {**arrays, "reset/output/y": np.array([[7.0]], np.float32)})


def test_a_skipped_signature_is_not_run(verify: Verify) -> None:
    arrays = {"serving_default/input/x": X, "serving_default/output/y": 2 * X - 1}
    report = verify(reset_model(), arrays, skip=("reset",))
    assert report.skipped == ("reset",)
    assert list(read_npz(Path("out/golden_output.npz"))) == ["serving_default/y"]
    with pytest.raises(Mistake) as raised:
        verify(reset_model(), arrays, skip=("restore",))
    assert (raised.value.field, raised.value.value) == ("skip_verification", "restore")
    everything = verify(reset_model(), arrays, skip=("reset", "serving_default"))
    assert everything.not_run == "`skip_verification` leaves none of its signatures."


def test_the_signatures_with_made_up_samples_are_told(verify: Verify, tmp_path: Path) -> None:
    arrays = {"serving_default/input/x": X, "serving_default/output/y": 2 * X - 1}
    report = verify(linear_model(), {**arrays, "serving_default/made_up": np.array(True)})
    assert report.samples.made_up == ("serving_default",)


def test_accuracy_of_labelled_samples(verify: Verify) -> None:
    x = np.eye(3, dtype=np.float32) * 9
    scores = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    arrays = {
        "serving_default/input/x": x,
        "serving_default/output/y": scores,
        "serving_default/label": np.array([0, 1, 1]),
    }
    (check,) = verify(softmax_model(), arrays, mode="float32").outputs
    assert check.accuracy == Accuracy(samples=3, saved_model=2, model=2, lost=0)
    assert check.decisions is not None and check.decisions.firm == 3


def test_undeclared_custom_op(verify: Verify) -> None:
    with pytest.raises(Mistake) as raised:
        verify(custom_op_model("Twice"))
    assert raised.value.field == "custom_ops"


def logarithm_model() -> bytes:
    return build_model(
        [TensorSpec("x", (None, 1)), TensorSpec("y", (None, 1))],
        [OpSpec("LOG", ("x",), ("y",))],
        SERVING,
    )


def test_output_that_is_no_number(verify: Verify) -> None:
    with pytest.raises(Mistake) as raised:
        verify(logarithm_model(), mode="float32")
    assert "the model yields nan in its output `y`" in raised.value.message
    assert raised.value.field == "quantization"


def test_saved_model_that_yields_no_number(verify: Verify) -> None:
    arrays = {"serving_default/input/x": X, "serving_default/output/y": X * np.float32("inf")}
    with pytest.raises(Mistake) as raised:
        verify(linear_model(), arrays)
    assert "the SavedModel itself yields -inf" in raised.value.message
    assert raised.value.field == "calibration"


@pytest.mark.parametrize("signature", [True, False])
def test_model_file_is_run_on_seeded_samples(verify: Verify, signature: bool) -> None:
    report = verify(linear_model(signature=signature), reference=None, max_samples=2)
    assert report.outputs == ()
    assert report.tolerance is None
    assert report.samples == VerifiedSamples(2, "seeded")
    prefix = "serving_default" if signature else "main"
    x = read_npz(Path("out/golden_input.npz"))[f"{prefix}/x"]
    y = read_npz(Path("out/golden_output.npz"))[f"{prefix}/y"]
    assert x.shape == (2, 1, 1)
    assert len(np.unique(x)) == 2
    assert np.allclose(y, 2 * x - 1)


def test_seeded_samples_use_all_of_a_quantized_input(verify: Verify) -> None:
    verify(quantized_linear_model(io_type="int8"), reference=None)
    x = read_npz(Path("out/golden_input.npz"))["serving_default/x"]
    assert np.ptp(x.astype(int)) > 60


def test_random_samples_may_yield_no_number(verify: Verify) -> None:
    verify(logarithm_model(), reference=None)
    assert np.isnan(read_npz(Path("out/golden_output.npz"))["serving_default/y"]).any()


def test_model_file_with_a_dataset(verify: Verify, tmp_path: Path) -> None:
    write_npz(tmp_path / "dataset.npz", {"input/0": X})
    request = {"reference": None, "dataset": "dataset.npz", "dataset_field": "verify_dataset"}
    report = verify(linear_model(), **request)
    assert report.samples.count == 10
    assert len(report.samples.source) == 64
    assert np.array_equal(read_npz(Path("out/golden_input.npz"))["serving_default/x"][:, 0], X[:4])
    with pytest.raises(Mistake) as raised:
        verify(logarithm_model(), **request)
    assert raised.value.field == "verify_dataset"


def test_dataset_for_one_of_two_signatures(verify: Verify, tmp_path: Path) -> None:
    model = unpack(linear_model())
    graph = copy.deepcopy(model.subgraphs[0])
    graph.tensors[0].shape, graph.tensors[0].shapeSignature = [1, 2], [-1, 2]
    graph.tensors[1].shape, graph.tensors[1].buffer = [1, 2], len(model.buffers)
    graph.tensors[1].shapeSignature = [1, 2]
    model.buffers.append(schema.BufferT(np.ones(2, np.float32).view(np.uint8)))
    model.subgraphs.append(graph)
    other = copy.deepcopy(model.signatureDefs[0])
    other.signatureKey, other.subgraphIndex = "other", 1
    model.signatureDefs.append(other)
    write_npz(tmp_path / "dataset.npz", {"input/0": X})
    verify(pack(model), reference=None, dataset="dataset.npz")
    golden = read_npz(Path("out/golden_input.npz"))
    assert golden["other/x"].shape == (4, 1, 2)
    assert np.array_equal(golden["serving_default/x"][:, 0], X[:4])


def test_samples_of_another_shape(verify: Verify) -> None:
    with pytest.raises(Mistake) as raised:
        verify(linear_model(features=3))
    assert raised.value.field == "calibration"
    assert "have the shape [1], but the model takes [?, 3]" in raised.value.message


def test_signatures_are_verified_one_by_one(verify: Verify) -> None:
    tensors = [
        TensorSpec("x", (1, 1)),
        TensorSpec("weights", (1, 1), value=2.0),
        TensorSpec("y", (1, 1)),
    ]
    ops = [OpSpec("FULLY_CONNECTED", ("x", "weights", ""), ("y",))]
    spec = SignatureSpec({"number": "x"}, {"twice": "y"})
    model = build_model(tensors, ops, {"double": spec, "again": spec})
    arrays = {}
    for name in ("again", "double", "unconverted"):
        arrays[f"{name}/input/number"] = X
        arrays[f"{name}/output/twice"] = 2 * X
    report = verify(model, arrays, mode="float32")
    assert [output.signature for output in report.outputs] == ["again", "double"]
    assert sorted(read_npz(Path("out/golden_input.npz"))) == ["again/number", "double/number"]
    arrays["double/output/twice"] = 3 * X
    with pytest.raises(Mistake, match="`twice` \\(signature `double`\\) differs"):
        verify(model, arrays, mode="float32")


def test_output_that_the_saved_model_lacks(verify: Verify) -> None:
    arrays = {"serving_default/input/x": X, "serving_default/output/z": X}
    with pytest.raises(Mistake) as raised:
        verify(linear_model(), arrays)
    assert "has the output y, which the SavedModel's has not; it has z" in raised.value.message


def test_integer_outputs_are_counted(verify: Verify) -> None:
    model = build_model(
        [
            TensorSpec("x", (1, 3)),
            TensorSpec("axis", (1,), "int32", value=1),
            TensorSpec("y", (1,), "int64"),
        ],
        [OpSpec("ARG_MAX", ("x", "axis"), ("y",))],
        SERVING,
    )
    x = np.eye(3, dtype=np.float32)
    arrays = {"serving_default/input/x": x, "serving_default/output/y": np.array([0, 1, 2])}
    report = verify(model, arrays, output_type="int16")
    assert report.outputs[0].measure == "mismatches"
    arrays["serving_default/output/y"] = np.array([0, 1, 1])
    with pytest.raises(Mistake, match="33.33% of its elements"):
        verify(model, arrays)


@pytest.mark.parametrize("reference, field", [("reference.npz", None), (None, "source")])
def test_model_that_the_interpreter_refuses(
    verify: Verify, reference: str | None, field: str | None
) -> None:
    arrays = {
        "serving_default/input/x": np.zeros((2, 2), np.float32),
        "serving_default/output/y": np.zeros((2, 1), np.float32),
    }
    with pytest.raises(Mistake) as raised:
        verify(refused_model(), arrays, reference=reference)
    assert "refuses the model: " in raised.value.message
    assert "(FULLY_CONNECTED) failed to prepare" in raised.value.message
    assert raised.value.field == field


def test_program_reports_a_mistake(tmp_path: Path) -> None:
    result = run_program(
        "verification.verify", tmp_path, write_request(tmp_path, linear_model(), mode="int8")
    )
    assert result.returncode == 3
    error = json.loads((tmp_path / "out/error.json").read_text())
    assert error["field"] == "quantization"
    assert not (tmp_path / "out/verification.json").exists()


def test_model_that_aborts_the_interpreter(tmp_path: Path) -> None:
    request = write_request(tmp_path, aborting_model(), reference=None)
    result = run_program("verification.verify", tmp_path, request)
    assert result.returncode < 0
    assert "Running `serving_default` on 100 samples." in result.stderr
    assert not (tmp_path / "out/verification.json").exists()


def _published(name: str) -> bytes:
    folder = os.environ.get("PANTS_TFLITE_SHARED_MODELS") or pytest.skip(
        "PANTS_TFLITE_SHARED_MODELS names no folder of published models"
    )
    return (Path(folder) / name).read_bytes()


def test_published_model_that_corrupts_memory(tmp_path: Path) -> None:
    data = _published("keyword_scrambled_8bit.tflite")
    result = run_program(
        "verification.verify", tmp_path, write_request(tmp_path, data, reference=None)
    )
    assert result.returncode < 0


def test_published_model_that_is_refused(verify: Verify) -> None:
    with pytest.raises(Mistake) as raised:
        verify(_published("person_detect.tflite"), reference=None)
    assert "quantized_dimension must be in range" in raised.value.message
    assert raised.value.field == "source"
    assert len(raised.value.message) < 800
