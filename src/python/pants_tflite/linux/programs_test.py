# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pkgutil

from pants_tflite.linux.programs import program_files

PREDICT = pkgutil.get_data("pants_tflite.linux.device", "predict.py") or b""
TOP = ["predict.py", "requirements.txt"]


def test_without_custom_ops() -> None:
    files = {file.path: file for file in program_files(custom_ops=False)}
    assert sorted(path for path in files if "/" not in path) == TOP
    assert files["predict.py"].content == PREDICT
    assert [path for path, file in files.items() if file.is_executable] == ["predict.py"]


def test_the_modules_are_those_of_the_build() -> None:
    modules = {file.path: file for file in program_files(custom_ops=False) if "/" in file.path}
    assert "pants_tflite/linux/sandbox/archive_predictor.py" in modules
    assert "pants_tflite/sandbox/prediction/predictor.py" in modules
    # What only the build needs is not on a device.
    assert not [path for path in modules if "harness" in path or "compile_environment" in path]
    for path, file in modules.items():
        package, _, name = path.replace("/", ".").rpartition(".py")[0].rpartition(".")
        if name != "__init__":
            assert file.content == pkgutil.get_data(package, f"{name}.py")


def test_with_custom_ops() -> None:
    files = {file.path: file for file in program_files(custom_ops=True)}
    assert sorted(path for path in files if "/" not in path) == ["custom_ops.py", *TOP]
    assert files["predict.py"].content == PREDICT
    assert not files["custom_ops.py"].is_executable


def test_with_golden_vectors() -> None:
    files = {file.path: file for file in program_files(custom_ops=False, golden=True)}
    assert sorted(path for path in files if "/" not in path) == [*TOP, "self_test.py"]
    assert files["self_test.py"].is_executable
    assert "pants_tflite/linux/sandbox/archive_replay.py" in files
    assert {file.path for file in program_files(custom_ops=False)} < set(files)


def test_in_a_debian_package() -> None:
    files = {file.path: file for file in program_files(custom_ops=True, golden=True, debian=True)}
    for name, source in (("predict.py", "predict.py"), ("self_test.py", "replay.py")):
        first, _, rest = files[name].content.partition(b"\n")
        assert first == b"#!/usr/bin/python3"
        original = pkgutil.get_data("pants_tflite.linux.device", source) or b""
        assert original.partition(b"\n")[2] == rest
