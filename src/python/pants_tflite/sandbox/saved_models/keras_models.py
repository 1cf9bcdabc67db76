# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Keras models, of Keras 3 and of tf_keras: how to recognize and how to trace them."""

from __future__ import annotations

import re
import sys
from typing import Any, Mapping

from pants_tflite.sandbox.mistakes import Mistake

_AUTOMATIC_NAME = re.compile(r"keras_tensor(_\d+)?")


def is_keras_model(value: Any) -> bool:
    """Whether `value` is a model of Keras 3 or of tf_keras."""
    return any(isinstance(value, keras.Model) for keras in _imported_keras())


def _imported_keras() -> list[Any]:
    return [sys.modules[name] for name in ("keras", "tf_keras") if name in sys.modules]


def serving_function(model: Any) -> Any:
    """The model's forward pass for inference, as a `tf.function` with an input signature.

    Raises Mistake where the model was never built, so that its inputs are unknown.
    """
    import tensorflow as tf

    @tf.function(input_signature=[_input_signature(model)], autograph=False)
    def serve(inputs: Any) -> Any:
        return model(inputs)

    return serve


def _input_signature(model: Any) -> Any:
    """A TensorSpec, or a structure of them, for the model's inputs."""
    symbolic = _symbolic_inputs(model)
    if symbolic is not None:
        return _named_specs(symbolic)
    shapes = getattr(model, "_build_shapes_dict", None) if model.built else None
    if not shapes or None in shapes.values():
        raise Mistake(
            f"the Keras model `{model.name}` was never built, so its inputs are unknown",
            field="entry_point",
            fix="Give it a `keras.Input`, or call it once on a sample, before you return it.",
        )
    return _specs_of_shapes(next(iter(shapes.values())), model.input_dtype, "inputs")


def _symbolic_inputs(model: Any) -> Any:
    """The structure of symbolic inputs that a functional or sequential model has, else None.

    A sequential model may have taken its batch size from its first batch: there it is unknown.
    """
    import tensorflow as tf

    if any(isinstance(model, keras.Sequential) for keras in _imported_keras()):
        if not model.built:
            return None
        (tensor,) = model.inputs
        return tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype, tensor.name)
    try:
        return model.input
    except (AttributeError, ValueError):
        return None


def _named_specs(symbolic: Any) -> Any:
    """TensorSpecs under the names that the user gave, or `inputs` if Keras made them up."""
    import tensorflow as tf

    if isinstance(symbolic, Mapping):
        return {name: tf.TensorSpec(t.shape, t.dtype, name) for name, t in symbolic.items()}
    tensors = tf.nest.flatten(symbolic)
    names = [tensor.name for tensor in tensors]
    if any(_AUTOMATIC_NAME.fullmatch(name) for name in names):
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
