# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""LiteRT: the environment that inspects, quantizes, verifies and runs models, without TensorFlow."""

from __future__ import annotations

from pants_tflite.subsystems.locked_environment import LockedEnvironment


class LiteRt(LockedEnvironment):
    options_scope = "litert"
    help = "LiteRT, which inspects, quantizes, verifies and runs models without TensorFlow."

    packages = "ai-edge-litert, ai-edge-quantizer, flatbuffers, numpy and pillow"
    runs = "LiteRT runs"
