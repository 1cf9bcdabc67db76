# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The backend `pants_tflite.micro`: models for microcontrollers, on top of `pants_tflite`."""

from __future__ import annotations

from pants_tflite.micro import changed_models, coverage, evaluation, kernels, models, package
from pants_tflite.micro import target_types as micro_target_types
from pants_tflite.micro import verification
from pants_tflite.micro.boards import fit_goal, fitting
from pants_tflite.micro.boards import target_types as board_target_types
from pants_tflite.micro.compression import models as compressed_models
from pants_tflite.micro.counting import counting_program, instruction_counts
from pants_tflite.micro.generated import sources
from pants_tflite.micro.measuring import differing_op, measurement, measuring_program, model_reports
from pants_tflite.micro.npu import compilation
from pants_tflite.micro.npu import coverage as npu_coverage
from pants_tflite.micro.npu import models as npu_models
from pants_tflite.micro.qemu import emulator, start_up
from pants_tflite.micro.self_test import (
    binaries,
    compiled_library,
    kernel_tests,
    parts_program,
    self_test_program,
    self_test_runs,
)
from pants_tflite.micro.tflm import supported_ops, tflm_environment, tflm_library, tflm_tree


def target_types():
    return (*board_target_types.target_types(), *micro_target_types.target_types())


def rules():
    return (
        *binaries.rules(),
        *compilation.rules(),
        *npu_coverage.rules(),
        *npu_models.rules(),
        *tflm_environment.rules(),
        *changed_models.rules(),
        *compressed_models.rules(),
        *compiled_library.rules(),
        *counting_program.rules(),
        *coverage.rules(),
        *differing_op.rules(),
        *emulator.rules(),
        *evaluation.rules(),
        *fit_goal.rules(),
        *fitting.rules(),
        *instruction_counts.rules(),
        *kernel_tests.rules(),
        *kernels.rules(),
        *measurement.rules(),
        *measuring_program.rules(),
        *model_reports.rules(),
        *models.rules(),
        *package.rules(),
        *parts_program.rules(),
        *self_test_runs.rules(),
        *self_test_program.rules(),
        *sources.rules(),
        *start_up.rules(),
        *supported_ops.rules(),
        *tflm_library.rules(),
        *tflm_tree.rules(),
        *verification.rules(),
    )
