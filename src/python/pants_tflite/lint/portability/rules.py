# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants lint` for the portability of models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Iterable

from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.util_rules.partitions import PartitionerType
from pants.engine.target import FieldSet, Target
from pants.util.logging import LogLevel

from pants_tflite.compat import collect_rules, concurrently, rule
from pants_tflite.errors import Mistake, TfLiteError
from pants_tflite.lint import bundles_of_models, find_origins, untrained_sources
from pants_tflite.lint.findings import render_findings
from pants_tflite.lint.portability import check_target, shared_samples
from pants_tflite.lint.portability.check_target import CheckOrExplainRequest, check_or_explain
from pants_tflite.lint.portability.checks import CHECKS
from pants_tflite.lint.portability.skip_field import IgnorePortabilityField, SkipPortabilityField
from pants_tflite.lint.portability.subsystem import TfLitePortability
from pants_tflite.target_types import CustomOpsField, InputShapesField, VerifyDatasetField


@dataclass(frozen=True)
class PortabilityFieldSet(FieldSet):
    # Those that a `tflite_model` and a `tflite_file` have in common.
    required_fields = (CustomOpsField, InputShapesField, VerifyDatasetField)

    custom_ops: CustomOpsField
    ignore: IgnorePortabilityField

    @classmethod
    def opt_out(cls, target: Target) -> bool:
        return bool(target.get(SkipPortabilityField).value)


class PortabilityRequest(LintTargetsRequest):
    field_set_type = PortabilityFieldSet
    tool_subsystem = TfLitePortability  # type: ignore[assignment]
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION


def check_names(field: Any, names: Iterable[str]) -> None:
    """Raises if a check is to be ignored that there is not."""
    for name in names:
        if name not in CHECKS:
            raise Mistake.of(
                field,
                message="there is no such check",
                fix=f"Name some of {', '.join(sorted(CHECKS))}.",
                value=name,
            )


@rule(desc="Lint the portability of models", level=LogLevel.DEBUG)
async def lint_portability(
    batch: PortabilityRequest.Batch[PortabilityFieldSet, Any], options: TfLitePortability
) -> LintResult:
    for name in options.ignore:
        if name not in CHECKS:
            raise TfLiteError(
                f"[tflite-portability].ignore = {name!r}: there is no such check.\n\nFix: Name some "
                f"of {', '.join(sorted(CHECKS))}."
            )
    for field_set in batch.elements:
        check_names(field_set.ignore, field_set.ignore.value or ())
    results = await concurrently(
        check_or_explain(CheckOrExplainRequest(field_set.address)) for field_set in batch.elements
    )
    findings = [
        replace(
            finding,
            silence=f'`{IgnorePortabilityField.alias}=["{finding.check}"]` in {finding.address}',
        )
        for field_set, result in zip(batch.elements, results)
        for finding in result.findings
        if finding.check not in (*options.ignore, *(field_set.ignore.value or ()))
    ]
    text = render_findings(
        findings,
        silence=f"`{SkipPortabilityField.alias}=True` silences all checks of a target, and `ignore` in "
        f"`[{TfLitePortability.options_scope}]` one check for all targets.",
    )
    return LintResult(
        exit_code=1 if text else 0,
        stdout=text,
        stderr="",
        linter_name=PortabilityRequest.tool_name,
    )


def rules():
    return (
        *collect_rules(),
        *bundles_of_models.rules(),
        *check_target.rules(),
        *find_origins.rules(),
        *shared_samples.rules(),
        *untrained_sources.rules(),
        *PortabilityRequest.rules(),
    )
