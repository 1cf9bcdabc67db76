# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The order in which a model takes its inputs, which a SavedModel's signatures do not keep.

It is that of a function's arguments, or of the inputs that a Keras model was made with. A list of
samples is in this order.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator, Sequence

from pants_tflite.sandbox.constants import DEFAULT_SIGNATURE
from pants_tflite.sandbox.saved_models.loading import input_infos

# The attributes of a SavedModel that may be called like its default signature.
_DEFAULT_ENDPOINTS = ("serve", "__call__")
_KERAS_2_FILE = "keras_metadata.pb"


def input_order(
    name: str, saved: Any, function: Any, owner: Any, declared: Sequence[str] = ()
) -> tuple[str, ...]:
    """The names of the inputs of the signature `name`, as the model takes them.

    `saved` is the SavedModel's signature, `function` the one that it was made from, and `owner` what
    has the function as an attribute, which tells more if the function itself came from a SavedModel.
    `declared` is what Keras 2 wrote beside it. Names are sorted if nothing tells their order, or not
    all that tell it agree.
    """
    names = [info.name for info in input_infos(saved)]
    orders = [_arguments(function), tuple(declared)]
    named = [name, *(_DEFAULT_ENDPOINTS if name == DEFAULT_SIGNATURE else ())]
    endpoints = dict(_endpoints(owner))
    orders += [order for endpoint in named for order in endpoints.get(endpoint, [])]
    known = [order for order in orders if sorted(order) == names]
    if known:
        return known[0]
    others = {o for found in endpoints.values() for o in found if sorted(o) == names}
    return others.pop() if len(others) == 1 else tuple(names)


def keras_2_order(path: Path) -> tuple[str, ...]:
    """The names of a Keras model's inputs, as Keras 2 wrote them into a SavedModel directory.

    The file is a protobuf whose first text is the model's configuration.
    """
    file = path / _KERAS_2_FILE
    text = file.read_bytes().decode("utf-8", "replace") if file.is_file() else ""
    try:
        metadata, _ = json.JSONDecoder().raw_decode(text[text.index("{") :])
        return tuple(str(layer[0]) for layer in metadata["config"]["input_layers"])
    except (IndexError, KeyError, RecursionError, TypeError, ValueError):
        return ()


def _endpoints(owner: Any) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """The orders of arguments of each function that a loaded SavedModel has as an attribute."""
    for name in sorted(vars(owner)) if hasattr(owner, "__dict__") else ():
        functions = getattr(getattr(owner, name), "concrete_functions", None)
        if isinstance(functions, (list, tuple)):
            yield name, [_arguments(function) for function in functions]


def _arguments(function: Any) -> tuple[str, ...]:
    """The names of a traced function's arguments in their order; empty if it takes keywords only."""
    import tensorflow as tf

    positional, _ = function.structured_input_signature
    if not positional:
        return ()
    flat = tf.nest.flatten(function.structured_input_signature)
    specs = [spec for spec in flat if isinstance(spec, tf.TensorSpec)]
    placeholders = function.inputs[: len(specs)]
    return tuple(_name(spec, placeholder) for spec, placeholder in zip(specs, placeholders))


def _name(spec: Any, placeholder: Any) -> str:
    """The name by which a signature calls an argument: what the user gave, or the argument's own."""
    try:
        return placeholder.op.get_attr("_user_specified_name").decode()
    except ValueError:
        return str(spec.name)
