# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Makes functions of parts of a flat graph, which can be called and saved."""

from __future__ import annotations

from typing import Any, Mapping

from pants_tflite.sandbox.saved_models.flat_graph import (
    FlatGraph,
    control_inputs,
    data_inputs,
    split,
    tensor_name,
)


def without_placeholders(graph: FlatGraph) -> Any:
    """The whole graph, but for what its inputs and captures stand for."""
    from tensorflow.core.framework import graph_pb2

    given = {split(tensor)[0] for tensor in graph.inputs.values()} | set(graph.captures)
    result = graph_pb2.GraphDef(library=graph.graph_def.library, versions=graph.graph_def.versions)
    for node in graph.graph_def.node:
        if node.name not in given:
            controls = [f"^{name}" for name in control_inputs(node) if name not in given]
            result.node.add().CopyFrom(node)
            result.node[-1].input[:] = [*data_inputs(node), *controls]
    return result


def trace(
    graph: FlatGraph,
    part: Any,
    *,
    inputs: Mapping[str, str],
    specs: Mapping[str, Any],
    outputs: Mapping[str, str],
) -> Any:
    """The concrete function of a `part` of the graph, a GraphDef, from `inputs` to `outputs`.

    Both are tensors by the names that a caller uses; `specs` are the inputs' types. The part has none
    of the nodes that its inputs and captures stand for.
    """
    import tensorflow as tf

    _define_functions(part.library)
    part, renamed = _with_free_names(part, set(inputs))
    given = {name: renamed(tensor) for name, tensor in inputs.items()}
    wanted = [renamed(tensor) for tensor in outputs.values()]
    used = {tensor_name(ref) for node in part.node for ref in data_inputs(node)} | set(wanted)

    def compute(*values: Any) -> Any:
        own = tf.compat.v1.get_default_graph()
        feeds = dict(zip(given.values(), values))
        for name, handle in graph.captures.items():
            if f"{name}:0" in used:
                feeds[f"{name}:0"] = own.capture(handle)
        captured = {id(handle) for handle, _ in own.captures}
        for variable in graph.variables:
            if id(variable.handle) in captured:
                own.watch_variable(variable)
        tensors = tf.graph_util.import_graph_def(
            part,
            input_map={tensor: value for tensor, value in feeds.items() if tensor in used},
            return_elements=wanted,
            name="",
        )
        return dict(zip(outputs, tensors))

    signature = [tf.TensorSpec(specs[name].shape, specs[name].dtype, name) for name in inputs]
    function = tf.function(compute, input_signature=signature, autograph=False)
    return function.get_concrete_function()


def _define_functions(library: Any) -> None:
    """Makes the functions that loops and branches call known to TensorFlow where it runs eagerly, which
    the import into a graph leaves out."""
    from tensorflow.python.eager import context

    known = context.context()
    for function in library.function:
        if not known.has_function(function.signature.name):
            known.add_function_def(function)


def _with_free_names(part: Any, taken: set[str]) -> tuple[Any, Any]:
    """A copy whose nodes are not called like one of the arguments, and the new names of tensors."""
    from tensorflow.core.framework import graph_pb2

    names = {node.name: f"{node.name}_" for node in part.node if node.name in taken}

    def renamed(reference: str) -> str:
        name, index = split(reference)
        name = names.get(name, name)
        return f"^{name}" if reference.startswith("^") else f"{name}:{index}"

    result = graph_pb2.GraphDef()
    result.CopyFrom(part)
    for node in result.node:
        node.name = names.get(node.name, node.name)
        node.input[:] = [renamed(reference) for reference in node.input]
    return result, renamed
