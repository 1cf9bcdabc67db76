# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Makes a function of fixed shapes out of one of open shapes: its sizes become constants.

TensorFlow's converter knows the shapes of a function's own ops, but not, in all its passes, those of
functions within functions, where a SavedModel keeps its ops.
"""

from __future__ import annotations

from typing import Any

from pants_tflite.sandbox.saved_models.assigned_variables import assigned_variables


def make_static(function: Any) -> Any:
    """The same concrete function without calls of others, its sizes folded into constants.

    It is returned as it is if that would lose a variable's assignment.
    """
    import tensorflow as tf

    graph_def = _optimize(function)
    outputs = function.structured_outputs
    flat_outputs = tf.nest.flatten(outputs)
    arguments = function.inputs[: len(function.inputs) - len(function.captured_inputs)]
    captured = function.inputs[len(arguments) :]
    specs = [
        tf.TensorSpec(tensor.shape, tensor.dtype, _user_name(tensor)) for tensor in arguments
    ]

    @tf.function(input_signature=specs, autograph=False)
    def static(*inputs: Any) -> Any:
        given = [*inputs, *function.captured_inputs]
        input_map = {tensor.name: value for tensor, value in zip([*arguments, *captured], given)}
        graph = tf.compat.v1.get_default_graph()
        for variable in function.graph.variables:
            graph.watch_variable(variable)
        results = tf.graph_util.import_graph_def(
            graph_def,
            input_map=input_map,
            return_elements=[tensor.name for tensor in flat_outputs],
            name="",
        )
        return tf.nest.pack_sequence_as(outputs, results)

    result = static.get_concrete_function()
    before, after = (
        [id(variable.handle) for variable in assigned_variables(f)] for f in (function, result)
    )
    return result if sorted(before) == sorted(after) else function


def _user_name(tensor: Any) -> str:
    return tensor.op.get_attr("_user_specified_name").decode()


def _optimize(function: Any) -> Any:
    """The graph of `function` as Grappler simplifies it, with the functions that it calls inlined."""
    from tensorflow.core.protobuf import config_pb2, meta_graph_pb2
    from tensorflow.python.grappler import tf_optimizer
    import tensorflow as tf

    graph = function.graph
    meta_graph = tf.compat.v1.train.export_meta_graph(graph_def=graph.as_graph_def(), graph=graph)
    fetched = meta_graph_pb2.CollectionDef()
    fetched.node_list.value.extend(
        tensor.name for tensor in [*function.inputs, *function.outputs]
    )
    meta_graph.collection_def["train_op"].CopyFrom(fetched)
    config = config_pb2.ConfigProto()
    options = config.graph_options.rewrite_options
    options.min_graph_nodes = -1
    options.optimizers.extend(("function", "constfold"))
    return tf_optimizer.OptimizeGraph(config, meta_graph)
