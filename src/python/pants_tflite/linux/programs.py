# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What runs the models of a Linux archive: `predict.py`, and `custom_ops.py` if it has kernels."""

from __future__ import annotations

import pkgutil

from pants.engine.fs import FileContent

PREDICT_FILE = "predict.py"
CUSTOM_OPS_FILE = "custom_ops.py"
_DEVICE_PACKAGE = "pants_tflite.linux.device"
# Kernels get into an interpreter on a board as they do in the build.
_SANDBOX_PACKAGE = "pants_tflite.sandbox.interpreter"
_IMPORT = b"    from ai_edge_litert.interpreter import Interpreter, OpResolverType\n"
_IMPORT_WITH_KERNELS = (
    b"    from ai_edge_litert.interpreter import OpResolverType\n"
    b"    from custom_ops import interpreter as Interpreter\n"
)


def _read(package: str, name: str) -> bytes:
    content = pkgutil.get_data(package, name)
    assert content is not None, f"{package} has no {name}"
    return content


def with_kernels(program: bytes) -> bytes:
    """`predict.py` with the interpreter of `custom_ops.py` in place of LiteRT's own."""
    assert program.count(_IMPORT) == 1, f"{PREDICT_FILE} has another import of the interpreter"
    return program.replace(_IMPORT, _IMPORT_WITH_KERNELS)


def program_files(*, custom_ops: bool) -> tuple[FileContent, ...]:
    """The programs and the requirements to install; `custom_ops` are those with kernels."""
    predict = _read(_DEVICE_PACKAGE, PREDICT_FILE)
    files = [FileContent("requirements.txt", _read(_DEVICE_PACKAGE, "requirements.lock"))]
    if custom_ops:
        predict = with_kernels(predict)
        files.append(FileContent(CUSTOM_OPS_FILE, _read(_SANDBOX_PACKAGE, "kernel_loading.py")))
    return (FileContent(PREDICT_FILE, predict, is_executable=True), *files)
