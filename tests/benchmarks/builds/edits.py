# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What is changed in a workspace before it is built again.

Each edit takes a number, another one each time, so that nothing finds what was built before.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Mapping

from tests.benchmarks.measuring import Edit

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


def _substitute(path: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, path.read_text())
    assert count == 1, f"{path} has {count} times {pattern}"
    path.write_text(text)


def everything(workspace: Path, number: int) -> None:
    """Other samples, other weights: all that follows from them is built again."""
    for name, (pattern, seeded) in _SEEDS.items():
        path = workspace / "models" / name
        _substitute(path, pattern, seeded.format(number))


def nothing(workspace: Path, number: int) -> None:
    """A build of what is built."""


def training_comment(workspace: Path, number: int) -> None:
    """Trains again, and gets the same SavedModel."""
    _append(workspace / "models/digits/train.py", f"# Round {number}.\n")


def docs(workspace: Path, number: int) -> None:
    """A file that no model is made from."""
    _append(workspace / "models/digits/README.md", f"\nRound {number}.\n")


def recipe(workspace: Path, number: int) -> None:
    """One quantization of one model. No tensor of weights is so small that its bytes change."""
    path = workspace / "models/digits/recipes/int4_weights.json"
    _substitute(path, r'"min_weight_elements": \d+', f'"min_weight_elements": {number % 50}')


def calibration_sample(workspace: Path, number: int) -> None:
    """One calibration sample: what is trained on stays, but is in the same file."""
    path = workspace / "models/digits/data.py"
    pattern = r'(Training pictures with their labels."""\n)(?s:.*?)(?=\n\n\n)'
    body = (
        "    images, labels = split()[0]\n"
        f"    images[0] = images[0] * {number % 999 + 1} / 1000\n"
        "    yield from zip(images, labels)"
    )
    _substitute(path, pattern, rf"\g<1>{body}")


def kernel(workspace: Path, number: int) -> None:
    """The code of a custom op, which calibrates and verifies a model."""
    _append(workspace / "src/cc/ops/scaled_atan.c", f"/* {number} */\n")


def label(workspace: Path, number: int) -> None:
    """What a bundle calls a class."""
    path = workspace / "models/cats_vs_dogs/labels.txt"
    path.write_text(f"cat {number}\ndog\n")


EDITS: Mapping[str, Edit] = {
    "cold": everything,
    "no-op": nothing,
    "comment in training code": training_comment,
    "recipe of a quantization": recipe,
    "calibration sample": calibration_sample,
    "label": label,
    "documentation": docs,
}
