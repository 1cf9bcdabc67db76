# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Functions in Python code that a target can name: read from the syntax, never imported.

A wrong proposal costs more than a missing one, so what is not plain is left out: functions that need
arguments, have decorators, are private, or are used elsewhere, which makes them helpers.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Iterator, Optional, Union

from pants_tflite.tailoring.python_models import ModelExpressions
from pants_tflite.tailoring.python_names import ImportedNames

MODEL, SAMPLES = "model", "samples"

_SAMPLES_WORDS = {"calibration", "dataset", "samples", "validation"}
_ARRAY_PACKAGES = ("jax", "keras", "numpy", "tensorflow", "tf_keras")
_ITERATORS = re.compile(r"(typing|collections\.abc)\.(Generator|Iterable|Iterator)")
_ARRAYS = re.compile(r"numpy\.(ndarray|typing\.NDArray|typing\.ArrayLike)|tensorflow\.Tensor")

Function = ast.FunctionDef


@dataclass(frozen=True)
class FoundFunction:
    """A function that returns a MODEL or yields SAMPLES."""

    name: str
    kind: str


@dataclass(frozen=True)
class PythonCode:
    """What a file offers, and the functions of other files that it uses, each as (module, name).

    A module is the last part of its name: where packages begin is not known here.
    """

    functions: tuple[FoundFunction, ...]
    uses: frozenset[tuple[str, str]]


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """All nodes of the body of `function`, but for those of functions and classes in it."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        yield node
        inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        if not isinstance(node, inner):
            pending.extend(ast.iter_child_nodes(node))


def _needs_arguments(function: Function) -> bool:
    arguments = function.args
    positional = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return positional > 0 or any(default is None for default in arguments.kw_defaults)


def _is_script(tree: ast.Module) -> bool:
    """Whether the file has a part that is guarded by `if __name__ == "__main__"`."""
    for node in tree.body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Compare):
            sides = (node.test.left, *node.test.comparators)
            names = {side.id for side in sides if isinstance(side, ast.Name)}
            texts = {side.value for side in sides if isinstance(side, ast.Constant)}
            if "__name__" in names and "__main__" in texts:
                return True
    return False


def _used_outside(name: str, function: Function, tree: ast.Module) -> bool:
    """Whether the module names its own function anywhere but in the function itself."""
    inside = set(map(id, ast.walk(function)))
    return any(
        isinstance(node, ast.Name) and node.id == name and id(node) not in inside
        for node in ast.walk(tree)
    )


def _annotation(function: Function) -> Optional[ast.expr]:
    """What a function says that it returns; text is read as the expression that it is."""
    returns = function.returns
    if isinstance(returns, ast.Constant) and isinstance(returns.value, str):
        try:
            return ast.parse(returns.value, mode="eval").body
        except SyntaxError:
            return returns
    return returns


def _yields_samples(function: Function, names: ImportedNames) -> bool:
    nodes = list(own_nodes(function))
    if not any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in nodes):
        return False
    returns = _annotation(function)
    if isinstance(returns, ast.Subscript):
        parts = {names.resolve(node) or "" for node in ast.walk(returns.slice)}
        is_iterator = _ITERATORS.fullmatch(names.resolve(returns.value) or "") is not None
        if is_iterator and any(_ARRAYS.fullmatch(part) for part in parts):
            return True
    is_named_so = not _SAMPLES_WORDS.isdisjoint(function.name.lower().split("_"))
    return is_named_so and names.import_any(_ARRAY_PACKAGES)


def _returns_model(function: Function, names: ImportedNames, models: ModelExpressions) -> bool:
    nodes = list(own_nodes(function))
    if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in nodes):
        return False
    returned = [node.value for node in nodes if isinstance(node, ast.Return)]
    returns = _annotation(function)
    if returns is not None:
        return bool(returned) and models.is_model_type(names.resolve(returns))
    return bool(returned) and all(
        value is not None and models.is_returned_model(value, nodes) for value in returned
    )


def _kind(function: Function, names: ImportedNames, models: ModelExpressions) -> Optional[str]:
    if _returns_model(function, names, models):
        return MODEL
    return SAMPLES if _yields_samples(function, names) else None


def read_python(content: Union[str, bytes]) -> PythonCode:
    """What is in a Python file; nothing, if this Python cannot read its syntax."""
    try:
        tree = ast.parse(content)
    except (MemoryError, RecursionError, SyntaxError, ValueError):
        # CPython 3.9 runs out of memory of its parser's own for code that is nested too deep.
        return PythonCode((), frozenset())
    names = ImportedNames.of(tree)
    uses = names.uses(tree)
    if _is_script(tree):
        return PythonCode((), uses)
    models = ModelExpressions.of(tree, names)
    found = []
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        if node.decorator_list or _needs_arguments(node) or _used_outside(node.name, node, tree):
            continue
        kind = _kind(node, names, models)
        if kind is not None:
            found.append(FoundFunction(node.name, kind))
    return PythonCode(tuple(sorted(found, key=lambda function: function.name)), uses)
