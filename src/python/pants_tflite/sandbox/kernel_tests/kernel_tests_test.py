# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Cases of a kernel's test: collected, written, read back, run and compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers

from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.kernel_tests.kernel_case import Case, read_cases, write_cases
from pants_tflite.sandbox.kernel_tests.one_op_model import one_op_model
from pants_tflite.sandbox.kernel_tests.run_kernel_cases import compare
from pants_tflite.sandbox.kernel_tests.run_kernel_cases_protocol import CaseResults, RunCasesRequest
from pants_tflite.sandbox.kernel_tests.write_kernel_cases import collect_cases
from pants_tflite.sandbox.kernel_tests.write_kernel_cases_protocol import WriteCasesRequest
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.outside_use_protocol import OutsideUse
from pants_tflite.sandbox.testing.host_kernel import OP, build_kernel
from pants_tflite.sandbox.testing.program_runs import run_program

ENTRY_POINT = EntryPointFunction("op_cases", "cases", "op_cases.py")
X = np.array([[1.0, -2.5]], np.float32)


def case(**fields: Any) -> Case:
    return Case.parse({"inputs": [X], "outputs": [2 * X], **fields}, 0)


def test_cases_survive_being_written(tmp_path: Path) -> None:
    cases = [
        case(name="floats", options={"scale": 2.0, "on": True, "n": 3, "text": "t"}),
        case(
            inputs=[(np.zeros((0, 3), np.int8), 0.5, -3)],
            outputs=lambda x: [(x, 0.25, 1)],
            tolerance=1,
        ),
    ]
    for folder in ("a", "b"):
        write_cases(tmp_path / folder, cases)
    (first, second) = read_cases(tmp_path / "a")
    assert (first.name, second.name) == ("floats", "0")
    assert first.options == cases[0].options
    np.testing.assert_array_equal(first.outputs[0].array, 2 * X)
    assert second.inputs[0].array.shape == (0, 3)
    assert (second.inputs[0].scale, second.inputs[0].zero_point) == (0.5, -3)
    assert (second.outputs[0].scale, second.tolerance) == (0.25, 1)
    for name in ("cases.json", "cases.npz"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_one_op_model_holds_tensors_and_options() -> None:
    content = one_op_model(
        "ScaledAtan", case(options={"scale": 2.0}, outputs=[(X.astype(np.int8), 0.5, 7)])
    )
    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    assert model.operatorCodes[0].customCode == b"ScaledAtan"
    (operator,) = model.subgraphs[0].operators
    assert flexbuffers.Loads(bytes(operator.customOptions)) == {"scale": 2.0}
    output = model.subgraphs[0].tensors[1]
    assert output.type == schema.TensorType.INT8
    assert (list(output.quantization.scale), list(output.quantization.zeroPoint)) == ([0.5], [7])


@pytest.mark.parametrize(
    ("fields", "actual", "failure"),
    [
        ({}, 2 * X, None),
        ({}, 2 * X + np.float32(1e-5), None),
        ({}, 2 * X + np.array([[0, 1]], np.float32), "output 0 is -4.0 at [0, 1], where -5.0"),
        ({"tolerance": 1}, 2 * X + np.float32(0.9), None),
        ({}, 2 * X[0], "output 0 is float32 [2], not float32 [1, 2]"),
        ({}, (2 * X).astype(np.int8), "output 0 is int8 [1, 2], not float32"),
        ({"outputs": [X * np.float32("nan")]}, 2 * X, "output 0 is 2.0 at [0, 0], where nan"),
        ({"outputs": [X * np.float32("nan")]}, X * np.float32("nan"), None),
        ({"outputs": [X * np.float32("inf")]}, X * np.float32("inf"), None),
        ({"outputs": [X * np.float32("inf")]}, -X * np.float32("inf"), "output 0 is -inf"),
        ({"outputs": [X.astype(np.int8)]}, X.astype(np.int8) + np.int8(1), "1 is expected"),
        (
            {"outputs": [np.array([-128], np.int8)]},
            np.array([127], np.int8),
            "output 0 is 127 at [0], where -128 is expected",
        ),
        ({"outputs": [X[:0]]}, X[:0], None),
    ],
)
def test_comparison(fields: dict[str, Any], actual: np.ndarray, failure: str | None) -> None:
    found = compare(case(**fields), [actual]).failure
    assert (found is None) == (failure is None)
    assert (failure or "") in (found or "")


CASES = """\
import numpy as np

def cases():
    for dtype in (np.float32, np.int8):
        x = np.arange(6).reshape(2, 3).astype(dtype)
        yield {"inputs": [x], "outputs": lambda x: 2 * x, "name": dtype.__name__}
"""


@pytest.mark.parametrize(("beyond", "passes"), [(0, True), (-1, False)])
def test_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beyond: int, passes: bool
) -> None:
    (tmp_path / "op_cases.py").write_text(CASES)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    write_cases(tmp_path / "cases", collect_cases(EntryPointCall(ENTRY_POINT, {})))
    kernel = build_kernel(tmp_path, "-UBEYOND", f"-DBEYOND={beyond}")
    request = RunCasesRequest("cases", KernelLibrary(OP, "libtwice.so", kernel.registration))
    result = run_program("kernel_tests.run_kernel_cases", tmp_path, request)
    results = CaseResults.parse((tmp_path / "out/results.json").read_bytes()).cases
    assert [(item.name, item.failure is None) for item in results] == [
        ("float32", passes),
        ("int8", passes),
    ]
    if passes:
        assert result.returncode == 0, result.stderr
        assert "passed int8 (largest error 0)" in result.stdout
    else:
        assert result.returncode == 1
        assert "FAILED float32: output 0 is" in result.stdout


def test_a_kernel_that_refuses_has_failed(tmp_path: Path) -> None:
    build_kernel(tmp_path)
    x = np.zeros(3, np.int32)
    write_cases(tmp_path / "cases", [case(inputs=[x], outputs=[x])])
    request = RunCasesRequest("cases", KernelLibrary(OP, "libtwice.so", "Register_TWICE"))
    result = run_program("kernel_tests.run_kernel_cases", tmp_path, request)
    assert result.returncode == 1
    assert "FAILED 0: LiteRT" in result.stdout
    assert "(Twice) failed to invoke" in result.stdout


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return []", "yielded no cases"),
        ("return 3", "returned `int`, not a sequence of cases"),
        ("yield 3", "yielded a case, number 0, that is a `int`, not a dict"),
        ("yield {'inputs': []}", "has the keys inputs; `inputs` and `outputs` are needed"),
        ("yield {'inputs': [], 'outputs': [], 'x': 1}", "has the keys inputs, outputs, x"),
        ("yield {'inputs': [], 'outputs': []}", "has in `outputs` nothing that is a list"),
        ("yield {'inputs': [1j], 'outputs': [1]}", "an array of complex128"),
        ("yield {'inputs': [(1, 2)], 'outputs': [1]}", "a tuple that is not (array, scale"),
        (
            "yield {'inputs': [], 'outputs': [1], 'options': {'a': []}}",
            "has `options` that are not",
        ),
        ("yield {'inputs': [1], 'outputs': lambda x: 1 / 0}", "raised ZeroDivisionError"),
    ],
)
def test_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, expected: str
) -> None:
    name = f"op_cases_{abs(hash(body))}"
    (tmp_path / f"{name}.py").write_text(f"def cases():\n    {body}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Mistake) as raised:
        collect_cases(EntryPointCall(replace(ENTRY_POINT, module=name), {}))
    assert expected in raised.value.message
    assert raised.value.field == "entry_point"


def test_what_a_function_reads_outside_of_its_sandbox_is_told(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret.txt"
    secret.write_text("2.0")
    (tmp_path / "reading_cases.py").write_text(
        "import numpy as np\n\n"
        f"def cases():\n    x = np.array([float(open({str(secret)!r}).read())], np.float32)\n"
        "    yield {'inputs': [x], 'outputs': [x]}\n"
    )
    call = EntryPointCall(replace(ENTRY_POINT, module="reading_cases"), {})
    result = run_program("kernel_tests.write_kernel_cases", tmp_path, WriteCasesRequest(call))
    assert result.returncode == 0, result.stderr
    told = OutsideUse.parse((tmp_path / "out" / OutsideUse.FILE).read_bytes())
    assert told == OutsideUse((str(secret),), ())
