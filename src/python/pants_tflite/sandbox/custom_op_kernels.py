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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, Sequence

from pants_tflite.sandbox.harness import UserError

_FIND_OP = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)
_FIND_OP_SLOT = 1
# What precedes the functions (offset to top, type information), and no fewer functions than there are.
_WORDS_BEFORE, _WORDS_AFTER = 2, 12
_WORD = ctypes.sizeof(ctypes.c_void_p)
_BUILTIN_CUSTOM = 32
# Each resolver knows it by itself: if not, the virtual table is not as this module thinks.
_KNOWN_OP = b"TFLite_Detection_PostProcess"


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


def _unchanged(registration: Registration) -> Registration:
    return registration


@dataclass(frozen=True)
class Kernel:
    """Where the kernel of an op is: the function `registration` of the shared library.

    `adapt` makes of what that returns the registration that is used.
    """

    op: str
    library: Path
    registration: str
    adapt: Callable[[Registration], Registration] = _unchanged

    @classmethod
    def read_all(cls, values: Iterable[Mapping[str, Any]]) -> tuple[Kernel, ...]:
        """The kernels in a request's JSON: `op`, `library` and `registration` of each."""
        return tuple(
            cls(value["op"], Path(value["library"]), value["registration"]) for value in values
        )

    def load(self) -> Registration:
        """The registration, under the op's name.

        Raises UserError where the library cannot be loaded or has no such function.
        """
        try:
            function = getattr(ctypes.CDLL(str(self.library.resolve())), self.registration)
        except (OSError, AttributeError) as error:
            raise self._error(f"cannot be loaded: {error}") from error
        function.restype = ctypes.POINTER(Registration)
        found = function()
        if not found:
            raise self._error(f"cannot be used: `{self.registration}` returns NULL")
        registration = Registration.from_buffer_copy(found.contents)
        registration.builtin_code = _BUILTIN_CUSTOM
        name = self.op.encode()
        keep(name)
        registration.custom_name = name
        registration.version = 1
        return self.adapt(registration)

    def _error(self, what: str) -> UserError:
        return UserError(
            f"the kernel of the custom op {self.op} {what}",
            field="custom_ops",
            value=self.op,
            fix="Mend the sources of its `tflite_custom_op`. On this machine a kernel finds the C "
            "library alone: of TensorFlow Lite it can use the headers, and what the TfLiteContext "
            "points to.",
        )


def registerers(kernels: Sequence[Kernel]) -> list[Callable[[int], None]]:
    """What TensorFlow and LiteRT take as registerers of custom ops: one for all `kernels`.

    Raises UserError where a kernel cannot be loaded.
    """
    registrations = {kernel.op.encode(): kernel.load() for kernel in kernels}
    keep(registrations)

    def add_to(resolver: int) -> None:
        pointer = ctypes.c_void_p.from_address(resolver)
        words = (ctypes.c_void_p * (_WORDS_BEFORE + _WORDS_AFTER))()
        start = (pointer.value or 0) - _WORDS_BEFORE * _WORD
        ctypes.memmove(words, start, ctypes.sizeof(words))
        original = _FIND_OP(words[_WORDS_BEFORE + _FIND_OP_SLOT] or 0)
        if original(resolver, _KNOWN_OP, 1) is None:
            raise RuntimeError("this interpreter's op resolver is not laid out as expected")

        def find_op(this: int, name: bytes, version: int) -> int | None:
            registration = registrations.get(name)
            if registration is None:
                return original(this, name, version)
            return ctypes.addressof(registration)

        replacement = _FIND_OP(find_op)
        words[_WORDS_BEFORE + _FIND_OP_SLOT] = ctypes.cast(replacement, ctypes.c_void_p).value
        keep((words, replacement))
        pointer.value = ctypes.addressof(words) + _WORDS_BEFORE * _WORD

    return [add_to] if kernels else []


def keep(value: Any) -> None:
    """Keeps `value` until the process ends: interpreters point to it, and may be the last to go."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))
