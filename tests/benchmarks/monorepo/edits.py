# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What is changed in a monorepo of models before it is built again.

Each edit takes a number, another one each time, so that nothing finds what was built before.
"""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

from tests.benchmarks.measuring import Edit
from tests.benchmarks.monorepo.models import model_of

# The index of a model that no workspace begins with.
_NEW = 1_000_000
_PACKAGE = "packages/p0000"


def nothing(workspace: Path, number: int) -> None:
    """A build of what is built."""


def model(workspace: Path, number: int) -> None:
    """Other weights in one file, which is in a bundle, too."""
    (workspace / _PACKAGE / "m0.tflite").write_bytes(model_of(number, _NEW))


def label(workspace: Path, number: int) -> None:
    """A label of the model in a bundle."""
    (workspace / _PACKAGE / "labels.txt").write_text(f"no {number}\nyes\n")


def docs(workspace: Path, number: int) -> None:
    """A file that nothing is made from."""
    (workspace / _PACKAGE / "README.md").write_text(f"# Round {number}\n")


EDITS: Mapping[str, Edit] = {
    "no-op": nothing,
    "model file": model,
    "label": label,
    "documentation": docs,
}
