# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the tests of generated files share: a bundle with awkward names and every kind of tensor, and
a way to run compilers over its files."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pants_tflite.ios.model_facts import ModelFacts, TensorFacts
from pants_tflite.ios.settings import FrameworkSettings

SETTINGS = FrameworkSettings(
    name="PetModels", bundle_id="org.example.PetModels", min_ios="13.0", version="1.4.0-rc.1"
)
LABELS = ('a "cat"', "back\\slash", "what??/", "große Katze", "\\(name)", "1")
MODELS = (
    ModelFacts(
        name="cats_vs_dogs",
        bytes=2724752,
        sha256="0" * 64,
        inputs=(
            TensorFacts(
                name="image",
                dtype="int8",
                shape=(None, 224, 224, 3),
                scales=(0.5,),
                zero_points=(-128,),
            ),
            TensorFacts("mask", "bool", ()),
        ),
        outputs=(
            TensorFacts(
                name='sco"res\n',
                dtype="int8",
                shape=(1, 6),
                scales=(1e-09, 0.25),
                zero_points=(-(2**63), 2**63 - 1),
                quantized_dimension=1,
            ),
        ),
        labels=LABELS,
    ),
    ModelFacts(
        name="self",
        bytes=912,
        sha256="f" * 64,
        inputs=(),
        outputs=(TensorFacts("y", "float32", (None, 1)),),
    ),
)


def run_in(folder: Path, *argv: str | None) -> str:
    """What a program prints that runs in `folder`, and must succeed."""
    result = subprocess.run(
        [str(argument) for argument in argv], cwd=folder, capture_output=True, encoding="utf-8"
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
