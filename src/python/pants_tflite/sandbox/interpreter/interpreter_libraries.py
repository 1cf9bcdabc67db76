# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The two interpreters of TensorFlow Lite models: LiteRT's, and the one in TensorFlow.

TensorFlow's takes seconds to load. It is the only one that has TensorFlow's own kernels as well, for
models with ops that TensorFlow Lite lacks.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class InterpreterLibrary:
    """`title` is what people call it; `module` has the class and its options."""

    title: str
    module: str
    distributions: tuple[str, ...]

    def load(self) -> Any:
        return importlib.import_module(self.module)

    @property
    def tools(self) -> dict[str, str]:
        """The name and the version of what is installed."""
        for name in self.distributions:
            try:
                return {self.distributions[0]: importlib.metadata.version(name)}
            except importlib.metadata.PackageNotFoundError:
                continue
        raise ModuleNotFoundError(f"none of {', '.join(self.distributions)} is installed")

    def __str__(self) -> str:
        (version,) = self.tools.values()
        return f"{self.title} {version}"


LITERT = InterpreterLibrary("LiteRT", "ai_edge_litert.interpreter", ("ai-edge-litert",))
# The wheel with kernels for CPUs alone has a name of its own.
TENSORFLOW = InterpreterLibrary(
    "TensorFlow's interpreter",
    "tensorflow.lite.python.interpreter",
    ("tensorflow", "tensorflow-cpu"),
)
