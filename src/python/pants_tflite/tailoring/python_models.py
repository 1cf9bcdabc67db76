# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which expressions in a Python file are models that can become a SavedModel."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Optional, Sequence

from pants_tflite.tailoring.python_names import ImportedNames

_KERAS_MODEL = re.compile(
    r"(tensorflow\.keras|keras|tf_keras)(\.models)?\.(?P<kind>Functional|Model|Sequential)"
)
_MODULE = "tensorflow.Module"
_FUNCTION = "tensorflow.function"
_SIGNATURE = "input_signature"
# What gives a Sequential model the shapes without which it has no signature.
_SHAPE_GIVERS = {"Input", "InputLayer", "build", "fit"}
_SHAPE_KEYWORDS = {"batch_input_shape", "batch_shape", "input_dim", "input_shape"}


def _has_signature(method: ast.FunctionDef, names: ImportedNames) -> bool:
    return any(
        isinstance(decorator, ast.Call)
        and names.resolve(decorator.func) == _FUNCTION
        and (
            bool(decorator.args) or any(keyword.arg == _SIGNATURE for keyword in decorator.keywords)
        )
        for decorator in method.decorator_list
    )


def _gives_shapes(nodes: Sequence[ast.AST]) -> bool:
    for node in nodes:
        if isinstance(node, ast.keyword) and node.arg in _SHAPE_KEYWORDS:
            return True
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else None
            name = called.id if isinstance(called, ast.Name) else name
            if name in _SHAPE_GIVERS:
                return True
    return False


@dataclass(frozen=True)
class ModelExpressions:
    """Tells models of a file from its other values.

    `modules` are its classes that extend `tf.Module`, and `signed` those of them of which a function has
    an `input_signature`.
    """

    names: ImportedNames
    modules: frozenset[str]
    signed: frozenset[str]

    @classmethod
    def of(cls, tree: ast.Module, names: ImportedNames) -> ModelExpressions:
        classes = [
            node
            for node in tree.body
            if isinstance(node, ast.ClassDef)
            and any(names.resolve(base) == _MODULE for base in node.bases)
        ]
        signed = {
            node.name
            for node in classes
            if any(
                isinstance(member, ast.FunctionDef) and _has_signature(member, names)
                for member in node.body
            )
        }
        return cls(names, frozenset(node.name for node in classes), frozenset(signed))

    def is_model_type(self, name: Optional[str]) -> bool:
        """Whether values of the type of that whole name are models."""
        return name is not None and (
            name == _MODULE or name in self.signed or _KERAS_MODEL.fullmatch(name) is not None
        )

    def _is_model(self, value: ast.expr, nodes: Sequence[ast.AST]) -> bool:
        if not isinstance(value, ast.Call):
            return False
        name = self.names.resolve(value.func) or ""
        if name in self.signed:
            return True
        keras = _KERAS_MODEL.fullmatch(name)
        if keras is None or not (value.args or value.keywords):
            return False
        return keras["kind"] != "Sequential" or _gives_shapes(nodes)

    def _is_module(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Call) and self.names.resolve(value.func) in self.modules

    def is_returned_model(self, value: ast.expr, nodes: Sequence[ast.AST]) -> bool:
        """Whether `value`, of a function with these `nodes`, is a model or one with its signatures."""
        if isinstance(value, ast.Tuple) and len(value.elts) == 2:
            module, signatures = (_values_of(part, nodes) for part in value.elts)
            return (
                bool(module and signatures)
                and all(self._is_module(part) or self._is_model(part, nodes) for part in module)
                and all(isinstance(part, ast.Dict) for part in signatures)
            )
        values = _values_of(value, nodes)
        return bool(values) and all(self._is_model(node, nodes) for node in values)


def _values_of(value: ast.expr, nodes: Sequence[ast.AST]) -> list[ast.expr]:
    """The expressions that `value` may stand for: itself, or all that a name is given.

    A name that is given in another way than by `name = …` may stand for anything: nothing is known.
    """
    if not isinstance(value, ast.Name):
        return [value]
    given = [
        node.value
        for node in nodes
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        and node.value is not None
        and any(
            isinstance(target, ast.Name) and target.id == value.id
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        )
    ]
    stores = [
        node
        for node in nodes
        if isinstance(node, ast.Name) and node.id == value.id and not isinstance(node.ctx, ast.Load)
    ]
    return given if len(given) == len(stores) else []
