# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the goal `tflite-tune` was asked for: which model, which tests, where its recipe stands."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.target import Target

from pants_tflite.compat import collect_rules, concurrently, implicitly, rule
from pants_tflite.errors import Mistake, TfLiteError
from pants_tflite.evaluation.find_tests import FindModelTestsRequest, find_model_tests
from pants_tflite.evaluation.tuning.conversion import TunedModel
from pants_tflite.evaluation.tuning.tune import TuneModelRequest
from pants_tflite.pipeline.plan import TfLiteModelFieldSet
from pants_tflite.target_types import (
    EngineField,
    InputTypeField,
    OutputTypeField,
    QuantizationField,
    RecipeField,
    TfLiteModelTarget,
)
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference

RECIPE_SUFFIX = ".recipe.json"
_QUANTIZATION = QuantizationField.alias


@dataclass(frozen=True)
class PlanTuningRequest:
    """Asks for the searches that the goal's `targets` stand for: one for the variants of a model that
    differ in their quantization."""

    targets: tuple[Target, ...]


@dataclass(frozen=True)
class TuningPlan:
    requests: tuple[TuneModelRequest, ...]


@dataclass(frozen=True)
class RecipePlaceRequest:
    """Asks where the recipe of a model in some `variants` stands, or is to stand."""

    variants: tuple[Target, ...]


@dataclass(frozen=True)
class RecipePlace:
    """`path` is relative to the repository's root."""

    path: str
    input_type: Optional[str]
    output_type: Optional[str]


def without_quantization(address: Address) -> Address:
    """The address that the variants of one model share, which differ in their quantization."""
    others = {k: v for k, v in address.parameters.items() if k != _QUANTIZATION}
    return Address(
        address.spec_path,
        target_name=address.target_name,
        generated_name=address.generated_name if address.is_generated_target else None,
        parameters=others,
    )


def default_recipe(address: Address) -> str:
    """The path of a recipe that no target names yet: beside the BUILD file."""
    parameters = [f"{key}={value}" for key, value in sorted(address.parameters.items())]
    name = "-".join([address.target_name, *parameters])
    return os.path.join(address.spec_path, f"{name}{RECIPE_SUFFIX}")


@rule
async def find_recipe_place(request: RecipePlaceRequest) -> RecipePlace:
    """The only recipe that a variant names, if there is one; else the one with the default path."""
    fields = [variant[QuantizationField] for variant in request.variants]
    named = [field for field in fields if field.references]
    references = await concurrently(
        resolve_reference(ReferenceRequest(field, field.value)) for field in named
    )
    default = default_recipe(without_quantization(request.variants[0].address))
    recipes = {
        reference.target[RecipeField].file_path or "": reference.target
        for reference in references
        if reference.target[RecipeField].value is not None
        and reference.target[EngineField].value == "ai_edge"
    }
    if len(request.variants) == 1 and recipes:
        default = next(iter(recipes))
    target = recipes.get(default)
    if target is None:
        return RecipePlace(default, None, None)
    return RecipePlace(default, target[InputTypeField].checked, target[OutputTypeField].checked)


@rule
async def plan_tuning(request: PlanTuningRequest) -> TuningPlan:
    groups: dict[Address, list[Target]] = {}
    for target in sorted(request.targets, key=lambda each: each.address):
        if isinstance(target, TfLiteModelTarget):
            groups.setdefault(without_quantization(target.address), []).append(target)
    if not groups:
        raise TfLiteError(
            "None of the targets is a `tflite_model`, which is what can be quantized in another way.\n\n"
            "Fix: Name one, as in `pants tflite-tune models/digits:tflite`."
        )
    variants = [tuple(group) for group in groups.values()]
    places = await concurrently(find_recipe_place(RecipePlaceRequest(group)) for group in variants)
    tests = await concurrently(
        find_model_tests(FindModelTestsRequest(tuple(v.address for v in group)), **implicitly())
        for group in variants
    )
    for address, found in zip(groups, tests):
        if not found.tests:
            raise Mistake(
                message="there is no `tflite_test` on it, whose budgets the smallest model must meet",
                fix=(
                    'Declare one, such as `tflite_test(model=…, dataset=":validation", '
                    'metric="accuracy", min_score=0.95)`.'
                ),
            ).at(address)
    return TuningPlan(
        tuple(
            TuneModelRequest(
                TunedModel.create(
                    TfLiteModelFieldSet.create(group[0]), place.input_type, place.output_type
                ),
                found.tests,
                place.path,
            )
            for group, place, found in zip(variants, places, tests)
        )
    )


def rules():
    return collect_rules()
