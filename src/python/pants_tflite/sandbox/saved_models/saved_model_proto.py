# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Removes from a SavedModel's protobuf what depends on how it was made and not on what it computes.

TensorFlow numbers functions, gradients and tables by a counter that everything a process traces
advances, and names tables by random identifiers. Such names are renumbered here, in the order in
which the model reaches them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

SAVED_MODEL_FILE = "saved_model.pb"
_COUNTED = re.compile(r"__(inference|forward|backward)_.*_\d+|CustomGradient-\d+|(hash_)?table_\d+")
_RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_USER_NAME = "_user_specified_name"
_SUFFIXES = re.compile(r"([_-]\d+|_load)+$")
# What inlining adds to the name of a function that it adapts to its call.
_SPECIALIZED = re.compile(r"_tfg_region_specialized_.*$")


class _Names:
    """The new name of each old one, made at its first use."""

    def __init__(self, functions: dict[str, Any]) -> None:
        self.functions = functions
        self._new: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def known(self, name: str) -> bool:
        return name in self._new

    def new(self, name: str) -> str:
        if name not in self.functions and not _COUNTED.fullmatch(name) and not _RANDOM.search(name):
            return name
        if name not in self._new:
            base = _SPECIALIZED.sub("", _RANDOM.sub("", name))
            base = _SUFFIXES.sub("", base).rstrip("_-")
            number = self._counts[base] = self._counts.get(base, -1) + 1
            self._new[name] = f"{base}_{number}"
        return self._new[name]

    def new_bytes(self, name: bytes) -> bytes:
        try:
            return self.new(name.decode("utf-8")).encode("utf-8")
        except UnicodeDecodeError:
            return name


def renumber(path: Path) -> None:
    """Rewrites the SavedModel directory's protobuf with names that depend only on its content."""
    from tensorflow.core.protobuf import saved_model_pb2

    file = path / SAVED_MODEL_FILE
    saved_model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    for meta_graph in saved_model.meta_graphs:
        _renumber_meta_graph(meta_graph)
    file.write_bytes(saved_model.SerializeToString(deterministic=True))


def strip_optimizer_state(path: Path) -> None:
    """Drops the slot variables of an optimizer, without which a Keras 2 SavedModel loads.

    TensorFlow needs tf_keras to load them. A protobuf without any keeps its bytes.
    """
    from tensorflow.core.protobuf import saved_model_pb2

    file = path / SAVED_MODEL_FILE
    saved_model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    nodes = [node for graph in saved_model.meta_graphs for node in graph.object_graph_def.nodes]
    optimizers = [node for node in nodes if node.slot_variables]
    for node in optimizers:
        node.ClearField("slot_variables")
    if optimizers:
        file.write_bytes(saved_model.SerializeToString(deterministic=True))


def _renumber_meta_graph(meta_graph: Any) -> None:
    library = meta_graph.graph_def.library
    names = _Names({function.signature.name: function for function in library.function})
    _rename_nodes(meta_graph.graph_def.node, names)
    _rename_object_graph(meta_graph.object_graph_def, names)
    for gradient in library.gradient:
        gradient.function_name = _reach(gradient.function_name, names)
        gradient.gradient_func = _reach(gradient.gradient_func, names)
    for gradient in library.registered_gradients:
        gradient.registered_op_type = names.new(gradient.registered_op_type)
        gradient.gradient_func = _reach(gradient.gradient_func, names)
    for name in sorted(names.functions, key=_counting_order):
        _reach(name, names)
    library.function.sort(key=lambda function: function.signature.name)
    library.registered_gradients.sort(key=lambda gradient: gradient.registered_op_type)
    aliases = meta_graph.meta_info_def.function_aliases
    renamed = {names.new(name): alias for name, alias in aliases.items()}
    aliases.clear()
    aliases.update(renamed)


def _reach(name: str, names: _Names) -> str:
    """Names a function and, at its first use, all that it reaches."""
    first_time = name in names.functions and not names.known(name)
    new = names.new(name)
    if first_time:
        function = names.functions[name]
        function.signature.name = new
        _rename_nodes(function.node_def, names)
        for key in sorted(function.attr):
            _rename_value(function.attr[key], names)
        _rename_captures(function)
    return new


def _rename_captures(function: Any) -> None:
    """Names a function's arguments by position, as captures, unless the user named them."""
    renamed = {}
    for position, argument in enumerate(function.signature.input_arg):
        attributes = function.arg_attr[position].attr if position in function.arg_attr else {}
        user_name = attributes[_USER_NAME].s if _USER_NAME in attributes else b""
        if user_name.isdigit():
            attributes[_USER_NAME].s = str(position).encode()
        if not user_name or user_name.isdigit():
            renamed[argument.name] = f"captured_{position}"
    if {node.name for node in function.node_def} & set(renamed.values()):
        return
    for argument in function.signature.input_arg:
        argument.name = renamed.get(argument.name, argument.name)
    for node in function.node_def:
        node.input[:] = [renamed.get(name, name) for name in node.input]
    for name, value in list(function.ret.items()):
        function.ret[name] = renamed.get(value, value)


def _rename_nodes(nodes: Any, names: _Names) -> None:
    for node in nodes:
        node.op = _reach(node.op, names)
        for key in sorted(node.attr):
            _rename_value(node.attr[key], names)
        if "shared_name" in node.attr and node.attr["shared_name"].s.isdigit():
            node.attr["shared_name"].s = names.new_bytes(b"table_" + node.attr["shared_name"].s)


def _rename_value(value: Any, names: _Names) -> None:
    kind = value.WhichOneof("value")
    if kind == "s":
        value.s = names.new_bytes(value.s)
    elif kind == "func":
        _rename_function_value(value.func, names)
    elif kind == "list":
        value.list.s[:] = [names.new_bytes(text) for text in value.list.s]
        for function in value.list.func:
            _rename_function_value(function, names)


def _rename_function_value(function: Any, names: _Names) -> None:
    function.name = _reach(function.name, names)
    for key in sorted(function.attr):
        _rename_value(function.attr[key], names)


def _rename_object_graph(object_graph: Any, names: _Names) -> None:
    for node in object_graph.nodes:
        kind = node.WhichOneof("kind")
        if kind == "function":
            concrete = node.function.concrete_functions
            concrete[:] = [_reach(name, names) for name in concrete]
        elif kind == "bare_concrete_function":
            bare = node.bare_concrete_function
            bare.concrete_function_name = _reach(bare.concrete_function_name, names)
        elif kind == "captured_tensor":
            captured = node.captured_tensor
            captured.concrete_function = _reach(captured.concrete_function, names)
    functions = [
        (_reach(name, names), object_graph.concrete_functions[name].SerializeToString())
        for name in sorted(object_graph.concrete_functions, key=_counting_order)
    ]
    object_graph.concrete_functions.clear()
    for name, function in functions:
        object_graph.concrete_functions[name].MergeFromString(function)


def _counting_order(name: str) -> list[tuple[int, str]]:
    """Sorts `f_9` before `f_10`: in the order in which the functions were made."""
    return [(int(part or 0), text) for text, part in re.findall(r"(\D*)(\d*)", name)]
