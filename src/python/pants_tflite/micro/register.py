# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The backend `pants_tflite.micro`: models for microcontrollers, on top of `pants_tflite`."""

from __future__ import annotations

from pants_tflite.micro import environment, measurement


def rules():
    return (*environment.rules(), *measurement.rules())
