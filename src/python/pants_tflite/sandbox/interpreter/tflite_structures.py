# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What an interpreter hands to a kernel, as C structures: the first fields of each.

They are those of `core/c/common.h` since TensorFlow 2.14.
"""

from __future__ import annotations

import ctypes
from typing import Any


class Tensor(ctypes.Structure):
    """TfLiteTensor. `dims` is an int32 that counts, and as many int32 behind it."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("data", ctypes.c_void_p),
        ("dims", ctypes.POINTER(ctypes.c_int32)),
        ("scale", ctypes.c_float),
        ("zero_point", ctypes.c_int32),
        ("allocation_type", ctypes.c_int),
        ("bytes", ctypes.c_size_t),
        ("_others", ctypes.c_uint64 * 8),
    ]


class Context(ctypes.Structure):
    """TfLiteContext."""

    _fields_ = [
        ("tensors_size", ctypes.c_size_t),
        ("get_execution_plan", ctypes.c_void_p),
        ("tensors", ctypes.POINTER(Tensor)),
        ("impl", ctypes.c_void_p),
        ("resize_tensor", ctypes.c_void_p),
    ]


class Node(ctypes.Structure):
    """TfLiteNode. Its arrays are each an int32 that counts, and as many int32 behind it."""

    _fields_ = [
        ("inputs", ctypes.POINTER(ctypes.c_int32)),
        ("outputs", ctypes.POINTER(ctypes.c_int32)),
        ("intermediates", ctypes.c_void_p),
        ("temporaries", ctypes.c_void_p),
        ("user_data", ctypes.c_void_p),
        ("builtin_data", ctypes.c_void_p),
        ("custom_initial_data", ctypes.c_void_p),
        ("custom_initial_data_size", ctypes.c_int),
    ]


def indices_of(array: Any) -> list[int]:
    """The tensors in an array of a node, without absent ones."""
    return [array[1 + i] for i in range(array[0]) if array[1 + i] >= 0]


assert ctypes.sizeof(Tensor) == 112
