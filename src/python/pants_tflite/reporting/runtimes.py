# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What runtimes say of a model, for a report that asks some."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.fs import DigestSubset, PathGlobs
from pants.engine.target import Target

from pants_tflite.compat import collect_rules, digest_subset_to_digest, rule
from pants_tflite.coverage.ask_all import AskRuntimesRequest, ask_runtimes
from pants_tflite.evaluation.models import EvaluatedTarget
from pants_tflite.pipeline.verify import GOLDEN_FILES
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport
from pants_tflite.sandbox.reporting.report_protocol import ReportedRuntime


@dataclass(frozen=True)
class ModelRuntimesRequest:
    """Asks the `runtimes` about the built `model` of a target."""

    target: Target
    model: EvaluatedTarget
    runtimes: tuple[str, ...]


@dataclass(frozen=True)
class ModelRuntimes:
    """In the order of the runtimes that were asked."""

    runtimes: tuple[ReportedRuntime, ...]


@rule
async def find_model_runtimes(request: ModelRuntimesRequest) -> ModelRuntimes:
    golden = await digest_subset_to_digest(
        DigestSubset(request.model.built.digest, PathGlobs(GOLDEN_FILES))
    )
    answers = await ask_runtimes(
        AskRuntimesRequest(request.target, request.model.model, request.runtimes, golden)
    )
    return ModelRuntimes(tuple(map(to_reported, answers.reports)))


def to_reported(report: CoverageReport) -> ReportedRuntime:
    return ReportedRuntime(
        runtime=report.runtime,
        answered_by=report.answered_by,
        loads=report.loads,
        refused=tuple(sorted({op.op for op in report.refused})),
        remark=report.remark.rstrip(". "),
    )


def rules():
    return collect_rules()
