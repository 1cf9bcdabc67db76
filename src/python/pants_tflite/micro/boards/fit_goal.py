# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants tflite-fit`: which micro libraries fit which boards."""

from __future__ import annotations

from pants.engine.console import Console
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.target import AllTargets, FilteredTargets
from pants.util.strutil import softwrap

from pants_tflite.compat import collect_rules, concurrently, goal_rule
from pants_tflite.micro.boards.fit import has_failed, render_json, render_table
from pants_tflite.micro.boards.fitting import FitBoardsRequest, fit_boards
from pants_tflite.micro.boards.target_types import BoardFlashField
from pants_tflite.micro.field_sets import MicroLibraryFieldSet
from pants_tflite.subsystems.output_formats import JSON, check_format, format_option


class TfLiteFitSubsystem(GoalSubsystem):
    name = "tflite-fit"
    help = softwrap(
        """
        Shows which micro libraries among the targets fit which boards: flash and RAM of the code,
        compiled for the board's processor, or of models and arenas where a library names no TFLite
        Micro tree. The boards are those among the targets, or if there are none all of the
        repository, and those that a library names. The exit code is 1 if one of the latter is too
        small.
        """
    )

    format = format_option()


class TfLiteFit(Goal):
    subsystem_cls = TfLiteFitSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def tflite_fit(
    console: Console,
    targets: FilteredTargets,
    all_targets: AllTargets,
    options: TfLiteFitSubsystem,
) -> TfLiteFit:
    check_format(options.name, options.format)
    boards = [target for target in targets if target.has_field(BoardFlashField)]
    others = boards or [target for target in all_targets if target.has_field(BoardFlashField)]
    libraries = sorted(
        (target for target in targets if MicroLibraryFieldSet.is_applicable(target)),
        key=lambda target: target.address,
    )
    found = await concurrently(
        fit_boards(FitBoardsRequest(MicroLibraryFieldSet.create(library), tuple(others)))
        for library in libraries
    )
    fits = [fit for fitted in found for fit in fitted.fits]
    if options.format == JSON:
        console.print_stdout(render_json(fits))
    elif fits:
        console.print_stdout(render_table(fits))
    else:
        lacking = (
            "board is in the repository" if libraries else "micro library is among the targets"
        )
        console.print_stderr(f"No {lacking}.")
    return TfLiteFit(exit_code=1 if has_failed(fits) else 0)


def rules():
    return collect_rules()
