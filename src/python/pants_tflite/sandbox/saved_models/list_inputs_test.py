# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which inputs a function is given."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Callable

import pytest

from pants_tflite.sandbox.entry_point_protocol import EntryPointFunction
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models import list_inputs
from pants_tflite.sandbox.saved_models.list_inputs import taken_inputs
from pants_tflite.sandbox.saved_models.list_inputs_protocol import InputsReport, ListInputsRequest

ENTRY_POINT = EntryPointFunction("train", "build", "m/train.py", "untrained")
INPUTS = ("features", "folder", "weights")


def _wrapped() -> Callable[..., Any]:
    def build(weights: Path) -> None:
        pass

    @functools.wraps(build)
    def wrapper(*args: Any, **keywords: Any) -> None:
        pass

    return wrapper


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda: None, ()),
        (lambda weights: None, ("weights",)),
        (lambda weights, *, features=None: None, ("features", "weights")),
        (lambda size=3: None, ()),
        (lambda **inputs: None, INPUTS),
        (_wrapped(), ("weights",)),
    ],
)
def test_a_function_is_given_what_its_parameters_name(
    function: Callable[..., Any], expected: tuple[str, ...]
) -> None:
    assert taken_inputs(ENTRY_POINT, function, INPUTS) == expected


@pytest.mark.parametrize("function", [lambda size: None, lambda weights, /: None])
def test_a_parameter_that_no_input_is_for_is_an_error(function: Callable[..., Any]) -> None:
    with pytest.raises(Mistake, match="cannot be called with those of its parameters") as error:
        taken_inputs(ENTRY_POINT, function, INPUTS)
    assert (error.value.field, error.value.value) == ("untrained", "train.py:build")
    assert "features, folder, weights" in str(error.value)


def test_the_function_is_imported_and_not_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("out").mkdir()
    Path("early.py").write_text("def build(weights):\n    raise RuntimeError('called')\n")
    entry_point = EntryPointFunction("early", "build", "m/early.py", "untrained")
    list_inputs.main(ListInputsRequest(entry_point, INPUTS))
    assert InputsReport.parse(Path("out/inputs.json").read_bytes()) == InputsReport(("weights",))


def test_a_function_that_is_not_there_is_its_field_s_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    Path(tmp_path, "without.py").write_text("def export():\n    pass\n")
    entry_point = EntryPointFunction("without", "build", "m/without.py", "untrained")
    with pytest.raises(Mistake, match="`m/without.py` has no function `build`") as error:
        list_inputs.main(ListInputsRequest(entry_point, INPUTS))
    assert error.value.field == "untrained"
    assert "export" in error.value.fix
