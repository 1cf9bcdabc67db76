# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What runs the models of a Linux archive: `predict.py`, and `custom_ops.py` if it has kernels."""

from __future__ import annotations

import pkgutil

from pants.engine.fs import FileContent

from pants_tflite.util_rules.sandbox_programs import module_files

PREDICT_FILE = "predict.py"
CUSTOM_OPS_FILE = "custom_ops.py"
_DEVICE_PACKAGE = "pants_tflite.linux.device"
_PREDICTOR = "pants_tflite.linux.sandbox.archive_predictor"
_ANY_PYTHON = b"#!/usr/bin/env python3\n"
# Debian's policy: a package's programs do not depend on the PATH.
_DEBIANS_PYTHON = b"#!/usr/bin/python3\n"


def _read(name: str) -> bytes:
    content = pkgutil.get_data(_DEVICE_PACKAGE, name)
    assert content is not None, f"{_DEVICE_PACKAGE} has no {name}"
    return content


def program_files(*, custom_ops: bool, debian: bool = False) -> tuple[FileContent, ...]:
    """The programs, the modules that they import, and the requirements to install.

    `custom_ops` says whether the archive has kernels, which programs of the user's may need too, and
    `debian` whether it is a Debian package.
    """
    predict = _read(PREDICT_FILE)
    if debian:
        assert predict.startswith(_ANY_PYTHON), f"{PREDICT_FILE} begins with another line"
        predict = _DEBIANS_PYTHON + predict[len(_ANY_PYTHON) :]
    kernels = (FileContent(CUSTOM_OPS_FILE, _read(CUSTOM_OPS_FILE)),) if custom_ops else ()
    return (
        FileContent(PREDICT_FILE, predict, is_executable=True),
        FileContent("requirements.txt", _read("requirements.lock")),
        *kernels,
        *module_files(_PREDICTOR),
    )
