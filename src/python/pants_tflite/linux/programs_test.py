# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import ast
import pkgutil

import pytest

from pants_tflite.linux.programs import program_files, with_kernels

PREDICT = pkgutil.get_data("pants_tflite.linux.device", "predict.py") or b""
# What CPython brings; LiteRT is only there for a program.
KNOWN = {"__future__", "ctypes", "hashlib", "json", "pathlib", "typing", "ai_edge_litert"}


def test_without_custom_ops() -> None:
    files = {file.path: file for file in program_files(custom_ops=False)}
    assert sorted(files) == ["predict.py", "requirements.txt"]
    assert files["predict.py"].content == PREDICT
    assert [path for path, file in files.items() if file.is_executable] == ["predict.py"]


def test_with_custom_ops() -> None:
    files = {file.path: file for file in program_files(custom_ops=True)}
    assert sorted(files) == ["custom_ops.py", "predict.py", "requirements.txt"]
    changed = set(files["predict.py"].content.splitlines()) ^ set(PREDICT.splitlines())
    assert {line.strip() for line in changed} == {
        b"from ai_edge_litert.interpreter import Interpreter, OpResolverType",
        b"from ai_edge_litert.interpreter import OpResolverType",
        b"from custom_ops import interpreter as Interpreter",
    }
    assert files["predict.py"].is_executable and not files["custom_ops.py"].is_executable


def test_the_loader_stands_alone() -> None:
    (loader,) = (f for f in program_files(custom_ops=True) if f.path == "custom_ops.py")
    imported = set()
    for node in ast.walk(ast.parse(loader.content)):
        if isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Import):
            imported.update(alias.name.split(".")[0] for alias in node.names)
    assert imported == KNOWN


def test_another_program() -> None:
    with pytest.raises(AssertionError, match="another import"):
        with_kernels(b"from elsewhere import Interpreter\n")
