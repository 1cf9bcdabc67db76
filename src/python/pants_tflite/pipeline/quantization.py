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
from pants_tflite.sandbox.modes import DEFAULT_MODE, MODE_NAMES, MODES, find_mode, io_type
from pants_tflite.sandbox.tflite.conversion_protocol import QuantizationSettings
from pants_tflite.target_types import (
    EngineField,
    FloatFallbackField,
    InputTypeField,
    MaxFloatOpsField,
    OutputTypeField,
    PerChannelField,
    QuantizationAwareField,
    QuantizationField,
    QuantizationModeField,
    RecipeField,
    TfLiteQuantizationTarget,
)
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference

# A recipe is a list of entries with settings of settings.
_DEEPEST = 16
_INTEGER_MODES = " or ".join(mode.name for mode in MODES if mode.has_integer_activations)


@dataclass(frozen=True)
class Quantization:
    """How a model is quantized. `mode` is None if the recipe says it all."""

    mode: Optional[str]
    input_type: Optional[str] = None
    output_type: Optional[str] = None
    engine: str = EngineField.default
    recipe: Optional[str] = None
    float_fallback: bool = False
    max_float_ops: Optional[int] = None
    per_channel: bool = True
    quantization_aware: bool = False

    @property
    def calibrates(self) -> bool:
        is_calibrated = self.mode is not None and find_mode(self.mode).calibrates
        return is_calibrated and not self.quantization_aware

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

    def type_options(self) -> dict[str, Any]:
        """What the verifying program is told about the types to expect, besides the mode."""
        return {
            "float_fallback": self.float_fallback,
            "max_float_ops": self.max_float_ops,
            "per_channel": self.per_channel,
        }

    def to_settings(self) -> QuantizationSettings:
        """The settings in `model.json`."""
        return QuantizationSettings(
            engine=self.engine,
            mode=self.mode,
            input_type=self.input_type,
            output_type=self.output_type,
            recipe=None if self.recipe is None else json.loads(self.recipe),
            float_fallback=self.float_fallback,
            max_float_ops=self.max_float_ops,
            per_channel=self.per_channel,
            quantization_aware=self.quantization_aware,
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
    try:
        if quantization.mode is not None:
            mode = find_mode(quantization.mode)
            io_type(mode, InputTypeField.alias, quantization.input_type)
            io_type(mode, OutputTypeField.alias, quantization.output_type)
        _check_options(quantization)
    except Mistake as error:
        raise error.at(address) from error


def _check_options(quantization: Quantization) -> None:
    """Raises if an option of the modes is set where it has no meaning."""
    mode = None if quantization.mode is None else find_mode(quantization.mode)
    whose = f"the mode {mode.name}" if mode else "a recipe without a `mode`"
    if quantization.float_fallback and not (mode and mode.has_integer_activations):
        raise Mistake(
            f"with {whose} there is nothing to fall back from",
            field=FloatFallbackField.alias,
            value=True,
            fix=f"Leave `{FloatFallbackField.alias}` out, or choose the mode {_INTEGER_MODES}.",
        )
    if quantization.max_float_ops is not None and not quantization.float_fallback:
        raise Mistake(
            "no op may compute in float32 here, so there is nothing to limit",
            field=MaxFloatOpsField.alias,
            value=quantization.max_float_ops,
            fix=f"Set `{FloatFallbackField.alias}=True` too, or leave the number out.",
        )
    if not quantization.per_channel and (
        quantization.recipe is not None or not (mode and mode.has_int8_weights)
    ):
        raise Mistake(
            (
                "a recipe says itself how fine the scales are"
                if quantization.recipe is not None
                else f"with {whose} weights have no scales"
            ),
            field=PerChannelField.alias,
            value=False,
            fix=f"Leave `{PerChannelField.alias}` out; in a recipe, set the `granularity`.",
        )
    if quantization.quantization_aware and (
        quantization.is_ai_edge or mode is None or not mode.has_int8_activations
    ):
        raise Mistake(
            "fake quantization becomes real in the mode int8, by TensorFlow's converter",
            field=QuantizationAwareField.alias,
            value=True,
            fix='Set `mode="int8"` and leave `engine` out, or leave '
            f"`{QuantizationAwareField.alias}` out.",
        )


@dataclass(frozen=True)
class RecipeRequest:
    """Asks for the JSON text of a `recipe`, checked to be JSON."""

    field: RecipeField


def _is_nested_deeper(value: Any, levels: int) -> bool:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels < 0 or any(_is_nested_deeper(item, levels - 1) for item in items)


def canonical_json(content: bytes) -> str:
    """The same JSON with sorted keys. Raises ValueError for what no request can hold: besides what is no
    JSON, numbers that are not finite, half a character, and what is nested deeper than any recipe.
    """
    try:
        value = json.loads(content)
        if _is_nested_deeper(value, _DEEPEST):
            raise ValueError("it is nested too deep")
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    json.dumps(value, ensure_ascii=False).encode()
    return json.dumps(value, sort_keys=True, allow_nan=False)


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
        return Recipe(canonical_json(contents[0].content))
    except ValueError as error:
        raise Mistake.of(
            request.field,
            message=f"`{request.field.file_path}` is not JSON: {error}",
            fix="Mend the file, or write it anew with the AI Edge Quantizer's recipe manager.",
        ) from error


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
        float_fallback=target[FloatFallbackField].value,
        max_float_ops=target[MaxFloatOpsField].checked,
        per_channel=target[PerChannelField].value,
        quantization_aware=target[QuantizationAwareField].value,
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
