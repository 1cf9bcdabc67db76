# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Refuses a Keras model that, called for inference, still assigns variables which are not its state.

A stateful RNN assigns its states, and a layer of the user's may assign a weight of its own that is
not trainable: that is what they are for. Everything else is a model in training mode: moving
statistics of a batch normalization, the seed of a dropout, weights that a pruning wrapper masks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Mapping

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.assigned_variables import assigned_variables
from pants_tflite.sandbox.saved_models.keras_models import imported_keras

_BUILT_IN = ("keras.", "tf_keras.")
_PRUNING_WRAPPER = "PruneLowMagnitude"


@dataclass(frozen=True)
class _Owned:
    """A variable and the layer that holds it."""

    variable: Any
    layer: Any
    is_random: bool = False


def check_states(model: Any, function: Any) -> None:
    """Raises Mistake if `function`, the model's traced call, assigns what is not the model's state."""
    assigned = assigned_variables(function)
    if not assigned:
        return
    owners = _owners(model._flatten_layers())
    for variable in assigned:
        owned = owners.get(id(variable.handle))
        if owned is None or not _is_state(owned):
            raise _mistake(model, variable, owned)


def check_inference(owner: Any, function: Any) -> None:
    """Raises Mistake if `function`, a default signature of the user's own, calls a Keras layer that
    `owner` holds in training mode, without training anything."""
    import tensorflow as tf

    assigned = assigned_variables(function)
    if not assigned:
        return
    kinds = tuple(keras.layers.Layer for keras in imported_keras())
    held = tf.train.TrackableView(owner).descendants()
    owners = _owners([layer for layer in held if isinstance(layer, kinds)])
    found = [
        (variable, owners[id(variable.handle)])
        for variable in assigned
        if id(variable.handle) in owners
    ]
    if any(_is_trainable(owned) for _, owned in found):
        return
    for variable, owned in found:
        if owned.is_random or _is_batch_normalization(owned.layer):
            raise Mistake(
                f"the default signature assigns the variable `{_name(variable)}` of the layer "
                f"`{owned.layer.name}`, of type `{type(owned.layer).__name__}`, as training does",
                field="entry_point",
                fix=(
                    "Call Keras models with `training=False` in the function: without it, Keras 3 "
                    "takes the default of the first layer that has one."
                ),
            )


def _is_state(owned: _Owned) -> bool:
    if owned.is_random or _is_batch_normalization(owned.layer):
        return False
    if any(owned.variable is state for state in _flatten(getattr(owned.layer, "states", None))):
        return True
    return not type(owned.layer).__module__.startswith(_BUILT_IN) and not _is_trainable(owned)


def _is_trainable(owned: _Owned) -> bool:
    # Not what the variable says: one that is made by `tf.Variable` says so by default.
    handle = _handle(owned.variable)
    return any(_handle(variable) is handle for variable in owned.layer.trainable_variables)


def _is_batch_normalization(layer: Any) -> bool:
    return any(isinstance(layer, keras.layers.BatchNormalization) for keras in imported_keras())


def _owners(layers: Iterable[Any]) -> dict[int, _Owned]:
    """What holds each variable, by its resource."""
    return {id(_handle(owned.variable)): owned for owned in _owned_variables(layers)}


def _owned_variables(layers: Iterable[Any]) -> Iterator[_Owned]:
    """The variables of each layer's own, and the states of its random number generators."""
    import tensorflow as tf

    for layer in layers:
        for value in _flatten(list(vars(layer).values())):
            if isinstance(value, tf.Variable) or isinstance(
                getattr(value, "value", None), tf.Variable
            ):
                yield _Owned(value, layer)
            for state in _random_states(value):
                yield _Owned(state, layer, is_random=True)
        for state in _flatten(getattr(layer, "states", None)):
            if state is not None:
                yield _Owned(state, layer)


def _random_states(value: Any) -> Iterator[Any]:
    """The variable of a generator: Keras' `SeedGenerator`, `tf.random.Generator`, or tf_keras' own."""
    import keras
    import tensorflow as tf

    value = getattr(value, "_generator", value)
    if isinstance(value, (keras.random.SeedGenerator, tf.random.Generator)):
        yield value.state


def _flatten(value: Any) -> Iterable[Any]:
    """The leaves of lists, tuples and dicts within each other."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in _flatten(item)]
    return [value]


def _handle(variable: Any) -> Any:
    """The resource of a variable of TensorFlow, or of Keras 3, which wraps one."""
    return (
        getattr(variable, "handle", None) if hasattr(variable, "handle") else variable.value.handle
    )


def _name(variable: Any) -> str:
    return str(variable.name).split(":")[0]


def _mistake(model: Any, variable: Any, owned: _Owned | None) -> Mistake:
    message = (
        f"called for inference, the Keras model `{model.name}` assigns the variable "
        f"`{_name(variable)}`"
    )
    reason, fix = _reason(model, owned)
    if owned is not None:
        message += f" of its layer `{owned.layer.name}`, of type `{type(owned.layer).__name__}`"
    return Mistake(f"{message}: {reason}", field="entry_point", fix=fix)


def _reason(model: Any, owned: _Owned | None) -> tuple[str, str]:
    if any(type(layer).__name__ == _PRUNING_WRAPPER for layer in model._flatten_layers()):
        return (
            "its pruning wrappers are still there",
            "Export `tfmot.sparsity.keras.strip_pruning(model)`.",
        )
    if owned is None:
        return (
            "none of its layers holds it, so that it is not the model's state",
            "Make it a weight of a layer with `self.add_weight(…, trainable=False)`, or do not "
            "assign it in `call`.",
        )
    if owned.is_random:
        return (
            "it draws random numbers, as only training should",
            "Draw random numbers in `call` only if its argument `training` is true, and pass that "
            "argument on to the layers inside.",
        )
    if _is_batch_normalization(owned.layer):
        return (
            "it is in training mode, where it normalizes by the statistics of each batch and not "
            "by those it has learned",
            "Give the model's `call` an argument `training`, pass it on to this layer, and never "
            "call the layer with `training=True`. To normalize each sample by its own statistics, "
            "use `GroupNormalization(groups=-1)`.",
        )
    return (
        "a weight is not a state, which changes from call to call",
        "Assign it only if the argument `training` of `call` is true. For a state of your own use "
        "`self.add_weight(…, trainable=False)`.",
    )
