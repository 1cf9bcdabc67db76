# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import ast
import os

import pytest

from pants_tflite.util_rules.sandbox_programs import PACKAGE, PROGRAMS_ROOT, program_files

TENSORFLOW_PROGRAMS = ("convert", "export", "record")
OTHER_PROGRAMS = (
    "fetch_artifact",
    "inspect_binary",
    "inspect_model",
    "join_universal",
    "predict",
    "quantize",
    "sample",
    "verify",
    "write_archive",
)


def _names(program: str) -> set[str]:
    return {os.path.basename(file.path) for file in program_files(program)}


def _imports(program: str) -> set[str]:
    found: set[str] = set()
    for file in program_files(program):
        for node in ast.walk(ast.parse(file.content)):
            if isinstance(node, ast.Import):
                found.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("program", [*TENSORFLOW_PROGRAMS, *OTHER_PROGRAMS])
def test_a_program_comes_with_all_it_imports_and_no_tests(program: str) -> None:
    names = _names(program)
    assert {"__init__.py", f"{program}.py", "harness.py"} <= names
    assert not any(name.endswith("_test.py") or name.startswith("testing") for name in names)
    package = os.path.join(PROGRAMS_ROOT, *PACKAGE.split("."))
    assert all(file.path.startswith(PROGRAMS_ROOT) for file in program_files(program))
    assert os.path.join(package, f"{program}.py") in {f.path for f in program_files(program)}


@pytest.mark.parametrize("program", [*TENSORFLOW_PROGRAMS, *OTHER_PROGRAMS])
def test_no_program_imports_pants(program: str) -> None:
    assert "pants" not in _imports(program)


@pytest.mark.parametrize("program", OTHER_PROGRAMS)
def test_only_export_convert_and_record_import_tensorflow(program: str) -> None:
    assert not {"tensorflow", "keras"} & _imports(program)


def test_a_program_brings_only_what_it_imports() -> None:
    assert "verify.py" not in _names("export")
    assert "convert.py" not in _names("verify")
