# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `render_model` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class RenderRequest(Message):
    """`library` and `name` are identifiers; golden files are there for a model that LiteRT ran."""

    PROGRAM: ClassVar[str] = "pants_tflite.micro.sandbox.render_model"

    library: str
    name: str
    model: str
    golden_input: Optional[str]
    golden_output: Optional[str]

    def output_files(self) -> tuple[str, ...]:
        return (f"src/{self.name}_model.cc", f"self_test/{self.name}_golden.cc")
