# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The backend `pants_tflite.micro`: models for microcontrollers, on top of `pants_tflite`."""

from __future__ import annotations

from pants_tflite.micro import (
    dependency_inference,
    environment,
    measurement,
    models,
    package,
    sources,
)
from pants_tflite.micro import target_types as micro_target_types


def target_types():
    return micro_target_types.target_types()


def rules():
    return (
        *dependency_inference.rules(),
        *environment.rules(),
        *measurement.rules(),
        *models.rules(),
        *package.rules(),
        *sources.rules(),
    )
