# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A `tflite_test`, resolved and checked before any model is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from pants.engine.target import Target
from pants.engine.unions import UnionMembership

from pants_tflite.compat import collect_rules, concurrently, get_digest_contents, implicitly, rule
from pants_tflite.errors import Mistake
from pants_tflite.evaluation.budgets import Budgets
from pants_tflite.evaluation.fields import ModelTestFields
from pants_tflite.evaluation.runtimes import ArenaMeasurer, RuntimeEvaluator
from pants_tflite.evaluation.score import UserMetric
from pants_tflite.pipeline.dataset import (
    DatasetReferenceRequest,
    SampledDataset,
    sample_referenced_dataset,
)
from pants_tflite.pipeline.micro_only import is_micro_only
from pants_tflite.sandbox.samples.sample_dataset_protocol import DatasetReport
from pants_tflite.target_types import MICRO, InputsField, TfLiteFileTarget
from pants_tflite.util_rules.entry_point_calls import PrepareCallRequest, prepare_call
from pants_tflite.util_rules.python_environments import (
    ResolveEnvironmentRequest,
    find_environment_of_resolve,
)
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference
from pants_tflite.util_rules.sandbox_programs import find_report

_MICRO_BACKEND = "pants_tflite.micro"


@dataclass(frozen=True)
class PlanModelTestRequest:
    fields: ModelTestFields

    def debug_hint(self) -> str:
        return str(self.fields.address)


@dataclass(frozen=True)
class ModelTestPlan:
    """A test's targets and budgets. `metric` is a function of the user's, if there is one."""

    budgets: Budgets
    model: Target
    baseline: Optional[Target]
    dataset: Optional[SampledDataset]
    metric: Optional[UserMetric]

    @property
    def compares_scores(self) -> bool:
        """Whether what the baseline says of samples matters, and not only its latency."""
        metric = self.budgets.metric
        return self.budgets.max_score_drop is not None or (
            metric is not None and not metric.has_labels
        )

    @property
    def has_score(self) -> bool:
        return self.budgets.metric is not None or self.metric is not None


@dataclass(frozen=True)
class UserMetricRequest:
    """Asks for the function that a test's `metric` names."""

    fields: ModelTestFields


@dataclass(frozen=True)
class TestedDatasetRequest:
    """Asks for a test's samples, with labels if it needs any."""

    fields: ModelTestFields
    needs_labels: bool


def check_backends(fields: ModelTestFields, membership: UnionMembership) -> None:
    """Raises if a field needs a backend that is not there."""
    evaluators = {evaluator.runtime for evaluator in membership.get(RuntimeEvaluator)}
    lacking: list[tuple[Any, str]] = []
    if MICRO in (fields.runtimes.value or ()) and MICRO not in evaluators:
        lacking.append((fields.runtimes, MICRO))
    if fields.max_arena.value is not None and not membership.get(ArenaMeasurer):
        lacking.append((fields.max_arena, fields.max_arena.value))
    for field, value in lacking:
        raise Mistake.of(
            field,
            message=(
                f"TensorFlow Lite Micro comes with the backend `{_MICRO_BACKEND}`, which is not there"
            ),
            fix=f"Add `{_MICRO_BACKEND}` to `[GLOBAL].backend_packages`.",
            value=value,
        )


def check_models(fields: ModelTestFields, model: Target, baseline: Optional[Target]) -> None:
    """Raises for what is wrong with the two, whatever is in them."""
    own = [name for name in fields.runtimes.checked if name != MICRO]
    if is_micro_only(model) and (own or fields.max_latency_ratio.value is not None):
        raise Mistake.of(
            fields.runtimes if own else fields.max_latency_ratio,
            message=f"LiteRT refuses the model {model.address}, as its `runtime` says",
            fix=(
                f'Give `runtimes=["{MICRO}"]`, which runs it, and no `max_latency_ratio`: latency is '
                "that of LiteRT."
            ),
            value=own[0] if own else None,
        )
    if fields.untrained.value and isinstance(model, TfLiteFileTarget):
        raise Mistake.of(
            fields.untrained,
            message=f"{model.address} is a file, which was trained elsewhere",
            fix="Leave `untrained` out, or test a `tflite_model`.",
            value="True",
        )
    if baseline is None:
        return
    if baseline.address == model.address:
        raise Mistake.of(
            fields.baseline,
            message="the baseline is the model itself, which is never worse than itself",
            fix='Name another model, such as `baseline=":tflite@quantization=float32"`.',
        )
    if is_micro_only(baseline):
        raise Mistake.of(
            fields.baseline,
            message=f"a baseline runs with LiteRT, which refuses {baseline.address}",
            fix="Name a model that LiteRT runs.",
        )


@rule
async def find_user_metric(request: UserMetricRequest) -> UserMetric:
    fields = request.fields
    call_request = PrepareCallRequest(
        address=fields.address,
        entry_point=fields.metric,
        inputs=InputsField(None, fields.address),
        dependencies=fields.dependencies,
        resolve=fields.resolve,
    )
    prepared, environment = await concurrently(
        prepare_call(call_request, **implicitly()),
        find_environment_of_resolve(ResolveEnvironmentRequest(fields.resolve), **implicitly()),
    )
    return UserMetric(
        function=prepared.call.entry_point,
        digest=prepared.digest,
        source_roots=prepared.source_roots,
        environment=environment,
    )


@rule
async def sample_tested_dataset(request: TestedDatasetRequest) -> SampledDataset:
    field = request.fields.dataset
    dataset = await sample_referenced_dataset(DatasetReferenceRequest(field))
    report = find_report(await get_digest_contents(dataset.digest), DatasetReport)
    if request.needs_labels and report.labels is None:
        raise Mistake.of(
            field,
            message="the dataset has no labels, which the metric compares the model's output with",
            fix="Let its function yield `(sample, label)` pairs.",
        )
    return dataset


@rule(desc="Plan a test of a model")
async def plan_model_test(
    request: PlanModelTestRequest, membership: UnionMembership
) -> ModelTestPlan:
    fields = request.fields
    budgets = Budgets.create(fields)
    check_backends(fields, membership)
    named = [field for field in (fields.model, fields.baseline) if field.value is not None]
    references = await concurrently(
        resolve_reference(ReferenceRequest(field, field.value or "")) for field in named
    )
    model, *baselines = (reference.target for reference in references)
    baseline = baselines[0] if baselines else None
    check_models(fields, model, baseline)
    metric = None
    if fields.metric.names_function:
        metric = await find_user_metric(UserMetricRequest(fields))
    dataset = None
    if fields.dataset.value is not None:
        needs_labels = metric is not None or (
            budgets.metric is not None and budgets.metric.has_labels
        )
        dataset = await sample_tested_dataset(TestedDatasetRequest(fields, needs_labels))
    return ModelTestPlan(
        budgets=budgets, model=model, baseline=baseline, dataset=dataset, metric=metric
    )


def rules():
    return collect_rules()
