# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The search for a model's recipe, and the files that it ends in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.fs import CreateDigest, Digest, FileContent

from pants_tflite.compat import collect_rules, concurrently, create_digest, implicitly, rule
from pants_tflite.errors import Mistake
from pants_tflite.evaluation.budgets import ModelTestFields
from pants_tflite.evaluation.models import EvaluatedTarget
from pants_tflite.evaluation.timing import TimeTargetsRequest, time_targets
from pants_tflite.evaluation.tuning.candidates import Candidate, Outcome
from pants_tflite.evaluation.tuning.conversion import TunedModel
from pants_tflite.evaluation.tuning.search import NothingMeets, Search
from pants_tflite.evaluation.tuning.table import render_table, render_times
from pants_tflite.evaluation.tuning.trial import TryCandidateRequest, try_candidate
from pants_tflite.pipeline.dataset import DatasetReferenceRequest, sample_referenced_dataset

# So many of the smallest models that meet the budgets are timed.
_TIMED = 4


@dataclass(frozen=True)
class TuneModelRequest:
    """Asks for the smallest form of a model that meets the budgets of its `tests`.

    The recipe is to be written to the path `recipe`, and the table of what was tried next to it."""

    tuned: TunedModel
    tests: tuple[ModelTestFields, ...]
    recipe: str

    def debug_hint(self) -> str:
        return str(self.tuned.field_set.address)

    @property
    def table(self) -> str:
        return f"{self.recipe[: -len('.json')]}.md"


@dataclass(frozen=True)
class FoundRecipe:
    """`files` holds the recipe and the table, and `times` the page about times. `best` was chosen of the
    `tried` candidates."""

    best: Outcome
    tried: tuple[Outcome, ...]
    files: Digest
    times: str


@dataclass(frozen=True)
class TimeOutcomesRequest:
    """Asks how long a call of candidates takes."""

    tuned: TunedModel
    outcomes: tuple[Outcome, ...]
    models: tuple[EvaluatedTarget, ...]


@dataclass(frozen=True)
class TimedOutcomes:
    page: str


@rule
async def time_outcomes(request: TimeOutcomesRequest) -> TimedOutcomes:
    address = request.tuned.field_set.address
    timed = await time_targets(TimeTargetsRequest(address=address, models=request.models))
    times = [seconds * 1000 for seconds in timed.report.median_seconds]
    return TimedOutcomes(render_times(str(address), list(zip(request.outcomes, times))))


def nothing_meets(outcome: Outcome) -> Mistake:
    """What is wrong if no form of a model meets the budgets."""
    why = outcome.refusal or "; ".join(outcome.failures)
    if outcome.is_accurate:
        return Mistake(
            message=(
                "no form of the model meets the budgets of the tests on it; the smallest one with a score "
                f"that is good enough is {outcome.candidate.describe()}, with {outcome.size or 0:,} bytes: "
                f"{why}"
            ),
            fix="Make the model smaller, or allow more.",
            field="quantization",
        )
    return Mistake(
        message=f"not even the float model meets the budgets of the tests on it: {why}",
        fix="Train a better model, or set budgets that it meets in float32.",
        field="quantization",
    )


@rule(desc="Search for a model's recipe")
async def tune_model(request: TuneModelRequest) -> FoundRecipe:
    tuned, address = request.tuned, request.tuned.field_set.address
    samples: Optional[int] = None
    if tuned.field_set.calibration.value is not None:
        calibration = await sample_referenced_dataset(
            DatasetReferenceRequest(tuned.field_set.calibration)
        )
        samples = calibration.count
    search = Search(samples)
    models: dict[Candidate, Optional[EvaluatedTarget]] = {}
    asking = search.run()
    try:
        candidates = next(asking)
        while True:
            tried = await concurrently(
                try_candidate(
                    TryCandidateRequest(tuned, candidate, request.tests),
                    **implicitly(),
                )
                for candidate in candidates
            )
            models.update({each.outcome.candidate: each.model for each in tried})
            candidates = asking.send([each.outcome for each in tried])
    except StopIteration as done:
        best: Outcome = done.value
    except NothingMeets as error:
        raise nothing_meets(error.outcome).at(address) from error
    meeting = sorted(
        (outcome for outcome in search.tried if outcome.meets),
        key=lambda outcome: (outcome.size or 0, outcome.candidate.describe()),
    )[:_TIMED]
    timed = await time_outcomes(
        TimeOutcomesRequest(
            tuned,
            tuple(meeting),
            tuple(model for o in meeting if (model := models[o.candidate]) is not None),
        )
    )
    recipe = best.candidate.render(float_io=tuned.has_float_io)
    table = render_table(str(address), search.tried, best, samples=samples)
    files = await create_digest(
        CreateDigest(
            (
                FileContent(request.recipe, recipe.encode()),
                FileContent(request.table, table.encode()),
            )
        )
    )
    return FoundRecipe(best, tuple(search.tried), files, timed.page)


def rules():
    return collect_rules()
