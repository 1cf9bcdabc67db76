# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Makes what an export function returned into signatures that can be saved."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, Mapping

from pants_tflite.sandbox.constants import DEFAULT_SIGNATURE
from pants_tflite.sandbox.harness import user_traceback
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.canonical_saved_model import Exportable
from pants_tflite.sandbox.saved_models.keras_models import is_keras_model, serving_function
from pants_tflite.sandbox.saved_models.keras_states import check_inference, check_states
from pants_tflite.sandbox.saved_models.loading import load_saved_model

_WHAT_TO_RETURN = (
    "Return a built Keras model, a `tf.Module` with at least one `@tf.function` that has an "
    "`input_signature`, a pair `(module, {name: function})`, or the path of a SavedModel directory "
    "that the function wrote."
)


def to_exportable(returned: Any) -> Exportable:
    """The signatures of a Keras model, module, pair or SavedModel path.

    Raises Mistake for everything else, and for a model whose inputs are not known.
    """
    import tensorflow as tf

    if returned is None:
        raise Mistake(
            "the function returned None, as one without a `return` does",
            field="entry_point",
            fix=_WHAT_TO_RETURN,
        )
    if isinstance(returned, (str, Path)):
        return _from_loaded(load_saved_model(Path(returned), field="entry_point"))
    if is_keras_model(returned):
        function = serving_function(returned)
        signatures = _concrete({DEFAULT_SIGNATURE: function})
        check_states(returned, signatures[DEFAULT_SIGNATURE])
        return Exportable(signatures, {"serve": function}, returned)
    if isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], Mapping):
        return _from_pair(*returned)
    if isinstance(returned, tf.__internal__.tracking.AutoTrackable):
        return _from_module(returned)
    raise Mistake(
        f"the function returned an object of type `{type(returned).__name__}`",
        field="entry_point",
        fix=_WHAT_TO_RETURN,
    )


def _from_loaded(loaded: Any) -> Exportable:
    return Exportable(_concrete(dict(loaded.signatures)), {}, loaded)


def _from_pair(module: Any, signatures: Mapping[str, Any]) -> Exportable:
    import tensorflow as tf

    if not isinstance(module, tf.__internal__.tracking.AutoTrackable) or not signatures:
        raise Mistake(
            f"the function returned a pair of `{type(module).__name__}` and "
            f"{len(signatures)} signatures",
            field="entry_point",
            fix=_WHAT_TO_RETURN,
        )
    for name, function in sorted(signatures.items(), key=lambda item: str(item[0])):
        if not isinstance(name, str) or not _has_known_inputs(function):
            raise Mistake(
                f"the signature {name!r} is not a tf.function with an `input_signature`, but of "
                f"type `{type(function).__name__}`",
                field="entry_point",
                value=name,
                fix=(
                    "Give each signature a name and a `@tf.function(input_signature=[…])` or a "
                    "concrete function."
                ),
            )
    return _checked(Exportable(_concrete(signatures), _endpoints(signatures), module))


def _checked(exportable: Exportable) -> Exportable:
    """The same, if its default signature is for inference."""
    if DEFAULT_SIGNATURE in exportable.signatures:
        check_inference(exportable.owner, exportable.signatures[DEFAULT_SIGNATURE])
    return exportable


def _from_module(module: Any) -> Exportable:
    if isinstance(getattr(module, "signatures", None), Mapping) and module.signatures:
        return _from_loaded(module)
    functions = _functions_with_signature(module)
    if not functions:
        raise Mistake(
            f"the `{type(module).__name__}` that the function returned has no tf.function with an "
            "`input_signature`",
            field="entry_point",
            fix=_WHAT_TO_RETURN,
        )
    if len(functions) == 1:
        signatures = {DEFAULT_SIGNATURE: function for function in functions.values()}
    else:
        signatures = {
            DEFAULT_SIGNATURE if name == "__call__" else name: function
            for name, function in functions.items()
        }
    return _checked(Exportable(_concrete(signatures), _endpoints(functions), module))


def _endpoints(functions: Mapping[str, Any]) -> dict[str, Any]:
    return {name: function for name, function in functions.items() if name != DEFAULT_SIGNATURE}


def _functions_with_signature(module: Any) -> dict[str, Any]:
    """The module's public tf.functions with known inputs, and its `__call__`, by attribute name."""
    functions = {}
    for name in sorted(dir(module)):
        if name[0] == "_" and name != "__call__":
            continue
        if isinstance(inspect.getattr_static(module, name, None), property):
            continue
        member = getattr(module, name, None)
        if _has_known_inputs(member):
            functions[name] = member
    return functions


def _has_known_inputs(function: Any) -> bool:
    import tensorflow as tf

    if isinstance(function, tf.types.experimental.ConcreteFunction):
        return True
    polymorphic = tf.types.experimental.PolymorphicFunction
    return isinstance(function, polymorphic) and function.input_signature is not None


def _concrete(functions: Mapping[str, Any]) -> dict[str, Any]:
    """Traces each function, which runs the user's own code."""
    import tensorflow as tf

    traced = {}
    for name in sorted(functions):
        function = functions[name]
        if isinstance(function, tf.types.experimental.ConcreteFunction):
            traced[name] = function
            continue
        try:
            traced[name] = function.get_concrete_function()
        except Exception as error:
            raise Mistake(
                f"tracing the signature `{name}` raised {_reason(error)}",
                field="entry_point",
                value=name,
                fix=(
                    "Fix the function. Where a Keras model takes more than its first argument, "
                    "return a pair `(model, {name: function})` with a function of your own."
                ),
                detail=user_traceback(error, below=__file__),
            ) from error
    return traced


def _reason(error: Exception) -> str:
    """What was raised, without the stack that AutoGraph puts above it."""
    text = str(error).strip()
    if text.startswith("in user code:"):
        return text.splitlines()[-1].strip()
    return f"{type(error).__name__}: {text}"
