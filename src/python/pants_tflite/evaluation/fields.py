# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The fields of a `tflite_test`, as rules take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Type

from pants.engine.target import Dependencies, Field, FieldSet

from pants_tflite.evaluation.target_types import (
    TestBaselineField,
    TestDatasetField,
    TestedModelField,
    TestMaxArenaField,
    TestMaxDifferingDecisionsField,
    TestMaxLatencyRatioField,
    TestMaxScoreDropField,
    TestMaxScoreField,
    TestMaxSizeField,
    TestMetricField,
    TestMinScoreField,
    TestModelTimeoutField,
    TestOutputField,
    TestRuntimesField,
    TestSignatureField,
    TestTopKField,
    TestUntrainedField,
)
from pants_tflite.fields import NumberField
from pants_tflite.target_types import TensorFlowResolveField


@dataclass(frozen=True)
class ModelTestFields(FieldSet):
    """All fields of a `tflite_test`."""

    # Annotated, so that the goal's field set may have the same.
    required_fields: ClassVar[tuple[Type[Field], ...]] = (TestedModelField, TestRuntimesField)

    model: TestedModelField
    dataset: TestDatasetField
    metric: TestMetricField
    top_k: TestTopKField
    output: TestOutputField
    signature: TestSignatureField
    min_score: TestMinScoreField
    max_score: TestMaxScoreField
    baseline: TestBaselineField
    max_score_drop: TestMaxScoreDropField
    max_size: TestMaxSizeField
    max_arena: TestMaxArenaField
    max_latency_ratio: TestMaxLatencyRatioField
    runtimes: TestRuntimesField
    max_differing_decisions: TestMaxDifferingDecisionsField
    untrained: TestUntrainedField
    resolve: TensorFlowResolveField
    timeout: TestModelTimeoutField
    dependencies: Dependencies

    @property
    def score_budgets(self) -> tuple[NumberField, ...]:
        """The fields that limit the score, of those that are given."""
        fields = (self.min_score, self.max_score, self.max_score_drop)
        return tuple(field for field in fields if field.value is not None)
