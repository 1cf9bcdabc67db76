# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Mapping

import numpy as np
import pytest

from pants_tflite.sandbox.evaluation.evaluate import main
from pants_tflite.sandbox.evaluation.evaluate_protocol import EvaluateRequest, PredictionsReport
from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import read_npz, write_npz
from pants_tflite.sandbox.testing.host_kernel import OP, build_kernel
from pants_tflite.sandbox.testing.program_runs import run_program
from pants_tflite.sandbox.testing.small_models import (
    OpSpec,
    SignatureSpec,
    TensorSpec,
    build_model,
    custom_op_model,
    linear_model,
    quantized_linear_model,
    refused_model,
    stateful_model,
    two_inputs_model,
)
from pants_tflite.sandbox.tflite.model_reader import read_model
from pants_tflite.sandbox.verification.signature_runs import run_signature
from pants_tflite.sandbox.verification.verification_samples import Source

X = np.linspace(-9, 9, 10, dtype=np.float32).reshape(10, 1)
Evaluate = Callable[..., dict[str, np.ndarray]]


def write_request(
    folder: Path, data: bytes, arrays: Mapping[str, np.ndarray] | None = None, **changes: Any
) -> EvaluateRequest:
    (folder / "model.tflite").write_bytes(data)
    write_npz(folder / "dataset.npz", {"input/x": X} if arrays is None else arrays)
    request = EvaluateRequest(
        model="model.tflite",
        dataset="dataset.npz",
        dataset_field="dataset",
        runtime="litert",
        signature=None,
        max_samples=None,
    )
    return replace(request, **changes)


@pytest.fixture
def evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluate:
    """Evaluates a model, by default that of y = 2x - 1, and returns the arrays by name."""
    monkeypatch.chdir(tmp_path)

    def evaluate(
        data: bytes, arrays: Mapping[str, np.ndarray] | None = None, **changes: Any
    ) -> dict[str, np.ndarray]:
        Path("out").mkdir(exist_ok=True)
        main(write_request(tmp_path, data, arrays, **changes))
        return read_npz(Path("out/predictions.npz"))

    return evaluate


def report() -> PredictionsReport:
    return PredictionsReport.parse(Path("out/predictions.json").read_bytes())


@pytest.mark.parametrize("runtime", ["litert", "reference"])
def test_predictions_of_all_samples(evaluate: Evaluate, runtime: str) -> None:
    predictions = evaluate(linear_model(), runtime=runtime)
    assert list(predictions) == ["output/y"]
    np.testing.assert_allclose(predictions["output/y"], 2 * X - 1, rtol=1e-6)
    found = report()
    assert (found.count, found.runtime, found.signature) == (10, runtime, "serving_default")
    assert found.kernels == {"litert": "BUILTIN", "reference": "BUILTIN_REF"}[runtime]
    (output,) = found.outputs
    assert (output.name, output.shape, output.dtype) == ("y", (1,), "float32")


@pytest.mark.parametrize("runtime", ["litert", "reference"])
@pytest.mark.parametrize("io_type", ["float32", "int8"])
def test_a_quantized_model_takes_and_yields_real_numbers(
    evaluate: Evaluate, runtime: str, io_type: str
) -> None:
    predictions = evaluate(quantized_linear_model(io_type=io_type), runtime=runtime)
    assert predictions["output/y"].dtype == np.float32
    assert np.abs(predictions["output/y"] - (2 * X - 1)).max() < 0.3
    assert np.abs(predictions["output/y"] - (2 * X - 1)).max() > 0


def test_only_the_first_samples(evaluate: Evaluate) -> None:
    assert len(evaluate(linear_model(), max_samples=3)["output/y"]) == 3
    assert report().count == 3
    assert len(evaluate(linear_model(), max_samples=30)["output/y"]) == 10


def test_a_fixed_batch_gets_the_last_sample_repeated(
    evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build_model(
        [TensorSpec("x", (4, 1)), TensorSpec("w", (1, 1), value=3), TensorSpec("y", (4, 1))],
        [OpSpec("FULLY_CONNECTED", ("x", "w", ""), ("y",))],
    )
    # Parts of less than a batch would repeat a sample in each of them.
    monkeypatch.setattr("pants_tflite.sandbox.samples.npz_streams._BYTES_AT_A_TIME", 1)
    np.testing.assert_allclose(evaluate(model)["output/y"], 3 * X, rtol=1e-6)


def test_lists_go_by_the_models_own_order(evaluate: Evaluate) -> None:
    x, w = np.array([[1.0, 2.0]], np.float32), np.array([[3.0, 4.0]], np.float32)
    for arrays in ({"input/x": x, "input/w": w}, {"input/0": x, "input/1": w}):
        assert evaluate(two_inputs_model(), arrays)["output/y"].tolist() == [[11.0]]


def test_every_sample_starts_from_a_fresh_state(evaluate: Evaluate) -> None:
    steps = np.array([[1.0], [2.0], [4.0]], np.float32)
    predictions = evaluate(stateful_model(), {"input/x": steps})
    assert predictions["output/y"].ravel().tolist() == [1, 2, 4]


def test_the_calls_of_a_sequence_keep_the_state(evaluate: Evaluate) -> None:
    steps = np.array([[[[1.0]], [[2.0]], [[4.0]]], [[[10.0]], [[20.0]], [[40.0]]]], np.float32)
    arrays = {"input/x": steps[..., 0], "sequence": np.array(True)}
    predictions = evaluate(stateful_model(), arrays)
    assert predictions["output/y"].reshape(2, 3).tolist() == [[1, 3, 6], [10, 30, 60]]
    assert report().sequence


def test_the_same_arrays_as_verification(evaluate: Evaluate, tmp_path: Path) -> None:
    predictions = evaluate(quantized_linear_model(io_type="int8"), runtime="reference")
    path = tmp_path / "model.tflite"
    model = read_model(path)
    source = Source.read(None, "dataset.npz", field="dataset", max_samples=10, seed=0)
    (samples,) = source.for_signatures(model.callables)
    loaded = LoadedModel.with_reference_kernels(path, model, field=None, custom_kernels=())
    expected = run_signature(loaded, samples).outputs["y"]
    np.testing.assert_array_equal(predictions["output/y"], expected)


def test_a_custom_op_runs_with_its_kernel(evaluate: Evaluate, tmp_path: Path) -> None:
    kernel = build_kernel(tmp_path)
    kernels = (KernelLibrary(OP, "libtwice.so", kernel.registration),)
    x = np.repeat(X, 4, axis=1)
    for runtime in ("litert", "reference"):
        predictions = evaluate(
            custom_op_model(OP), {"input/x": x}, kernels=kernels, runtime=runtime
        )
        np.testing.assert_array_equal(predictions["output/y"], 2 * x)


def test_a_custom_op_without_a_kernel(evaluate: Evaluate) -> None:
    with pytest.raises(Mistake, match=f"has no kernel for the custom ops {OP}") as raised:
        evaluate(custom_op_model(OP))
    assert raised.value.field == "model"


def test_a_model_that_litert_refuses(evaluate: Evaluate) -> None:
    with pytest.raises(Mistake, match="refuses the model") as raised:
        evaluate(refused_model(), {"input/x": np.repeat(X, 2, axis=1)})
    assert raised.value.field == "model"


def test_samples_of_another_shape(evaluate: Evaluate) -> None:
    with pytest.raises(
        Mistake, match=r"have the shape \[3\], but the model takes \[\?, 1\]"
    ) as raised:
        evaluate(linear_model(), {"input/x": np.zeros((4, 3), np.float32)})
    assert raised.value.field == "dataset"


def test_samples_for_other_inputs(evaluate: Evaluate) -> None:
    with pytest.raises(
        Mistake, match="the dataset has the inputs z, but the model takes x"
    ) as raised:
        evaluate(linear_model(), {"input/z": X})
    assert raised.value.field == "dataset"


@pytest.mark.parametrize(
    "names, asked, error",
    [
        (("encode", "decode"), None, "has several signatures: decode, encode"),
        (("encode", "decode"), "train", "has no such signature; it has decode, encode"),
        (("encode", "decode"), "encode", None),
        (("encode", "serving_default"), None, None),
    ],
)
def test_signatures(
    evaluate: Evaluate, names: tuple[str, ...], asked: str | None, error: str | None
) -> None:
    model = build_model(
        [TensorSpec("x", (1, 1)), TensorSpec("y", (1, 1))],
        [OpSpec("SOFTMAX", ("x",), ("y",))],
        {name: SignatureSpec({"x": "x"}, {"y": "y"}) for name in names},
    )
    if error is None:
        evaluate(model, signature=asked)
        assert report().signature == (asked or "serving_default")
        return
    with pytest.raises(Mistake, match=error) as raised:
        evaluate(model, signature=asked)
    assert raised.value.field == "signature"


def test_equal_requests_write_equal_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        ran = run_program("evaluation.evaluate", folder, write_request(folder, linear_model()))
        assert ran.returncode == 0, ran.stderr
        contents.append({path.name: path.read_bytes() for path in (folder / "out").iterdir()})
    assert contents[0] == contents[1]
    assert sorted(contents[0]) == ["predictions.json", "predictions.npz"]


_MEASURE = """
import atexit, runpy, sys

@atexit.register
def print_peak():
    with open("/proc/self/status") as status:
        print(*(line.split()[1] for line in status if line.startswith("VmHWM:")), flush=True)

sys.argv = ["evaluate", "request.json"]
runpy.run_module("pants_tflite.sandbox.evaluation.evaluate", run_name="__main__")
"""


def _peak_memory(folder: Path, count: int) -> int:
    """Kilobytes for so many samples of 192 KB."""
    folder.mkdir()
    arrays = {"input/x": np.zeros((count, 49152), np.float32)}
    request = write_request(folder, linear_model(features=49152), arrays)
    (folder / "request.json").write_bytes(request.render())
    ran = subprocess.run(
        [sys.executable, "-c", _MEASURE],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert len(read_npz(folder / "out/predictions.npz")["output/y"]) == count
    return int(ran.stdout.split()[-1])


@pytest.mark.skipif(sys.platform != "linux", reason="The peak of a process's memory is Linux's.")
def test_memory_does_not_grow_with_the_number_of_samples(tmp_path: Path) -> None:
    few, many = (_peak_memory(tmp_path / str(count), count) for count in (100, 2000))
    # All of them at once are 390 MB.
    assert many - few < 16 << 10
