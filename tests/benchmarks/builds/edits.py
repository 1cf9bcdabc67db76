# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What is changed in a workspace before it is built again.

Each edit takes the number of the round, so that no round finds what an earlier one built.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable, Mapping

Edit = Callable[[Path, int], None]

# How each file names its seed, and how with the number of a round.
_SEEDS = {
    "digits/data.py": (r"default_rng\(.*?\)\.permutation", "default_rng({}).permutation"),
    "cats_vs_dogs/drawing.py": (
        r"default_rng\(\(label, index.*?\)\)",
        "default_rng((label, index, {}))",
    ),
    "cats_vs_dogs/random_features.py": (r"SEED = .*", "SEED = 1{}"),
}


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def everything(workspace: Path, number: int) -> None:
    """Other samples, other weights: all that follows from them is built again."""
    for name, (pattern, seeded) in _SEEDS.items():
        path = workspace / "models" / name
        text, count = re.subn(pattern, seeded.format(number + 1), path.read_text())
        assert count == 1, f"{path} has {count} times {pattern}"
        path.write_text(text)


def nothing(workspace: Path, number: int) -> None:
    """A build of what is built."""


def training_comment(workspace: Path, number: int) -> None:
    """Trains again, and gets the same SavedModel."""
    _append(workspace / "models/digits/train.py", f"# Round {number}.\n")


def docs(workspace: Path, number: int) -> None:
    """A file that no model is made from."""
    _append(workspace / "models/digits/README.md", f"\nRound {number}.\n")


def recipe(workspace: Path, number: int) -> None:
    """One quantization of one model. No weight is so small that its bytes change."""
    path = workspace / "models/digits/recipes/int4_weights.json"
    path.write_text(
        re.sub(
            r'"min_weight_elements": \d+', f'"min_weight_elements": {number + 1}', path.read_text()
        )
    )


EDITS: Mapping[str, Edit] = {
    "cold": everything,
    "no-op": nothing,
    "comment in training code": training_comment,
    "recipe of a quantization": recipe,
    "documentation": docs,
}
