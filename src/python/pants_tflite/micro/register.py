# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The backend `pants_tflite.micro`: models for microcontrollers, on top of `pants_tflite`."""

from __future__ import annotations

from pants_tflite.micro import (
    binaries,
    dependency_inference,
    environment,
    kernel_tests,
    kernels,
    measurement,
    measuring_program,
    model_reports,
    models,
    package,
    self_test_program,
    self_tests,
    sources,
    supported_ops,
)
from pants_tflite.micro import target_types as micro_target_types
from pants_tflite.micro import (
    tflm_library,
    tflm_tree,
)
from pants_tflite.micro.qemu import emulator, start_up


def target_types():
    return micro_target_types.target_types()


def rules():
    return (
        *binaries.rules(),
        *dependency_inference.rules(),
        *environment.rules(),
        *emulator.rules(),
        *kernel_tests.rules(),
        *kernels.rules(),
        *measurement.rules(),
        *measuring_program.rules(),
        *model_reports.rules(),
        *models.rules(),
        *package.rules(),
        *self_tests.rules(),
        *self_test_program.rules(),
        *sources.rules(),
        *start_up.rules(),
        *supported_ops.rules(),
        *tflm_library.rules(),
        *tflm_tree.rules(),
    )
