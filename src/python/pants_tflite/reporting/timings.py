# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""How long models and their ops take: measured in each run, and in files of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Mapping, Optional

from pants.engine.fs import FileContent, MergeDigests
from pants.engine.process import ProcessCacheScope

from pants_tflite.compat import (
    collect_rules,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.evaluation.models import EvaluatedTarget
from pants_tflite.evaluation.timing import TimeTargetsRequest, time_targets
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.reporting.names import in_short
from pants_tflite.reporting.report import CollectedReport, DescribedForReport
from pants_tflite.sandbox.evaluation.time_ops_protocol import OpTimesReport, TimeOpsRequest
from pants_tflite.sandbox.protocol import to_plain
from pants_tflite.sandbox.reporting.changes import LATENCY
from pants_tflite.sandbox.reporting.changes_protocol import Change, Changes
from pants_tflite.sandbox.reporting.number_texts import format_difference, format_value
from pants_tflite.sandbox.reporting.timings_protocol import ModelTimes, Timings
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program

SCRIPT_FILE = "timings.js"
_MAIN = 0


@dataclass(frozen=True)
class TimeOpsOfModelRequest:
    """Asks how long each op of a model takes alone."""

    model: EvaluatedTarget


@dataclass(frozen=True)
class OpTimes:
    """Seconds, by the ops' keys in a report."""

    seconds: Mapping[str, float]


@dataclass(frozen=True)
class TimeModelRequest:
    """Asks for the times of a model, and for its ratio to the `baseline`'s, if there is one."""

    model: EvaluatedTarget
    baseline: Optional[EvaluatedTarget]


@dataclass(frozen=True)
class TimedModel:
    times: ModelTimes


@dataclass(frozen=True)
class TimeReportRequest:
    """Asks for the times of a report's models."""

    collected: CollectedReport


@dataclass(frozen=True)
class TimedReport:
    timings: Timings


@rule(desc="Time the ops of a model")
async def time_ops_of_model(request: TimeOpsOfModelRequest) -> OpTimes:
    model = request.model
    environment = model.tensorflow
    if environment is None:
        environment = await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    result = await run_program(
        RunProgramRequest.create(
            model.address,
            TimeOpsRequest(MODEL_FILE, model.kernels.kernels),
            environment,
            description=f"Time the ops of the model {model.address}",
            input_digest=await merge_digests(MergeDigests((model.model, model.kernels.digest))),
            cache_scope=ProcessCacheScope.PER_SESSION,
        )
    )
    report = find_report(await get_digest_contents(result.digest), OpTimesReport)
    return OpTimes({f"{_MAIN}.{index}": seconds for index, seconds in report.seconds.items()})


@rule(desc="Time a model")
async def time_model(request: TimeModelRequest) -> TimedModel:
    model, baseline = request.model, request.baseline
    address = str(model.address)
    if model.micro_only:
        return TimedModel(ModelTimes(address, None, None, {}, "LiteRT refuses the model."))
    models = (model,) if baseline is None else (model, baseline)
    try:
        timed = await time_targets(TimeTargetsRequest(address=model.address, models=models))
        ops = await time_ops_of_model(TimeOpsOfModelRequest(model))
    except TfLiteError as error:
        return TimedModel(ModelTimes(address, None, None, {}, in_short(error)))
    report = timed.report
    return TimedModel(
        ModelTimes(address, report.median_seconds[0], report.ratio, dict(ops.seconds), None)
    )


def _baseline_of(
    described: DescribedForReport, models: Mapping[str, EvaluatedTarget]
) -> Optional[EvaluatedTarget]:
    model = described.model
    is_baseline = model.baseline == model.address
    return None if is_baseline else models.get(model.baseline or "")


def timing_files(timings: Timings, changes: Optional[Changes]) -> tuple[FileContent, ...]:
    """`timings.json`, and a script that hands the times to the page, which may not read a file.

    The script also has what of the `changes` is about times, as rows of the page's table.
    """
    rows = [
        (
            change.address,
            change.quantity,
            format_value(change.before, change.unit),
            format_value(change.after, change.unit),
            _describe(change),
        )
        for change in (changes.changes if changes else ())
        if change.quantity == LATENCY
    ]
    data = json.dumps({**to_plain(timings), "changes": rows}, sort_keys=True, allow_nan=False)
    script = f"window.tfliteTimings = {data};\n".encode()
    return FileContent(Timings.FILE, timings.render()), FileContent(SCRIPT_FILE, script)


def _describe(change: Change) -> str:
    verdict = "▲ worse" if change.is_worse else "▽ better"
    difference = format_difference(change.before, change.after, change.unit)
    return f"{verdict} {difference}{f', over budget: {change.broken}' if change.broken else ''}"


@rule(desc="Time a report's models")
async def time_report(request: TimeReportRequest) -> TimedReport:
    described = request.collected.models
    models = {each.model.address: each.evaluated for each in described}
    timed = []
    # One after the other: at the same time they would slow each other.
    for each in described:
        timed.append(await time_model(TimeModelRequest(each.evaluated, _baseline_of(each, models))))
    return TimedReport(Timings(tuple(one.times for one in timed)))


def rules():
    return collect_rules()
