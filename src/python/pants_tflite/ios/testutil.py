# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A bundle that the tests of generated files share, with awkward names and every kind of tensor."""

from __future__ import annotations

from pants_tflite.ios.model_facts import ModelFacts, TensorFacts
from pants_tflite.ios.settings import FrameworkSettings

SETTINGS = FrameworkSettings("PetModels", "org.example.PetModels", "13.0", "1.4.0-rc.1")
LABELS = ('a "cat"', "back\\slash", "what??/", "große Katze", "\\(name)", "1")
MODELS = (
    ModelFacts(
        name="cats_vs_dogs",
        bytes=2724752,
        sha256="0" * 64,
        inputs=(
            TensorFacts("image", "int8", (None, 224, 224, 3), (0.5,), (-128,)),
            TensorFacts("mask", "bool", ()),
        ),
        outputs=(
            TensorFacts('sco"res\n', "int8", (1, 6), (1e-09, 0.25), (-(2**63), 2**63 - 1), 1),
        ),
        labels=LABELS,
    ),
    ModelFacts("self", 912, "f" * 64, (), (TensorFacts("y", "float32", (None, 1)),)),
)
