# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Finds the lines of the user's code that the nodes of a model come from.

TensorFlow remembers the stack in which it made a node. For a node of a Keras model that is the stack
of its export, which calls layers in turn; so the calls that built the model are recorded as well. An
operation of `keras.ops` makes nodes without a scope of its own, and is recorded as it makes them.
"""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Callable, Iterable, MutableMapping, Optional, Sequence
from weakref import WeakKeyDictionary

from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLine, CodeLinesReport

# What calls the layers of a model that were called before, to build it.
_KERAS_MODELS = ("keras/src/models/functional.py", "keras/src/models/sequential.py")
_SUFFIX = re.compile(r"_\d+$")
_ORIGINAL = "_recorded_original"


def _replace(owner: type, name: str, make: Callable[[Any], Any]) -> None:
    """Puts what `make` makes of a method in its place, or in that of what replaced it earlier."""
    current = getattr(owner, name)
    original = getattr(current, _ORIGINAL, current)
    replacement = make(original)
    setattr(replacement, _ORIGINAL, original)
    setattr(owner, name, replacement)


class CodeLines:
    """Records, from `start` on, which line calls which layer or operation of Keras 3."""

    def __init__(self, root: Path) -> None:
        """`root` is the folder that has the user's sources."""
        self._root = root
        self._programs = Path(__file__).parents[3]
        self._calls: dict[str, str] = {}
        self._made: MutableMapping[Any, dict[str, str]] = WeakKeyDictionary()

    def start(self) -> None:
        """Records from now on what Keras, of the version in this environment, calls."""
        try:
            from keras.src.ops.node import Node
            from keras.src.ops.operation import Operation
        except ModuleNotFoundError:  # Keras 2 has neither.
            return
        # Each symbolic call, of a layer or an operation, makes a node in the graph of the model.
        _replace(Node, "__init__", self._recording_call)
        _replace(Operation, "__call__", self._recording_nodes)

    def report(self, functions: Iterable[Any]) -> CodeLinesReport:
        """The lines of the nodes of concrete functions."""
        lines = {
            operation.name: self._line(operation)
            for function in functions
            for operation in function.graph.get_operations()
        }
        return CodeLinesReport({name: line for name, line in sorted(lines.items()) if line})

    def _recording_call(self, original: Any) -> Any:
        @functools.wraps(original)
        def call(node: Any, operation: Any, *args: Any, **kwargs: Any) -> None:
            line = self._calling_line(sys._getframe(1))
            if line is not None:
                self._calls.setdefault(operation.name, line)
            original(node, operation, *args, **kwargs)

        return call

    def _recording_nodes(self, original: Any) -> Any:
        @functools.wraps(original)
        def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
            import keras
            import tensorflow as tf

            # A layer has a scope, which says its name.
            if isinstance(operation, keras.Layer) or tf.executing_eagerly():
                return original(operation, *args, **kwargs)
            graph = tf.compat.v1.get_default_graph()
            count = len(graph.get_operations())
            outputs = original(operation, *args, **kwargs)
            made = self._made.setdefault(graph, {})
            made.update((node.name, operation.name) for node in graph.get_operations()[count:])
            return outputs

        return call

    def _calling_line(self, frame: Optional[FrameType]) -> Optional[str]:
        while frame is not None:
            if self._is_users(frame.f_code.co_filename):
                return self._text(frame.f_code.co_filename, frame.f_lineno)
            frame = frame.f_back
        return None

    def _is_users(self, filename: str) -> bool:
        path = Path(filename)
        return (
            path.is_relative_to(self._root)
            and not path.is_relative_to(self._programs)
            and "site-packages" not in path.parts
        )

    def _text(self, filename: str, line: int) -> str:
        return f"{Path(filename).relative_to(self._root).as_posix()}:{line}"

    def _line(self, node: Any) -> Optional[CodeLine]:
        # The nodes of a loaded SavedModel have no stack.
        own = self._own_line(node.traceback or ())
        if own is not None:
            return CodeLine(None, own)
        layer = self._made.get(node.graph, {}).get(node.name) or self._layer(node.name)
        return None if layer is None else CodeLine(layer, self._calls.get(layer))

    def _own_line(self, stack: Sequence[Any]) -> Optional[str]:
        """The innermost line of the user's that made a node, unless Keras called a layer since."""
        for frame in reversed(stack):
            if self._is_users(frame.filename):
                return self._text(frame.filename, frame.lineno)
            if frame.filename.endswith(_KERAS_MODELS):
                return None
        return None

    def _layer(self, node: str) -> Optional[str]:
        """The layer in whose scope a node is: calls after the first have a number behind its name."""
        for scope in reversed(node.split("/")[:-1]):
            for name in (scope, _SUFFIX.sub("", scope)):
                if name in self._calls:
                    return name
        return None
