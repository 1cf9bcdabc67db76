# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The variables of a loaded SavedModel, brought back to what they were when it was loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable

# AssignVariableOp, ResourceScatterAdd, ResourceApplyAdam and their like.
_ASSIGNING_PREFIXES = ("Assign", "Resource")
_READING_PREFIXES = ("ResourceGather",)


@dataclass(frozen=True)
class InitialState:
    """The values of all variables, by variable; none if no signature changes any."""

    values: tuple[tuple[Any, Any], ...]

    @classmethod
    def of(cls, loaded: Any, functions: Iterable[Any]) -> InitialState:
        """That of a loaded SavedModel whose signatures `functions` are."""
        import tensorflow as tf

        if not any(_assigns(function) for function in functions):
            return cls(())
        tracked = tf.train.TrackableView(loaded).descendants()
        variables = [each for each in tracked if isinstance(each, tf.Variable)]
        return cls(tuple((variable, variable.numpy()) for variable in variables))

    @property
    def is_kept(self) -> bool:
        """Whether a call may depend on the calls before it."""
        return bool(self.values)

    def restore(self) -> None:
        for variable, value in self.values:
            variable.assign(value)


def _assigns(function: Any) -> bool:
    """Whether a signature has an op that changes a variable."""
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *(node for each in graph.library.function for node in each.node_def)]
    return any(
        node.op.startswith(_ASSIGNING_PREFIXES) and not node.op.startswith(_READING_PREFIXES)
        for node in nodes
    )
