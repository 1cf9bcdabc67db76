# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""TensorFlow's own kernels for the interpreters of TensorFlow Lite (Select TensorFlow ops).

On a device the Flex delegate runs them. TensorFlow's wheels do not have it, so the interpreter gets a
kernel for each such op that does the same: it runs the op's node, which the model holds, with
TensorFlow, in this process.
"""

from __future__ import annotations

import ctypes
import importlib
import sys
import traceback
from functools import lru_cache
from typing import Any, Iterable

import numpy as np

from pants_tflite.sandbox.constants import FLEX_PREFIX
from pants_tflite.sandbox.interpreter.kernel_loading import Registration, keep
from pants_tflite.sandbox.interpreter.tflite_structures import Context, Node, Tensor, indices_of

_Function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_ResizeTensor = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
_C = ctypes.CDLL(None)
_C.malloc.argtypes, _C.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
_C.free.argtypes, _C.free.restype = [ctypes.c_void_p], None
_OK, _ERROR = 0, 1
_DYNAMIC = 4
_BUILTIN_CUSTOM = 32
_TEXT = 5
# TensorFlow's names of TfLiteType's values, but for those that are no arrays.
_DTYPES = {
    1: "float32",
    2: "int32",
    3: "uint8",
    4: "int64",
    _TEXT: "string",
    6: "bool",
    7: "int16",
    8: "complex64",
    9: "int8",
    10: "float16",
    11: "float64",
    12: "complex128",
    13: "uint64",
    16: "uint32",
    17: "uint16",
}


def tensorflow_registrations(ops: Iterable[str]) -> dict[str, Registration]:
    """The kernels of TensorFlow's `ops`, by the codes that a model has for them."""
    return {f"{FLEX_PREFIX}{op}": _registration(f"{FLEX_PREFIX}{op}") for op in ops}


def all_tensorflow_ops() -> list[str]:
    """TensorFlow's names of all ops that a model may take from it."""
    raw_ops = importlib.import_module("tensorflow").raw_ops
    return [name for name in dir(raw_ops) if name[0].isupper()]


def _registration(code: str) -> Registration:
    name = code.encode()
    registration = Registration(
        prepare=ctypes.cast(_PREPARE, ctypes.c_void_p).value,
        invoke=ctypes.cast(_INVOKE, ctypes.c_void_p).value,
        builtin_code=_BUILTIN_CUSTOM,
        custom_name=name,
        version=1,
    )
    keep((name, registration))
    return registration


def _prepare(context: int, node: int) -> int:
    """Lets the outputs take any size: only TensorFlow knows it, when it has run."""
    tensors = Context.from_address(context).tensors
    for index in indices_of(Node.from_address(node).outputs):
        tensor = tensors[index]
        if tensor.allocation_type != _DYNAMIC:
            tensor.allocation_type, tensor.data = _DYNAMIC, None
    return _OK


def _invoke(context: int, node: int) -> int:
    try:
        _run(context, Node.from_address(node))
    except Exception:
        # The interpreter asks for a status alone, and names the op in its own error.
        traceback.print_exc(file=sys.stderr)
        return _ERROR
    return _OK


def _run(context: int, node: Node) -> None:
    tensors = Context.from_address(context).tensors
    indices = indices_of(node.inputs)
    inputs = [_read(tensors[index]) for index in indices]
    dtypes = tuple(_DTYPES[tensors[index].type] for index in indices)
    outputs = indices_of(node.outputs)
    options = ctypes.string_at(node.custom_initial_data, node.custom_initial_data_size)
    function = _function(options, dtypes, len(outputs))
    results = function(*map(importlib.import_module("tensorflow").constant, inputs))
    for index, result in zip(outputs, results):
        _write(context, tensors[index], result.numpy())


def _read(tensor: Tensor) -> np.ndarray:
    content = ctypes.string_at(tensor.data, tensor.bytes) if tensor.bytes else b""
    if tensor.type == _TEXT:
        return _unpack_text(content).reshape(_shape(tensor))
    return np.frombuffer(content, _DTYPES[tensor.type]).reshape(_shape(tensor))


def _shape(tensor: Tensor) -> list[int]:
    return [tensor.dims[1 + axis] for axis in range(tensor.dims[0])]


def _write(context: int, tensor: Tensor, value: Any) -> None:
    array = np.ascontiguousarray(value, dtype=object if tensor.type == _TEXT else None)
    array = array.reshape(np.shape(value))
    # The interpreter takes the array of sizes, and frees it.
    sizes = (ctypes.c_int32 * (1 + array.ndim))(array.ndim, *array.shape)
    resize = _ResizeTensor(Context.from_address(context).resize_tensor)
    if resize(context, ctypes.addressof(tensor), _new_block(bytes(sizes))) != _OK:
        raise MemoryError(f"an output of the shape {list(array.shape)} has no room")
    if tensor.type == _TEXT:
        content = _pack_text(array)
        _C.free(tensor.data)
        tensor.data, tensor.bytes = _new_block(content), len(content)
    elif array.dtype != np.dtype(_DTYPES[tensor.type]) or array.nbytes != tensor.bytes:
        raise TypeError(f"TensorFlow yields {array.dtype}, not {_DTYPES[tensor.type]}")
    else:
        ctypes.memmove(tensor.data, array.ctypes.data, array.nbytes)


def _new_block(content: bytes) -> int:
    """A block of C's that holds `content`, for the interpreter to free."""
    block = int(_C.malloc(max(1, len(content))) or 0)
    if not block:
        raise MemoryError(f"no memory for {len(content)} bytes")
    ctypes.memmove(block, content, len(content))
    return block


def _unpack_text(content: bytes) -> np.ndarray:
    """The strings in a tensor: their number, where each begins, where the last ends, all of them."""
    count = int(np.frombuffer(content, np.int32, 1)[0])
    ends = np.frombuffer(content, np.int32, count + 1, offset=4)
    texts = np.empty(count, object)
    texts[:] = [content[start:end] for start, end in zip(ends, ends[1:])]
    return texts


def _pack_text(texts: np.ndarray) -> bytes:
    values = [bytes(text) for text in texts.ravel()]
    starts = np.cumsum([4 * (len(values) + 2), *map(len, values)])
    return np.array([len(values), *starts], np.int32).tobytes() + b"".join(values)


@lru_cache(maxsize=None)
def _function(options: bytes, dtypes: tuple[str, ...], outputs: int) -> Any:
    """A function that runs a node on arrays of these dtypes.

    `options` are a vector of the op's name and its serialized NodeDef.
    """
    tensorflow = importlib.import_module("tensorflow")
    flexbuffers = importlib.import_module("flatbuffers.flexbuffers")
    _, serialized = flexbuffers.GetRoot(bytearray(options)).AsVector
    node = tensorflow.compat.v1.NodeDef.FromString(bytes(serialized.AsStringBytes))
    graph = tensorflow.compat.v1.GraphDef()
    graph.versions.producer = tensorflow.version.GRAPH_DEF_VERSION
    names = [f"input_{position}" for position in range(len(dtypes))]
    for name, dtype in zip(names, dtypes):
        placeholder = graph.node.add(name=name, op="Placeholder")
        placeholder.attr["dtype"].type = tensorflow.as_dtype(dtype).as_datatype_enum
    node.name = "op"
    node.input[:] = names
    graph.node.append(node)

    def import_graph() -> None:
        tensorflow.graph_util.import_graph_def(graph, name="")

    imported = tensorflow.compat.v1.wrap_function(import_graph, [])
    return imported.prune(
        [f"{name}:0" for name in names], [f"op:{index}" for index in range(outputs)]
    )


_PREPARE, _INVOKE = _Function(_prepare), _Function(_invoke)
