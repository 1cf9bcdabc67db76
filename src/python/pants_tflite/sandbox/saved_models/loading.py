# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Loads SavedModel directories, describes their signatures, and explains why one is broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

import numpy as np

from pants_tflite.sandbox.harness import user_traceback
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.export_protocol import TensorInfo
from pants_tflite.sandbox.saved_models.saved_model_proto import SAVED_MODEL_FILE

_LOAD_FIX = "Replace it by a SavedModel that was written and copied in full."


def _tensor_info(name: str, spec: Any) -> TensorInfo:
    shape = None if spec.shape.rank is None else tuple(spec.shape.as_list())
    return TensorInfo(name, shape, spec.dtype.name)


def load_saved_model(path: Path, *, field: str, title: str | None = None) -> Any:
    """The SavedModel in the directory `path`, with one signature at least.

    Raises Mistake, blaming `field` and calling the model `title`, by default its path, where a
    file is missing or corrupt.
    """
    import tensorflow as tf

    title = title or str(path)
    check_files(path, field=field, title=title)
    try:
        loaded = tf.saved_model.load(str(path))
    except Exception as error:
        problem = _variables_problem(path) or f"does not load: {type(error).__name__}: {error}"
        raise _bad(title=title, field=field, problem=problem, fix=_LOAD_FIX, error=error) from error
    if not getattr(loaded, "signatures", None):
        fix = "Save it with `signatures=…`, or a Keras model with `model.export`."
        raise _bad(title=title, field=field, problem="has no signature", fix=fix)
    return loaded


def _variables_problem(path: Path) -> str | None:
    """Why the values of the variables cannot be read, or None."""
    import tensorflow as tf

    try:
        reader = tf.train.load_checkpoint(str(path / "variables" / "variables"))
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
    except Exception as error:
        return f"has variables that cannot be read: {type(error).__name__}: {error}"
    return None


def check_files(path: Path, *, field: str, title: str | None = None) -> None:
    """Raises Mistake where `path` is no SavedModel directory, or its protobuf does not parse."""
    from google.protobuf.message import DecodeError  # pants: no-infer-dep
    from tensorflow.core.protobuf import saved_model_pb2

    title = title or str(path)
    file = path / SAVED_MODEL_FILE
    if not file.is_file():
        problem = f"has no `{SAVED_MODEL_FILE}`" if path.is_dir() else "is not a directory"
        fix = f"Name a SavedModel directory: the one that `{SAVED_MODEL_FILE}` is in."
        raise _bad(title=title, field=field, problem=problem, fix=fix)
    try:
        saved_model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    except DecodeError as error:
        problem = f"has a corrupt `{SAVED_MODEL_FILE}`: {error}"
        raise _bad(title=title, field=field, problem=problem, fix=_LOAD_FIX) from error
    if not saved_model.meta_graphs:
        raise _bad(
            title=title, field=field, problem=f"has an empty `{SAVED_MODEL_FILE}`", fix=_LOAD_FIX
        )


def check_variables(path: Path, *, field: str, title: str | None = None) -> None:
    """Loads a SavedModel as the converter does: by its graph, unlike Python.

    `tf.saved_model.save` of a Keras 3 model gives a graph whose variables nothing restores.
    Raises Mistake, blaming `field`, where a signature uses such a variable, or the graph does not load.
    """
    title = title or str(path)
    try:
        uninitialized = _uninitialized(path)
    except Exception as error:
        problem = f"does not load as a graph: {type(error).__name__}: {error}"
        raise _bad(title=title, field=field, problem=problem, fix=_LOAD_FIX, error=error) from error
    if uninitialized:
        problem = f"restores no values of the variables {', '.join(uninitialized)}"
        fix = "Write Keras 3 models with `model.export`, not with `tf.saved_model.save`."
        raise _bad(title=title, field=field, problem=problem, fix=fix)


def _uninitialized(path: Path) -> list[str]:
    """The variables that signatures use and nothing restores, sorted."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with v1.Session(graph=tf.Graph()) as session:
        meta_graph = v1.saved_model.load(session, _tags(path), str(path))
        operations = session.graph.get_operations()
        used = _reached_from_signatures(session.graph, meta_graph)
        handles = [op for op in operations if op.type == "VarHandleOp" and op.name in used]
        with session.graph.as_default():
            queries = {
                op.name: tf.raw_ops.VarIsInitializedOp(resource=op.outputs[0]) for op in handles
            }
        return sorted(name for name, done in session.run(queries).items() if not done)


def _tags(path: Path) -> list[str]:
    from tensorflow.core.protobuf import saved_model_pb2

    saved_model = saved_model_pb2.SavedModel.FromString((path / SAVED_MODEL_FILE).read_bytes())
    return sorted(saved_model.meta_graphs[0].meta_info_def.tags)


def _reached_from_signatures(graph: Any, meta_graph: Any) -> set[str]:
    """The names of the operations that a signature's outputs depend on."""
    reached: set[str] = set()
    waiting = [
        graph.as_graph_element(tensor.name).op
        for name, signature in meta_graph.signature_def.items()
        for tensor in signature.outputs.values()
        if tensor.name and not name.startswith("__saved_model")
    ]
    while waiting:
        operation = waiting.pop()
        if operation.name not in reached:
            reached.add(operation.name)
            waiting += [tensor.op for tensor in operation.inputs] + list(operation.control_inputs)
    return reached


def input_infos(signature: Any) -> tuple[TensorInfo, ...]:
    """The inputs of a loaded SavedModel's signature, sorted by name."""
    _, specs = signature.structured_input_signature
    return tuple(_tensor_info(name, specs[name]) for name in sorted(specs))


def output_infos(signature: Any) -> tuple[TensorInfo, ...]:
    """The outputs of a loaded SavedModel's signature, sorted by name."""
    specs = signature.structured_outputs
    return tuple(_tensor_info(name, specs[name]) for name in sorted(specs))


def call_signature(signature: Any, feed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The outputs of a loaded SavedModel's signature, by name, for inputs of the very types."""
    import tensorflow as tf

    outputs = signature(**{name: tf.constant(array) for name, array in feed.items()})
    return {name: output.numpy() for name, output in outputs.items()}


def _bad(title: str, field: str, problem: str, fix: str, error: Exception | None = None) -> Mistake:
    return Mistake(
        f"the SavedModel `{title}` {problem}",
        field=field,
        value=title,
        fix=fix,
        detail=user_traceback(error, below=__file__) if error else "",
    )
