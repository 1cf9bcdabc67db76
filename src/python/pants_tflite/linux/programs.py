# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What runs the models of a Linux archive: `predict.py`, and `custom_ops.py` if it has kernels."""

from __future__ import annotations

from pants.engine.fs import FileContent

from pants_tflite.resources import read_resource
from pants_tflite.util_rules.sandbox_programs import module_files

PREDICT_FILE = "predict.py"
SELF_TEST_FILE = "self_test.py"
# Here their names differ where Pants would take a program for a test.
_SOURCES = {SELF_TEST_FILE: "replay.py"}
CUSTOM_OPS_FILE = "custom_ops.py"
_DEVICE_PACKAGE = "pants_tflite.linux.device"
_PREDICTOR = "pants_tflite.linux.sandbox.archive_predictor"
_SELF_TEST = "pants_tflite.linux.sandbox.archive_replay"
_ANY_PYTHON = b"#!/usr/bin/env python3\n"
# Debian's policy: a package's programs do not depend on the PATH.
_DEBIANS_PYTHON = b"#!/usr/bin/python3\n"


def _read(name: str) -> bytes:
    return read_resource(_DEVICE_PACKAGE, name)


def _program(name: str, *, debian: bool) -> FileContent:
    content = _read(_SOURCES.get(name, name))
    if debian:
        assert content.startswith(_ANY_PYTHON), f"{name} begins with another line"
        content = _DEBIANS_PYTHON + content[len(_ANY_PYTHON) :]
    return FileContent(name, content, is_executable=True)


def program_files(
    *, custom_ops: bool, golden: bool = False, debian: bool = False
) -> tuple[FileContent, ...]:
    """The programs, the modules that they import, and the requirements to install.

    `custom_ops` says whether the archive has kernels, which programs of the user's may need too,
    `golden` whether it has golden vectors, which the self-test replays, and `debian` whether it is a
    Debian package.
    """
    names = (PREDICT_FILE, *((SELF_TEST_FILE,) if golden else ()))
    kernels = (FileContent(CUSTOM_OPS_FILE, _read(CUSTOM_OPS_FILE)),) if custom_ops else ()
    modules = {file.path: file for file in module_files(_PREDICTOR)}
    if golden:
        modules.update({file.path: file for file in module_files(_SELF_TEST)})
    return (
        *(_program(name, debian=debian) for name in names),
        FileContent("requirements.txt", _read("requirements.lock")),
        *kernels,
        *modules.values(),
    )
