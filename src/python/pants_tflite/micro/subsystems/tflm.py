# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""TFLite Micro: the environment that measures models as a microcontroller would run them."""

from __future__ import annotations

from pants_tflite.subsystems.locked_environment import LockedEnvironment


class Tflm(LockedEnvironment):
    options_scope = "tflm"
    help = (
        "TFLite Micro, which models for microcontrollers are measured with. Its wheels are for "
        "Linux x86_64 only."
    )

    lock_package = "pants_tflite.micro.subsystems"
    packages = "ai-edge-litert, flatbuffers, numpy and tflite-micro"
    runs = "TFLite Micro runs"
