# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Keras models, of Keras 3 and of tf_keras: how to recognize and how to trace them."""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any, Mapping

from pants_tflite.sandbox.mistakes import Mistake

_AUTOMATIC_NAME = re.compile(r"keras_tensor(_\d+)?")


def is_keras_model(value: Any) -> bool:
    """Whether `value` is a model of Keras 3 or of tf_keras."""
    return any(isinstance(value, keras.Model) for keras in imported_keras())


def imported_keras() -> list[Any]:
    """The modules of Keras 3 and of tf_keras, as far as they are imported."""
    return [sys.modules[name] for name in ("keras", "tf_keras") if name in sys.modules]


def keras_of(value: Any) -> Any:
    """The Keras that a model is of; Keras 3 for everything else."""
    modules = [keras for keras in imported_keras() if isinstance(value, keras.Model)]
    return modules[0] if modules else importlib.import_module("keras")


def serving_function(model: Any) -> Any:
    """The model's forward pass for inference, as a `tf.function` with an input signature.

    It is called as `predict` calls it: without `training=False`, Keras 3 takes the default of the
    first layer that has one for all layers after it, and preprocessing layers default to training.

    Raises Mistake where the model was never built, so that its inputs are unknown.
    """
    import tensorflow as tf

    # A model of Keras 3 whose `call` has no such argument refuses it; tf_keras drops it.
    arguments = {"training": False} if getattr(model, "_call_has_training_arg", True) else {}

    @tf.function(input_signature=[_input_signature(model)], autograph=False)
    def serve(inputs: Any) -> Any:
        return model(inputs, **arguments)

    return serve


def _input_signature(model: Any) -> Any:
    """A TensorSpec, or a structure of them, for the model's inputs."""
    symbolic = _symbolic_inputs(model)
    if symbolic is not None:
        return _named_specs(symbolic)
    called = model.save_spec() if hasattr(model, "save_spec") else None
    if called is not None:  # What tf_keras remembers of the first call.
        (inputs, *_), _ = called
        return _named_specs(inputs, automatic=True)
    shapes = getattr(model, "_build_shapes_dict", None) if model.built else None
    if not shapes or None in shapes.values():
        raise Mistake(
            f"the Keras model `{model.name}` was never built, so its inputs are unknown",
            field="entry_point",
            fix="Give it a `keras.Input`, or call it once on a sample, before you return it.",
        )
    return _specs_of_shapes(next(iter(shapes.values())), model.input_dtype, "inputs")


def _symbolic_inputs(model: Any) -> Any:
    """The structure of symbolic inputs that a functional or sequential model has, else None."""
    import tensorflow as tf

    if any(isinstance(model, keras.Sequential) for keras in imported_keras()):
        if not model.built:
            return None
        (tensor,) = model.inputs
        batch = tensor.shape[0] if _has_own_batch(model) else None
        return tf.TensorSpec((batch, *tensor.shape[1:]), tensor.dtype, tensor.name)
    try:
        return model.input
    except (AttributeError, ValueError):
        return None


def _has_own_batch(model: Any) -> bool:
    """Whether the user chose the batch size of a sequential model's input.

    A model without an `Input` has that of its first batch, and Keras writes it to files as if it had
    been chosen: of a batch size from a file only 1 is kept, which is chosen for a device.
    """
    if any(getattr(layer, "stateful", False) for layer in model._flatten_layers()):
        return True
    if hasattr(model, "_has_explicit_input_shape"):  # Of tf_keras.
        return bool(model._has_explicit_input_shape)
    # Keras 3 puts its own `Input` before the layers that were there earlier, but tracks it last.
    first = model._tracker.config["layers"][1][0]
    if hasattr(first, "input_shape"):  # A model whose own input it is.
        return True
    if first is not model.inputs[0]._keras_history.operation:
        return False
    is_from_file = (getattr(first, "_auto_config", None) or first).config.get("sparse") is not None
    return not is_from_file or model.inputs[0].shape[0] == 1


def _named_specs(symbolic: Any, automatic: bool = False) -> Any:
    """TensorSpecs under the names that the user gave, or `inputs` if Keras made them up."""
    import tensorflow as tf

    if isinstance(symbolic, Mapping):
        return {name: tf.TensorSpec(t.shape, t.dtype, name) for name, t in symbolic.items()}
    tensors = tf.nest.flatten(symbolic)
    names = [tensor.name for tensor in tensors]
    if automatic or any(_AUTOMATIC_NAME.fullmatch(name) for name in names):
        names = ["inputs"] if len(names) == 1 else [f"inputs_{i}" for i in range(len(names))]
    specs = [tf.TensorSpec(t.shape, t.dtype, name) for t, name in zip(tensors, names)]
    return tf.nest.pack_sequence_as(symbolic, specs)


def _specs_of_shapes(shape: Any, dtype: str, name: str) -> Any:
    """TensorSpecs for the shapes of the first call, with any batch size."""
    import tensorflow as tf

    if isinstance(shape, Mapping):
        return {key: _specs_of_shapes(value, dtype, str(key)) for key, value in shape.items()}
    if all(size is None or isinstance(size, int) for size in shape):
        return tf.TensorSpec((None, *shape[1:]), dtype, name)
    return [_specs_of_shapes(value, dtype, f"{name}_{i}") for i, value in enumerate(shape)]
