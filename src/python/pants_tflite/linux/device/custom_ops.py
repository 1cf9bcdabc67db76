# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""LiteRT's interpreter with the kernels of this folder's custom ops, for programs of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ai_edge_litert.interpreter import InterpreterWithCustomOps

from pants_tflite.linux.sandbox.unpacked_archive import UnpackedArchive
from pants_tflite.sandbox.interpreter.custom_op_kernels import registerers


def interpreter(**options: Any) -> InterpreterWithCustomOps:
    """An `Interpreter` of LiteRT with the same `options`, which also has the kernels.

    Raises BadInput if a kernel is not the one that was packaged.
    """
    archive = UnpackedArchive.read(Path(__file__).resolve().parent)
    return InterpreterWithCustomOps(custom_op_registerers=registerers(archive.kernels()), **options)
