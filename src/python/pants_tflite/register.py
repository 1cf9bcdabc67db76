# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The backend `pants_tflite`: TensorFlow models from training code to verified `.tflite` files."""

from __future__ import annotations

from pants.backend.python import target_types_rules as python_target_types_rules
from pants.backend.python.dependency_inference import module_mapper
from pants.backend.python.util_rules import pex, python_sources
from pants.core.util_rules import archive

from pants_tflite import compat  # noqa: F401 - first: it silences a newer Pants on rule modules
from pants_tflite import custom_op_target_types
from pants_tflite import target_types as tflite_target_types
from pants_tflite.goals import check
from pants_tflite.goals import kernel_tests as kernel_test_goal
from pants_tflite.goals import package, run
from pants_tflite.util_rules import (
    conversion,
    datasets,
    dependency_inference,
    entry_point_calls,
    entry_points,
    inputs,
    models,
    output_paths,
    python_environments,
    quantizations,
    references,
    sandbox_programs,
    saved_models,
    verification,
)
from pants_tflite.util_rules.cc import (
    android_stubs,
    binary_inspection,
    compilation,
    linking,
    system_tools,
    tool_processes,
    toolchains,
    universal_binary,
    zig_installation,
)
from pants_tflite.util_rules.custom_ops import (
    declarations,
    host_kernels,
    kernel_sources,
    kernel_tests,
    libraries,
    maven,
    micro_sources,
    runtimes,
    sanitizers,
)


def target_types():
    return (*custom_op_target_types.target_types(), *tflite_target_types.target_types())


def rules():
    return (
        *android_stubs.rules(),
        *archive.rules(),
        *binary_inspection.rules(),
        *check.rules(),
        *compilation.rules(),
        *conversion.rules(),
        *datasets.rules(),
        *declarations.rules(),
        *dependency_inference.rules(),
        *entry_point_calls.rules(),
        *entry_points.rules(),
        *host_kernels.rules(),
        *inputs.rules(),
        *kernel_sources.rules(),
        *kernel_test_goal.rules(),
        *kernel_tests.rules(),
        *libraries.rules(),
        *linking.rules(),
        *maven.rules(),
        *micro_sources.rules(),
        *models.rules(),
        *module_mapper.rules(),
        *output_paths.rules(),
        *package.rules(),
        *pex.rules(),
        *python_environments.rules(),
        *python_sources.rules(),
        *python_target_types_rules.rules(),
        *quantizations.rules(),
        *references.rules(),
        *run.rules(),
        *runtimes.rules(),
        *sandbox_programs.rules(),
        *sanitizers.rules(),
        *saved_models.rules(),
        *system_tools.rules(),
        *tool_processes.rules(),
        *toolchains.rules(),
        *universal_binary.rules(),
        *verification.rules(),
        *zig_installation.rules(),
    )
