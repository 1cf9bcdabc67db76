# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants tflite-tune`: the smallest form of a model that meets the budgets of the tests on it."""

from __future__ import annotations

import os

from pants.core.util_rules.distdir import DistDir
from pants.engine.addresses import Address
from pants.engine.console import Console
from pants.engine.environment import EnvironmentName
from pants.engine.fs import CreateDigest, FileContent, MergeDigests, Workspace
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.target import FilteredTargets
from pants.util.strutil import softwrap

from pants_tflite.compat import (
    EnvironmentNameRequest,
    collect_rules,
    concurrently,
    create_digest,
    goal_rule,
    implicitly,
    merge_digests,
    resolve_environment_name,
)
from pants_tflite.evaluation.tuning.plan import PlanTuningRequest, plan_tuning
from pants_tflite.evaluation.tuning.tune import FoundRecipe, TuneModelRequest, tune_model

_FOLDER = "tflite-tune"


class TfLiteTuneSubsystem(GoalSubsystem):
    name = "tflite-tune"
    help = softwrap(
        """
        Searches for the smallest form of a `tflite_model` that meets the budgets of the `tflite_test`s on
        it, and writes a recipe for `tflite_quantization(engine="ai_edge", recipe=…)`, with a table of
        everything that it tried.

        The recipe is the one that the variant's `tflite_quantization` names, or `<model>.recipe.json`
        beside the BUILD file; times are in `dist/tflite-tune/`. A test counts if it is on one of the
        variants that the command line names.
        """
    )


class TfLiteTune(Goal):
    subsystem_cls = TfLiteTuneSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


def describe(request: TuneModelRequest, found: FoundRecipe) -> str:
    """What the search ended in, for the terminal."""
    best = found.best
    figures = ", ".join(f"{name} {value:.6g}" for name, value in sorted(best.figures.items()))
    return (
        f"{request.tuned.field_set.address}: {best.size or 0:,} bytes ({best.candidate.describe()})"
        f"{f', {figures}' if figures else ''}; {len(found.tried)} tried.\n"
        f"  Wrote {request.recipe}\n  Wrote {request.table}"
    )


def times_path(dist: DistDir, address: Address) -> str:
    return os.path.join(str(dist.relpath), _FOLDER, f"{address.path_safe_spec}.times.md")


@goal_rule
async def tune(
    console: Console,
    workspace: Workspace,
    dist: DistDir,
    targets: FilteredTargets,
    options: TfLiteTuneSubsystem,
) -> TfLiteTune:
    plan = await plan_tuning(PlanTuningRequest(tuple(targets)), **implicitly())
    environments = await concurrently(
        resolve_environment_name(
            EnvironmentNameRequest.from_field_set(request.tuned.field_set), **implicitly()
        )
        for request in plan.requests
    )
    found = await concurrently(
        tune_model(request, **implicitly({environment: EnvironmentName}))
        for request, environment in zip(plan.requests, environments)
    )
    # Nothing is written before all searches have ended.
    times = await create_digest(
        CreateDigest(
            FileContent(times_path(dist, request.tuned.field_set.address), each.times.encode())
            for request, each in zip(plan.requests, found)
        )
    )
    files = await merge_digests(MergeDigests((times, *(each.files for each in found))))
    workspace.write_digest(files)
    for request, each in zip(plan.requests, found):
        console.print_stdout(describe(request, each))
    return TfLiteTune(exit_code=0)


def rules():
    return collect_rules()
