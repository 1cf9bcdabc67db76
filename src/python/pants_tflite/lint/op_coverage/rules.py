# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants lint` for the ops that runtimes lack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.util_rules.partitions import PartitionerType
from pants.engine.target import FieldSet, Target, WrappedTargetRequest
from pants.util.logging import LogLevel

from pants_tflite.compat import collect_rules, concurrently, implicitly, resolve_target, rule
from pants_tflite.lint import bundles_of_models, untrained_sources
from pants_tflite.lint.findings import render_findings
from pants_tflite.lint.op_coverage import check_target
from pants_tflite.lint.op_coverage.check_target import (
    CheckCoverageOrExplainRequest,
    check_coverage_or_explain,
)
from pants_tflite.lint.op_coverage.checks import render_not_asked
from pants_tflite.lint.op_coverage.skip_field import IgnoreOpCoverageField, SkipOpCoverageField
from pants_tflite.lint.op_coverage.subsystem import TfLiteOpCoverage
from pants_tflite.target_types import CustomOpsField, InputShapesField, VerifyDatasetField


@dataclass(frozen=True)
class OpCoverageFieldSet(FieldSet):
    # Those that a `tflite_model` and a `tflite_file` have in common.
    required_fields = (CustomOpsField, InputShapesField, VerifyDatasetField)

    custom_ops: CustomOpsField
    ignore: IgnoreOpCoverageField

    @classmethod
    def opt_out(cls, target: Target) -> bool:
        return bool(target.get(SkipOpCoverageField).value)


class OpCoverageRequest(LintTargetsRequest):
    field_set_type = OpCoverageFieldSet
    tool_subsystem = TfLiteOpCoverage  # type: ignore[assignment]
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION


@rule(desc="Lint the op coverage of models", level=LogLevel.DEBUG)
async def lint_op_coverage(
    batch: OpCoverageRequest.Batch[OpCoverageFieldSet, Any],
) -> LintResult:
    targets = await concurrently(
        resolve_target(
            WrappedTargetRequest(field_set.address, description_of_origin="<infallible>"),
            **implicitly(),
        )
        for field_set in batch.elements
    )
    results = await concurrently(
        check_coverage_or_explain(CheckCoverageOrExplainRequest(wrapped.target))
        for wrapped in targets
    )
    findings = [
        finding
        for field_set, result in zip(batch.elements, results)
        for finding in result.findings
        if not {finding.check, finding.runtime.partition(" ")[0]}.intersection(
            field_set.ignore.value or ()
        )
    ]
    text = render_findings(
        findings,
        silence=f"`{IgnoreOpCoverageField.alias}` takes names of runtimes too, and "
        f"`{SkipOpCoverageField.alias}=True` silences everything about a target.",
    )
    return LintResult(
        exit_code=int(any(finding.fails for finding in findings)),
        stdout=text,
        stderr=render_not_asked(note for result in results for note in result.not_asked),
        linter_name=OpCoverageRequest.tool_name,
    )


def rules():
    return (
        *collect_rules(),
        *bundles_of_models.rules(),
        *check_target.rules(),
        *untrained_sources.rules(),
        *OpCoverageRequest.rules(),
    )
