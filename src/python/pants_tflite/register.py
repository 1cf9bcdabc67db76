# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The backend `pants_tflite`: TensorFlow models from training code to verified `.tflite` files, custom
ops, and archives for Linux."""

from __future__ import annotations

from functools import lru_cache

from pants.backend.python import target_types_rules as python_target_types_rules
from pants.backend.python.dependency_inference import module_mapper
from pants.backend.python.util_rules import pex, python_sources
from pants.core.util_rules import archive
from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from pants_tflite import target_types as tflite_target_types
from pants_tflite.bundles import rules as bundle_rules
from pants_tflite.cc import rules as cc_rules
from pants_tflite.coverage import gpu as gpu_coverage
from pants_tflite.coverage import rules as coverage_rules
from pants_tflite.custom_ops import rules as custom_op_rules
from pants_tflite.custom_ops import target_types as custom_op_target_types
from pants_tflite.evaluation import rules as evaluation_rules
from pants_tflite.evaluation import target_types as evaluation_target_types
from pants_tflite.goals import (
    check,
    netron,
    ops,
    package,
    report,
    run,
    run_dataset,
    run_programs,
    run_saved_model,
    test,
    tune,
)
from pants_tflite.linux import archive as linux_archive
from pants_tflite.linux import debs as linux_debs
from pants_tflite.linux import kernels as linux_kernels
from pants_tflite.linux import target_types as linux_target_types
from pants_tflite.pipeline import (
    any_model,
    build,
    convert,
    cut,
    dataset,
    draft,
    export,
    export_sources,
    fix_file_shapes,
    fix_shapes,
    golden_model,
    label_files,
    metadata,
    micro_only,
)
from pants_tflite.pipeline import ops as model_ops
from pants_tflite.pipeline import (
    plan,
    prepare,
    quantization,
    unverified,
    verify,
)
from pants_tflite.reporting import rules as reporting_rules
from pants_tflite.reproduction import goal as reproduction
from pants_tflite.tailoring import rules as tailoring_rules
from pants_tflite.util_rules import (
    archives,
    declared_differences,
    dependency_inference,
    entry_point_calls,
    entry_points,
    environment_installation,
    environment_processes,
    inputs,
    junit_reports,
    output_paths,
    python_environments,
    references,
    related_datasets,
    sandbox_programs,
    steps,
    taken_inputs,
)


def target_types():
    return (
        *custom_op_target_types.target_types(),
        *evaluation_target_types.target_types(),
        *linux_target_types.target_types(),
        *tflite_target_types.target_types(),
    )


@lru_cache(maxsize=None)
def rules() -> tuple[Rule | UnionRule, ...]:
    """Every rule once. Pants asks for them twice in each run, also if its daemon has the graph
    already, and collecting them takes longer than the rest of this backend's share of such a run.
    """
    collected = (
        *any_model.rules(),
        *archive.rules(),
        *archives.rules(),
        *build.rules(),
        *bundle_rules.rules(),
        *cc_rules.rules(),
        *check.rules(),
        *convert.rules(),
        *coverage_rules.rules(),
        *cut.rules(),
        *custom_op_rules.rules(),
        *dataset.rules(),
        *dependency_inference.rules(),
        *draft.rules(),
        *entry_point_calls.rules(),
        *entry_points.rules(),
        *evaluation_rules.rules(),
        *export.rules(),
        *export_sources.rules(),
        *fix_file_shapes.rules(),
        *fix_shapes.rules(),
        *gpu_coverage.rules(),
        *inputs.rules(),
        *label_files.rules(),
        *linux_archive.rules(),
        *linux_debs.rules(),
        *linux_kernels.rules(),
        *metadata.rules(),
        *golden_model.rules(),
        *micro_only.rules(),
        *module_mapper.rules(),
        *netron.rules(),
        *model_ops.rules(),
        *ops.rules(),
        *output_paths.rules(),
        *package.rules(),
        *plan.rules(),
        *prepare.rules(),
        *pex.rules(),
        *environment_installation.rules(),
        *environment_processes.rules(),
        *python_environments.rules(),
        *python_sources.rules(),
        *python_target_types_rules.rules(),
        *quantization.rules(),
        *references.rules(),
        *report.rules(),
        *reporting_rules.rules(),
        *declared_differences.rules(),
        *related_datasets.rules(),
        *run.rules(),
        *run_dataset.rules(),
        *run_programs.rules(),
        *run_saved_model.rules(),
        *reproduction.rules(),
        *sandbox_programs.rules(),
        *steps.rules(),
        *junit_reports.rules(),
        *tailoring_rules.rules(),
        *taken_inputs.rules(),
        *test.rules(),
        *tune.rules(),
        *unverified.rules(),
        *verify.rules(),
    )
    return tuple(dict.fromkeys(collected))
