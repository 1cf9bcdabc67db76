# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import Iterator

import pytest

import pants_tflite
from pants_tflite.util_rules.sandbox_programs import program_files
from pants_tflite.util_rules.steps import PROGRAMS_ROOT

_ROOT = Path(pants_tflite.__file__).parent
# What runs as a program, and what another program may start as one.
_IS_PROGRAM = re.compile(r"^if __name__ == ", re.MULTILINE)
TENSORFLOW_PROGRAMS = {
    "pants_tflite.sandbox.conversion.convert",
    "pants_tflite.sandbox.conversion.draft",
    "pants_tflite.sandbox.saved_models.cut",
    "pants_tflite.sandbox.saved_models.export",
    "pants_tflite.sandbox.saved_models.fix_shapes",
    "pants_tflite.sandbox.saved_models.list_inputs",
    "pants_tflite.sandbox.saved_models.predict_saved_model",
    "pants_tflite.sandbox.saved_models.record",
}


def _find_programs() -> Iterator[str]:
    for path in sorted(_ROOT.rglob("*.py")):
        parts = path.relative_to(_ROOT.parent).with_suffix("").parts
        if "sandbox" in parts and "testing" not in parts and not path.stem.endswith("_test"):
            if _IS_PROGRAM.search(path.read_text(encoding="utf-8")):
                yield ".".join(parts)


PROGRAMS = tuple(_find_programs())


def _paths(program: str) -> set[str]:
    return {os.path.relpath(file.path, PROGRAMS_ROOT) for file in program_files(program)}


def _names(program: str) -> set[str]:
    return {os.path.basename(path) for path in _paths(program)}


def _imports(program: str) -> set[str]:
    found: set[str] = set()
    for file in program_files(program):
        for node in ast.walk(ast.parse(file.content)):
            if isinstance(node, ast.Import):
                found.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return found


def test_the_programs_are_found() -> None:
    assert len(PROGRAMS) >= 15 and TENSORFLOW_PROGRAMS <= set(PROGRAMS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_comes_with_its_packages_and_no_tests(program: str) -> None:
    paths = _paths(program)
    assert program.replace(".", os.sep) + ".py" in paths
    assert not any(path.endswith("_test.py") or "testing" in path for path in paths)
    assert not any(path.startswith(os.pardir) for path in paths)
    for path in paths:
        assert os.path.join(os.path.dirname(path), "__init__.py") in paths


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_program_imports_pants(program: str) -> None:
    assert "pants" not in _imports(program)


@pytest.mark.parametrize("program", sorted(set(PROGRAMS) - TENSORFLOW_PROGRAMS))
def test_only_the_programs_of_saved_models_import_tensorflow(program: str) -> None:
    assert not {"tensorflow", "keras"} & _imports(program)


def test_a_program_brings_only_what_it_imports() -> None:
    assert "verify.py" not in _names("pants_tflite.sandbox.saved_models.export")
    assert "convert.py" not in _names("pants_tflite.sandbox.verification.verify")


def test_each_program_comes_with_its_supervisor() -> None:
    for program in PROGRAMS:
        assert {"harness.py", "supervisor.py"} <= _names(program)
