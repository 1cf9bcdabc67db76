# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants tflite-report`: a page on models, and what changed since another commit."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from pants.base.build_environment import get_buildroot
from pants.core.util_rules.distdir import DistDir
from pants.engine.console import Console
from pants.engine.fs import AddPrefix, CreateDigest, FileContent, MergeDigests, Workspace
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.target import FilteredTargets
from pants.option.option_types import BoolOption, FloatOption, IntOption, StrListOption, StrOption
from pants.util.strutil import softwrap

from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    create_digest,
    goal_rule,
    implicitly,
    merge_digests,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.pipeline.build import TfLiteFileFieldSet
from pants_tflite.pipeline.plan import TfLiteModelFieldSet
from pants_tflite.reporting.budgets import parse_budgets
from pants_tflite.reporting.report import (
    CollectReportRequest,
    RenderPageRequest,
    collect_report,
    render_page,
)
from pants_tflite.reporting.timings import TimeReportRequest, time_report, timing_files
from pants_tflite.sandbox.protocol import ProtocolError
from pants_tflite.sandbox.reporting.changes import compare, render_markdown
from pants_tflite.sandbox.reporting.changes_protocol import Changes
from pants_tflite.sandbox.reporting.render_report_protocol import PAGE_FILE
from pants_tflite.sandbox.reporting.report_protocol import Report
from pants_tflite.sandbox.reporting.timings_protocol import Timings

_FOLDER = "tflite-report"
MARKDOWN_FILE = "changes.md"
_FIELD_SETS = (TfLiteModelFieldSet, TfLiteFileFieldSet)


class TfLiteReportSubsystem(GoalSubsystem):
    name = "tflite-report"
    help = softwrap(
        f"""
        Writes a page about models to `dist/{_FOLDER}/{PAGE_FILE}`: sizes, scores, where bytes and errors
        are, and pictures of predictions.
        """
    )

    against = StrOption(
        default=None,
        help=softwrap(
            """
            The path of another commit's `report.json`. The page then says what grew, slowed or lost
            score, and so does `changes.md`, for a pull request.

            Defaults to none.

            Example: `against = "main/report.json"`, or `--against=main/report.json` after the goal.
            """
        ),
    )
    max_growth = StrOption(
        default=None,
        help=softwrap(
            """
            How much larger a model may be than in the report `against`: a share or a size. If one
            is larger, the goal fails.

            Defaults to any.

            Example: `max_growth = "5%"` or `max_growth = "10KB"`.
            """
        ),
    )
    max_score_drop = FloatOption(
        default=None,
        help=softwrap(
            """
            How much of its score a model may have lost since the report `against`. If one lost more,
            the goal fails.

            Defaults to any.

            Example: `max_score_drop = 0.01`.
            """
        ),
    )
    max_slowdown = StrOption(
        default=None,
        help=softwrap(
            """
            How much slower a model may be, as a share of its latency relative to the float model's in
            the report `against`, whose `timings.json` must stand beside it. If one is slower, the
            goal fails.

            Defaults to any.

            Example: `max_slowdown = "20%"`.
            """
        ),
    )
    runtimes = StrListOption(
        help=softwrap(
            """
            Runtimes to ask about each model: the page says which take it, and which ops the others
            refuse. They are `litert`, those of `[tflite-runtimes]`, `gpu`, which is LiteRT's GPU accelerator on
            a Vulkan driver of this machine, and those of other backends, such as `micro` and `ethos-u55-128`.

            Defaults to none; those of `[tflite-op-coverage]` are the linter's alone.

            Example: `runtimes = ["micro", "gpu"]`.
            """
        ),
    )
    times = BoolOption(
        default=True,
        help=softwrap(
            """
            Whether to measure how long models and their ops take, in each run and one model after
            the other.

            Defaults to true.

            Example: `times = false`.
            """
        ),
    )
    untrained = BoolOption(
        default=False,
        help=softwrap(
            """
            Whether to report on models before their training, of SavedModels that say how in
            `untrained`: sizes, ops and times, without scores.

            Defaults to false.

            Example: `untrained = true`.
            """
        ),
    )
    shown_samples = IntOption(
        default=24,
        help=softwrap(
            """
            How many samples of each model the page shows.

            Defaults to 24.

            Example: `shown_samples = 100`.
            """
        ),
    )


class TfLiteReport(Goal):
    subsystem_cls = TfLiteReportSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@dataclass(frozen=True)
class ReadReport:
    """Another commit's report; `timings` is None if its times are not beside it."""

    report: Report
    timings: Optional[Timings]


def read_report(path: str) -> ReadReport:
    """The report `against`. Raises if it is not there, or of another version."""
    file = Path(get_buildroot(), path)
    timings = file.with_name(Timings.FILE)
    try:
        return ReadReport(
            Report.parse(file.read_bytes()),
            Timings.parse(timings.read_bytes()) if timings.is_file() else None,
        )
    except (OSError, ProtocolError) as error:
        raise TfLiteError(
            f"[tflite-report].against = {path!r}: that is not a report of this version of "
            f"pants-tflite: {error}.\n\nFix: Give the path of a `{Report.FILE}` that `tflite-report` "
            "wrote at the other commit."
        ) from error


def change_files(changes: Changes) -> tuple[FileContent, ...]:
    """The changes for people and for machines."""
    return (
        FileContent(MARKDOWN_FILE, render_markdown(changes)),
        FileContent(Changes.FILE, changes.render()),
    )


@goal_rule
async def write_report(
    console: Console,
    workspace: Workspace,
    dist: DistDir,
    targets: FilteredTargets,
    options: TfLiteReportSubsystem,
) -> TfLiteReport:
    budgets = parse_budgets(
        growth=options.max_growth,
        score_drop=options.max_score_drop,
        slowdown=options.max_slowdown,
    )
    against = read_report(options.against) if options.against else None
    models = tuple(
        target for target in targets if any(fields.is_applicable(target) for fields in _FIELD_SETS)
    )
    if not models:
        console.print_stderr("No `tflite_model` or `tflite_file` is among the targets.")
        return TfLiteReport(exit_code=0)
    collected = await collect_report(
        CollectReportRequest(
            targets=models,
            shown=options.shown_samples,
            untrained=options.untrained,
            runtimes=tuple(options.runtimes),
        ),
        **implicitly(),
    )
    report = collected.report
    on_page = compare(report, against.report, budgets) if against else None
    page = await render_page(RenderPageRequest(collected, on_page), **implicitly())
    timings = None
    if options.times:
        timed = await time_report(TimeReportRequest(collected), **implicitly())
        timings = timed.timings
    changes = None
    if against is not None:
        changes = compare(
            report, against.report, budgets, timings=timings, timings_against=against.timings
        )
    files = (
        *(timing_files(timings, changes) if timings else ()),
        *(change_files(changes) if changes else ()),
    )
    own_files = await create_digest(CreateDigest(files))
    digest = await merge_digests(MergeDigests((page.digest, own_files)))
    folder = os.path.join(dist.relpath, _FOLDER)
    workspace.write_digest(await add_prefix(AddPrefix(digest, folder)), clear_paths=(folder,))
    console.print_stdout(f"Wrote {os.path.join(folder, PAGE_FILE)}")
    for text in changes.broken if changes else ():
        console.print_stderr(f"{console.sigil_failed()} {text}")
    return TfLiteReport(exit_code=1 if changes and changes.broken else 0)


def rules():
    return collect_rules()
