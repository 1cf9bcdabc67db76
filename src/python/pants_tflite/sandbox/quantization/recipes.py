# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Recipes of ai-edge-quantizer: those of the modes, and checking those that users write.

A recipe is a list of entries; each says, for the ops whose output's name matches `regex` and whose
kind is `operation`, how `algorithm_key` quantizes them. A later entry overrides an earlier one. The
library silently accepts much, such as a misspelled key, so everything is checked here first.
"""

from __future__ import annotations

import dataclasses
import re
from enum import Enum
from typing import Any, Iterable, Mapping

from ai_edge_quantizer import qtyping, recipe
from ai_edge_quantizer.algorithm_manager import AlgorithmName
from ai_edge_quantizer.recipe_manager import RecipeManager

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import Mode, mode_of_io_type
from pants_tflite.sandbox.quantization.tuned_recipes import (
    CALIBRATION_SAMPLES,
    ENTRIES,
    FLOAT16,
    mode_entry,
)

Recipe = list[dict[str, Any]]

_ENTRY_KEYS = ("algorithm_key", "op_config", "operation", "regex")
_OP_KEYS = tuple(sorted(field.name for field in dataclasses.fields(qtyping.OpQuantizationConfig)))
_TENSOR_KEYS = tuple(
    sorted({"block_size", *(f.name for f in dataclasses.fields(qtyping.TensorQuantizationConfig))})
)
_NO_QUANTIZE = AlgorithmName.NO_QUANTIZE.value


@dataclasses.dataclass(frozen=True)
class RecipeFile:
    """What a recipe file says; None stands for all calibration samples."""

    entries: Recipe
    calibration_samples: int | None = None


def read_recipe(content: Any) -> RecipeFile:
    """Reads a list of entries, or an object with them.

    Raises Mistake, blaming `recipe`, where it is neither.
    """
    if not isinstance(content, Mapping):
        return RecipeFile(content)
    _check_keys(
        what="the recipe",
        value=content,
        keys=(CALIBRATION_SAMPLES, ENTRIES),
        required=(ENTRIES,),
    )
    samples = content.get(CALIBRATION_SAMPLES)
    if samples is not None and (type(samples) is not int or samples < 1):
        raise _error(
            f"`{CALIBRATION_SAMPLES}` in the recipe is not a number of samples",
            samples,
            "Give a number from 1, or leave it out for all of them.",
        )
    return RecipeFile(content[ENTRIES], samples)


def mode_recipe(mode: Mode, *, per_channel: bool = True) -> Recipe:
    """The recipe of a mode, but for its inputs and outputs; empty if it quantizes nothing."""
    if mode.ai_edge_recipe is not None:
        entries = list(getattr(recipe, mode.ai_edge_recipe)())
        return entries if per_channel else [_per_tensor(entry) for entry in entries]
    return [mode_entry(FLOAT16, per_channel=per_channel)] if mode.has_float16_weights else []


def _per_tensor(entry: dict[str, Any]) -> dict[str, Any]:
    config = entry["op_config"]
    weights = {**config["weight_tensor_config"], "granularity": "TENSORWISE"}
    return {**entry, "op_config": {**config, "weight_tensor_config": weights}}


def io_entries(input_type: str | None, output_type: str | None) -> Recipe:
    """What to append to a recipe so that a model's inputs and outputs have these dtypes.

    None leaves them to the recipe.
    """
    types = (("INPUT", input_type), ("OUTPUT", output_type))
    return [_io_entry(operation, dtype) for operation, dtype in types if dtype is not None]


def _io_entry(operation: str, dtype: str) -> dict[str, Any]:
    mode = mode_of_io_type(dtype)
    if not mode.quantizes:
        return {"regex": ".*", "operation": operation, "algorithm_key": _NO_QUANTIZE}
    base = mode_recipe(mode)
    config = dict(base[0]["op_config"])
    if dtype == "uint8":
        config["activation_tensor_config"] = {**config["activation_tensor_config"], "dtype": "UINT"}
    return {**base[0], "operation": operation, "op_config": config}


def load_recipe(entries: Any) -> RecipeManager:
    """The library's view of a recipe from a BUILD file.

    Raises Mistake, blaming `recipe`, where it is no list of entries, or the library refuses it.
    """
    if not isinstance(entries, list) or not entries:
        raise _error("the recipe is not a list of entries", entries, "Give a list of dicts.")
    for index, entry in enumerate(entries):
        _check_entry(f"entry {index} of the recipe", entry)
    manager = RecipeManager()
    try:
        manager.load_quantization_recipe(entries)
    except Exception as error:
        raise _error(
            f"ai-edge-quantizer does not support the recipe: {_first_sentence(error)}",
            None,
            "Change the entry, or take one of the recipes of `ai_edge_quantizer.recipe`.",
            detail=f"{type(error).__name__}: {error}",
        ) from error
    return manager


def _first_sentence(error: Exception) -> str:
    return str(error).split(" Error: ")[0].split(". ")[0].strip()


def _error(message: str, value: Any, fix: str, detail: str = "") -> Mistake:
    return Mistake(message, field="recipe", value=value, fix=fix, detail=detail)


def _check_keys(what: str, value: Any, keys: tuple[str, ...], required: tuple[str, ...]) -> None:
    if not isinstance(value, Mapping):
        raise _error(f"{what} is not a dict", value, f"Its keys are {', '.join(keys)}.")
    unknown = sorted(set(map(str, value)) - set(keys))
    if unknown:
        raise _error(
            f"{what} has the unknown key `{unknown[0]}`",
            unknown[0],
            f"Its keys are {', '.join(keys)}.",
        )
    missing = sorted(set(required) - set(value))
    if missing:
        raise _error(f"{what} lacks `{missing[0]}`", None, f"Give it `{missing[0]}`.")


def _check_choice(what: str, value: Any, choices: Iterable[Enum]) -> None:
    names = sorted(str(choice.value) for choice in choices)
    if value not in names:
        raise _error(f"{what} is `{value}`", value, f"Choose one of {', '.join(names)}.")


def _check_entry(what: str, entry: Any) -> None:
    _check_keys(
        what=what, value=entry, keys=_ENTRY_KEYS, required=("algorithm_key", "operation", "regex")
    )
    _check_choice(f"`operation` in {what}", entry["operation"], qtyping.TFLOperationName)
    _check_choice(f"`algorithm_key` in {what}", entry["algorithm_key"], AlgorithmName)
    try:
        re.compile(entry["regex"])
    except (re.error, TypeError) as error:
        message = f"`regex` in {what} is not a regular expression: {error}"
        raise _error(message, entry["regex"], "Use `.*` for every op.") from error
    if entry["algorithm_key"] != _NO_QUANTIZE:
        _check_op_config(what, entry.get("op_config"))


def _check_op_config(what: str, config: Any) -> None:
    _check_keys(
        what=f"`op_config` in {what}",
        value=config,
        keys=_OP_KEYS,
        required=("weight_tensor_config",),
    )
    if "compute_precision" in config:
        precision = config["compute_precision"]
        _check_choice(f"`compute_precision` in {what}", precision, qtyping.ComputePrecision)
    for key in ("activation_tensor_config", "weight_tensor_config"):
        if key in config:
            tensor = config[key]
            _check_keys(
                what=f"`{key}` in {what}", value=tensor, keys=_TENSOR_KEYS, required=("num_bits",)
            )
            for name, choices in (
                ("dtype", qtyping.TensorDataType),
                ("granularity", qtyping.QuantGranularity),
            ):
                if name in tensor:
                    _check_choice(f"`{name}` of `{key}` in {what}", tensor[name], choices)
