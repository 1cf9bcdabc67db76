# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Says which of a target's `inputs` a function takes, without calling it: `out/inputs.json`."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Sequence

from pants_tflite.sandbox.entry_point import load_function
from pants_tflite.sandbox.entry_point_protocol import EntryPointFunction
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.list_inputs_protocol import InputsReport, ListInputsRequest
from pants_tflite.sandbox.saved_models.tensorflow_runtime import seed_training, start_tensorflow

_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def taken_inputs(
    entry_point: EntryPointFunction, function: Callable[..., Any], inputs: Sequence[str]
) -> tuple[str, ...]:
    """The names in `inputs` that the function takes, sorted.

    Raises Mistake if it cannot be called with them alone.
    """
    signature = inspect.signature(function)
    parameters = signature.parameters.values()
    if any(parameter.kind == inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        names = set(inputs)
    else:
        names = {p.name for p in parameters if p.kind in _BY_NAME} & set(inputs)
    taken = tuple(sorted(names))
    try:
        signature.bind(**dict.fromkeys(taken))
    except TypeError as error:
        raise Mistake(
            f"`{entry_point.function}{signature}` in `{entry_point.file}` cannot be called with those "
            f"of its parameters that are among the inputs {', '.join(inputs)}: {error}",
            field=entry_point.field,
            value=entry_point.field_value,
            fix="Give the parameter a default, or `inputs` an entry of its name.",
        ) from error
    return taken


def main(request: ListInputsRequest) -> None:
    # As for the call itself, since the module may compute with TensorFlow when it is imported.
    start_tensorflow(threads=1)
    seed_training(0)
    function = load_function(request.entry_point)
    write_report(InputsReport(taken_inputs(request.entry_point, function, request.inputs)))


if __name__ == "__main__":
    run(main, ListInputsRequest)
