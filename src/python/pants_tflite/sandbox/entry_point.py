# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Finding and calling the function that a field such as `entry_point` names."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import re
from pathlib import Path
from typing import Any, Callable, Iterator

from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.harness import user_traceback, users_code
from pants_tflite.sandbox.mistakes import Mistake

_NO_FILE = re.compile(r"No such file or directory|File not found|file does not exist")


def load_function(entry_point: EntryPointFunction) -> Callable[..., Any]:
    """The function that `entry_point` names.

    Raises Mistake where the module fails to import, or lacks the name, or holds no function there.
    """
    module_name, name, file = entry_point.module, entry_point.function, entry_point.file
    value = entry_point.field_value
    try:
        with users_code():
            module = importlib.import_module(module_name)
    except BaseException as error:
        raise Mistake(
            f"importing `{file}` failed with {type(error).__name__}: {error}",
            field=entry_point.field,
            value=value,
            fix=(
                fix_of(error)
                if is_missing_file(error)
                else "Fix the module, or add what it imports to `dependencies` or to the requirements "
                "of the resolve."
            ),
            detail=user_traceback(error, below=__file__),
        ) from error
    if not hasattr(module, name):
        candidates = sorted(
            key
            for key, member in vars(module).items()
            if inspect.isfunction(member) and member.__module__ == module_name and key[0] != "_"
        )
        raise Mistake(
            f"`{file}` has no function `{name}`",
            field=entry_point.field,
            value=value,
            fix=f"Name one of its functions: {', '.join(candidates) or 'it has none yet'}.",
        )
    function = getattr(module, name)
    if not callable(function) or inspect.isclass(function):
        raise Mistake(
            f"`{name}` in `{file}` is not a function but of type `{type(function).__name__}`",
            field=entry_point.field,
            value=value,
            fix="Name a function that takes the `inputs` by name.",
        )
    return function


def is_missing_file(error: BaseException) -> bool:
    """Whether an error of the user's code says that there is no such file.

    TensorFlow and Keras raise errors of their own for it, which the text tells.
    """
    if isinstance(error, FileNotFoundError):
        return True
    is_tensorflows = type(error).__module__.startswith("tensorflow.")
    return (is_tensorflows or isinstance(error, (OSError, ValueError))) and bool(
        _NO_FILE.search(str(error))
    )


def fix_of(error: BaseException) -> str:
    """What to do about an error that the user's code raised."""
    if is_missing_file(error):
        return (
            "Declare the file: in `inputs`, and take its path as an argument of that name, or in "
            "`dependencies`, and open it by its path in the repository. A step has no other files than "
            "those."
        )
    return "Fix the function; its traceback is above."


def call_function(call: EntryPointCall) -> Any:
    """Calls the entry point with each of its `inputs` as an absolute `Path` argument of its name.

    The working directory is the same afterwards. Raises Mistake where the function's parameters
    and the `inputs` do not match, or the function raises.
    """
    with _same_working_directory():
        return _load_and_call(call)


@contextlib.contextmanager
def _same_working_directory() -> Iterator[None]:
    folder = os.getcwd()
    try:
        yield
    finally:
        os.chdir(folder)


def _load_and_call(call: EntryPointCall) -> Any:
    entry_point = call.entry_point
    function = load_function(entry_point)
    arguments = {name: Path(path).resolve() for name, path in sorted(call.inputs.items())}
    signature = inspect.signature(function)
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise Mistake(
            f"`{entry_point.function}{signature}` in `{entry_point.file}` cannot take the inputs "
            f"{sorted(arguments) or '(none)'}: {error}",
            field="inputs",
            value=", ".join(sorted(arguments)) or "(none)",
            fix="Give `inputs` one entry for each parameter of the function, under the same name.",
        ) from error
    try:
        with users_code():
            return function(**arguments)
    except Mistake:
        raise
    except BaseException as error:
        raise Mistake(
            f"{entry_point} raised {type(error).__name__}: {error}",
            field=entry_point.field,
            value=entry_point.field_value,
            fix=fix_of(error),
            detail=user_traceback(error, below=__file__),
        ) from error
