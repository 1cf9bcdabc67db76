# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `fix_shapes` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class FixShapesRequest(Message):
    """`shapes` are those of inputs, by name; an unknown dimension, which stays so, is None. Next to the
    SavedModel is the report of its export. Without `signatures`, `serving_default` is written, or the
    only one there is."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.saved_models.fix_shapes"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("export.json", "saved_model/saved_model.pb")

    saved_model: str
    signatures: tuple[str, ...]
    shapes: Mapping[str, tuple[Optional[int], ...]]
    seed: int
    threads: int
