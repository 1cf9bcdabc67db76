# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Kernels of custom ops, out of shared libraries, for TensorFlow's and LiteRT's interpreters.

Both hand a registerer the address of their `tflite::MutableOpResolver`. Its `AddCustom` is no
virtual function and LiteRT exports no symbol of it, so kernels go in by the way on which every
resolver is asked for them: `FindOp(name, version)`, the second virtual function of the C++ class
`tflite::OpResolver`. The one resolver of one interpreter gets a virtual table of its own, in which
that function knows the kernels and asks the original for everything else.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any, Callable, Mapping

_FIND_OP = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)
_FIND_OP_SLOT = 1
# What precedes the functions (offset to top, type information), and no fewer functions than there are.
_WORDS_BEFORE, _WORDS_AFTER = 2, 12
_WORD = ctypes.sizeof(ctypes.c_void_p)
_BUILTIN_CUSTOM = 32
# Each resolver knows it by itself: if not, the virtual table is not as this module thinks.
_KNOWN_OP = b"TFLite_Detection_PostProcess"


class KernelError(RuntimeError):
    """A kernel that cannot be loaded, or is not the one that it should be."""


class Registration(ctypes.Structure):
    """TfLiteRegistration, as it is since TensorFlow 2.14."""

    _fields_ = [
        ("init", ctypes.c_void_p),
        ("free", ctypes.c_void_p),
        ("prepare", ctypes.c_void_p),
        ("invoke", ctypes.c_void_p),
        ("profiling_string", ctypes.c_void_p),
        ("builtin_code", ctypes.c_int32),
        ("custom_name", ctypes.c_char_p),
        ("version", ctypes.c_int),
        ("operator", ctypes.c_void_p),
        ("async_kernel", ctypes.c_void_p),
        ("inplace_operator", ctypes.c_uint64),
    ]


def load_registration(op: str, library: Path, function: str) -> Registration:
    """What `function` of a shared library returns, as the registration of the op.

    Raises KernelError where the library cannot be loaded or has no such function.
    """
    try:
        register = getattr(ctypes.CDLL(str(library.resolve())), function)
    except (OSError, AttributeError) as error:
        raise KernelError(f"the kernel of the custom op {op} cannot be loaded: {error}") from error
    register.restype = ctypes.POINTER(Registration)
    found = register()
    if not found:
        raise KernelError(
            f"the kernel of the custom op {op} cannot be used: `{function}` returns NULL"
        )
    registration = Registration.from_buffer_copy(found.contents)
    registration.builtin_code = _BUILTIN_CUSTOM
    name = op.encode()
    keep(name)
    registration.custom_name = name
    registration.version = 1
    return registration


def registerer(registrations: Mapping[str, Registration]) -> Callable[[int], None]:
    """What TensorFlow and LiteRT take as a registerer of custom ops, for all `registrations`."""
    by_name = {op.encode(): registration for op, registration in registrations.items()}
    keep(by_name)

    def add_to(resolver: int) -> None:
        pointer = ctypes.c_void_p.from_address(resolver)
        words = (ctypes.c_void_p * (_WORDS_BEFORE + _WORDS_AFTER))()
        start = (pointer.value or 0) - _WORDS_BEFORE * _WORD
        ctypes.memmove(words, start, ctypes.sizeof(words))
        original = _FIND_OP(words[_WORDS_BEFORE + _FIND_OP_SLOT] or 0)
        if original(resolver, _KNOWN_OP, 1) is None:
            raise RuntimeError("this interpreter's op resolver is not laid out as expected")

        def find_op(this: int, name: bytes, version: int) -> int | None:
            registration = by_name.get(name)
            if registration is None:
                return original(this, name, version)
            return ctypes.addressof(registration)

        replacement = _FIND_OP(find_op)
        words[_WORDS_BEFORE + _FIND_OP_SLOT] = ctypes.cast(replacement, ctypes.c_void_p).value
        keep((words, replacement))
        pointer.value = ctypes.addressof(words) + _WORDS_BEFORE * _WORD

    return add_to


def keep(value: Any) -> None:
    """Keeps `value` until the process ends: interpreters point to it, and may be the last to go."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))
