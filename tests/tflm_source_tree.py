# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A source tree of TFLite Micro for tests that compile one, which PANTS_TFLITE_TFLM_TREE names."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.workspace import Workspace

TREE = os.environ.get("PANTS_TFLITE_TFLM_TREE")
_CMSIS_NN = ("cmsis", "cmsis/CMSIS/Core/Include", "cmsis_nn", "cmsis_nn/Include")
_BUILD_FILE = {"tree/BUILD": 'files(name="tree", sources=["**/*", "!BUILD"])\n'}

# What manifests and errors call the kernels of the tree.
KERNELS = "cmsis_nn" if (Path(str(TREE)) / "third_party" / "cmsis_nn").is_dir() else "reference"

needs_tree = pytest.mark.skipif(
    TREE is None, reason="PANTS_TFLITE_TFLM_TREE names no TFLite Micro tree"
)


def needs(program: str, package: str) -> pytest.MarkDecorator:
    reason = f"there is no {program} (Debian: {package})"
    return pytest.mark.skipif(shutil.which(program) is None, reason=reason)


def include_dirs() -> list[str]:
    """Where headers of the tree are found, and those of CMSIS-NN if it has them."""
    third_party = Path(str(TREE)) / "third_party"
    names = ("flatbuffers/include", "gemmlowp", "kissfft", "ruy", *_CMSIS_NN)
    return [str(TREE), *(str(third_party / n) for n in names if (third_party / n).is_dir())]


def add_tree(workspace: Workspace) -> None:
    """Adds the tree as the target `//tree`, which has no files if there is none."""
    if TREE is not None:
        shutil.copytree(TREE, workspace.folder / "tree", dirs_exist_ok=True)
    workspace.write(_BUILD_FILE)
