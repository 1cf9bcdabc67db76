# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The TFLite Micro tree that a library names is a dependency of it; its models are ones already."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.target import FieldSet, InferDependenciesRequest, InferredDependencies
from pants.engine.unions import UnionRule

from pants_tflite.compat import collect_rules, rule
from pants_tflite.micro.target_types import MicroTflmField
from pants_tflite.util_rules.dependency_inference import ReferencesRequest, find_references


@dataclass(frozen=True)
class MicroTflmInferenceFieldSet(FieldSet):
    required_fields = (MicroTflmField,)

    tflm: MicroTflmField


class InferMicroTflmDependencies(InferDependenciesRequest):
    infer_from = MicroTflmInferenceFieldSet


@rule(desc="Inferring dependencies from the field `tflm`")
async def infer_micro_tflm_dependencies(
    request: InferMicroTflmDependencies,
) -> InferredDependencies:
    field = request.field_set.tflm
    return await find_references(
        ReferencesRequest(request.field_set.address, ((field.alias, field.value),))
    )


def rules():
    return (*collect_rules(), UnionRule(InferDependenciesRequest, InferMicroTflmDependencies))
