# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The `quantization` field: a mode's bare name, or a `tflite_quantization`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Optional

from pants.engine.addresses import Address
from pants.engine.target import HydrateSourcesRequest, Target

from pants_tflite.compat import (
    collect_rules,
    get_digest_contents,
    hydrate_sources,
    implicitly,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.sandbox.modes import DEFAULT_MODE, MODE_NAMES, find_mode, io_type
from pants_tflite.sandbox.tflite.conversion_protocol import QuantizationSettings
from pants_tflite.target_types import (
    EngineField,
    InputTypeField,
    OutputTypeField,
    QuantizationField,
    QuantizationModeField,
    RecipeField,
    TfLiteQuantizationTarget,
)
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference


@dataclass(frozen=True)
class Quantization:
    """How a model is quantized. `mode` is None if the recipe says it all."""

    mode: Optional[str]
    input_type: Optional[str] = None
    output_type: Optional[str] = None
    engine: str = EngineField.default
    recipe: Optional[str] = None

    @property
    def calibrates(self) -> bool:
        return self.mode is not None and find_mode(self.mode).calibrates

    @property
    def may_calibrate(self) -> bool:
        """Whether samples, if there are some, can change the result."""
        return self.calibrates or self.recipe is not None

    @property
    def has_int8_activations(self) -> bool:
        return self.mode is not None and find_mode(self.mode).has_int8_activations

    @property
    def is_ai_edge(self) -> bool:
        return self.engine == "ai_edge"

    @property
    def recipe_entries(self) -> Any:
        """The recipe as JSON, or None without one."""
        return None if self.recipe is None else json.loads(self.recipe)

    def to_settings(self) -> QuantizationSettings:
        """The settings in `model.json`."""
        return QuantizationSettings(
            engine=self.engine,
            mode=self.mode,
            input_type=self.input_type,
            output_type=self.output_type,
            recipe=None if self.recipe is None else json.loads(self.recipe),
        )


@dataclass(frozen=True)
class ResolveQuantizationRequest:
    """Asks for the meaning of a `quantization` field's value."""

    field: QuantizationField


@dataclass(frozen=True)
class Recipe:
    text: str


def check_quantization(quantization: Quantization, address: Address) -> None:
    """Raises if the fields of one `tflite_quantization` contradict each other."""
    if quantization.recipe is not None and not quantization.is_ai_edge:
        raise Mistake(
            message="a recipe is only for the AI Edge Quantizer",
            fix='Set `engine="ai_edge"`, or leave `recipe` out.',
            field=RecipeField.alias,
        ).at(address)
    if quantization.mode is None:
        return
    try:
        mode = find_mode(quantization.mode)
        io_type(mode, InputTypeField.alias, quantization.input_type)
        io_type(mode, OutputTypeField.alias, quantization.output_type)
    except Mistake as error:
        raise error.at(address) from error


@dataclass(frozen=True)
class RecipeRequest:
    """Asks for the JSON text of a `recipe`, checked to be JSON."""

    field: RecipeField


@rule
async def read_recipe(request: RecipeRequest) -> Recipe:
    sources = await hydrate_sources(HydrateSourcesRequest(request.field), **implicitly())
    contents = await get_digest_contents(sources.snapshot.digest)
    if not contents:
        raise Mistake.of(
            request.field,
            message=f"there is no file `{request.field.file_path}`",
            fix="Name a JSON file relative to the BUILD file.",
        )
    try:
        recipe = json.loads(contents[0].content)
    except ValueError as error:
        raise Mistake.of(
            request.field,
            message=f"`{request.field.file_path}` is not JSON: {error}",
            fix="Mend the file, or write it anew with the AI Edge Quantizer's recipe manager.",
        ) from error
    return Recipe(json.dumps(recipe, sort_keys=True))


@dataclass(frozen=True)
class QuantizationTargetRequest:
    target: Target


@rule
async def read_quantization_target(request: QuantizationTargetRequest) -> Quantization:
    target = request.target
    recipe = None
    if target[RecipeField].value is not None:
        recipe = (await read_recipe(RecipeRequest(target[RecipeField]))).text
    quantization = Quantization(
        mode=target[QuantizationModeField].checked or (None if recipe else DEFAULT_MODE),
        input_type=target[InputTypeField].checked,
        output_type=target[OutputTypeField].checked,
        engine=target[EngineField].checked,
        recipe=recipe,
    )
    check_quantization(quantization, target.address)
    return quantization


@rule
async def resolve_quantization(request: ResolveQuantizationRequest) -> Quantization:
    field = request.field
    if field.value in MODE_NAMES:
        return Quantization(field.value)
    if not field.references:
        raise Mistake.of(
            field,
            message="there is no such quantization mode",
            fix=(
                f"Use one of {', '.join(MODE_NAMES)}, or the address of a "
                f"`{TfLiteQuantizationTarget.alias}`."
            ),
        )
    reference = await resolve_reference(ReferenceRequest(field, field.value))
    return await read_quantization_target(QuantizationTargetRequest(reference.target))


def rules():
    return collect_rules()
