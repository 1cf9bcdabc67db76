# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs zig with the arguments given. `{zig}` in one stands for the folder that zig is in.

zig comes in the package `ziglang`, whose folder only the environment's own interpreter knows. Unlike
the other programs it takes no request, since it is called like any compiler.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Sequence

PLACEHOLDER = "{zig}"


def zig_folder() -> str:
    """The folder of the package, found without importing it: its import runs zig."""
    spec = importlib.util.find_spec("ziglang")
    assert spec is not None and spec.origin is not None, "the environment has no ziglang"
    return str(Path(spec.origin).parent)


def to_argv(folder: str, arguments: Sequence[str]) -> list[str]:
    replaced = [argument.replace(PLACEHOLDER, folder) for argument in arguments]
    return [str(Path(folder, "zig")), *replaced]


if __name__ == "__main__":
    argv = to_argv(zig_folder(), sys.argv[1:])
    os.execv(argv[0], argv)
