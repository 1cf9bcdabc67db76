# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The kernels of custom ops that a request names, for the interpreters that run its model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Sequence

from pants_tflite.sandbox.interpreter.kernel_loading import (
    KernelError,
    Registration,
    load_registration,
    registerer,
)
from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.mistakes import Mistake


def _unchanged(registration: Registration) -> Registration:
    return registration


@dataclass(frozen=True)
class Kernel:
    """Where the kernel of an op is: the function `registration` of the shared library.

    `adapt` turns what that returns into the registration to use.
    """

    op: str
    library: Path
    registration: str
    adapt: Callable[[Registration], Registration] = _unchanged

    @classmethod
    def of_all(cls, libraries: Iterable[KernelLibrary]) -> tuple[Kernel, ...]:
        """The kernels that a request names."""
        return tuple(
            cls(library.op, Path(library.library), library.registration) for library in libraries
        )

    def load(self) -> Registration:
        """The registration, under the op's name.

        Raises Mistake where the library cannot be loaded or has no such function.
        """
        try:
            return self.adapt(load_registration(self.op, self.library, self.registration))
        except KernelError as error:
            raise Mistake(
                str(error),
                field="custom_ops",
                value=self.op,
                fix="Fix the sources of its `tflite_custom_op`. On this machine a kernel finds "
                "only the C library: of TensorFlow Lite it can use the headers, and what the "
                "TfLiteContext points to.",
            ) from error


def registerers(kernels: Sequence[Kernel]) -> list[Callable[[int], None]]:
    """What TensorFlow and LiteRT take as registerers of custom ops: one for all `kernels`.

    Raises Mistake where a kernel cannot be loaded.
    """
    return [registerer({kernel.op: kernel.load() for kernel in kernels})] if kernels else []
