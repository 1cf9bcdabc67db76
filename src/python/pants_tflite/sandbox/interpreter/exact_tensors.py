# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Kernels that compute in memory of exactly the size of each tensor.

An interpreter keeps all tensors in one block, where a kernel that reads or writes beyond a tensor
meets another tensor, or padding, and a sanitizer does not notice. A kernel from here works on
copies, each in a block of its own.
"""

from __future__ import annotations

import ctypes

from pants_tflite.sandbox.interpreter.kernel_loading import Registration, keep
from pants_tflite.sandbox.interpreter.tflite_structures import Context, Node, Tensor, indices_of

_ALIGNMENT = 64
_Invoke = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_C = ctypes.CDLL(None)
_C.free.argtypes = [ctypes.c_void_p]
_C.posix_memalign.argtypes = [
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.c_size_t,
    ctypes.c_size_t,
]


def with_exact_tensors(registration: Registration) -> Registration:
    """The same kernel, working on a copy of each of its tensors."""
    original = _Invoke(registration.invoke)

    def invoke(context: int, node: int) -> int:
        tensors = Context.from_address(context).tensors
        indices = Node.from_address(node)
        inputs, outputs = indices_of(indices.inputs), indices_of(indices.outputs)
        copies = {index: _Copy(tensors[index]) for index in {*inputs, *outputs}}
        status = original(context, node)
        for index, copy in copies.items():
            copy.put_back(tensors[index], changed=index in outputs)
        return status

    replacement = _Invoke(invoke)
    keep(replacement)
    copy = Registration.from_buffer_copy(registration)
    copy.invoke = ctypes.cast(replacement, ctypes.c_void_p).value
    return copy


class _Copy:
    """A tensor's memory, in a block of its size, and where it was before."""

    def __init__(self, tensor: Tensor) -> None:
        block = ctypes.c_void_p()
        if _C.posix_memalign(ctypes.byref(block), _ALIGNMENT, tensor.bytes):
            raise MemoryError(f"no memory for a tensor of {tensor.bytes} bytes")
        self._block, self._before, self._bytes = block, tensor.data, tensor.bytes
        if tensor.data and tensor.bytes:
            ctypes.memmove(block, tensor.data, tensor.bytes)
        tensor.data = block.value

    def put_back(self, tensor: Tensor, *, changed: bool) -> None:
        """Frees the block, and first copies its content to the tensor if that has `changed`."""
        # A kernel may have resized a dynamic output, which moves it to another block.
        if tensor.data == self._block.value:
            if changed and self._before and self._bytes:
                ctypes.memmove(self._before, self._block, self._bytes)
            tensor.data = self._before
            _C.free(self._block)
