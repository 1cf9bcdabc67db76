# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `draft` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional

from pants_tflite.sandbox.conversion.convert_protocol import ConvertRequest
from pants_tflite.sandbox.entry_point_protocol import EntryPointCall
from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class DraftRequest(Message):
    """Asks for what the function of `call` returns as a model, before its training. `shapes` are fixed of
    its inputs, by name. What `convert` says of a SavedModel is not looked at.

    If the converter refuses it, `error.json` says why, and the program succeeds all the same: then, too, it
    leaves the SavedModel's graph and the lines of the code that made it.
    """

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.conversion.draft"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("model.tflite",)
    INSTEAD: ClassVar[Optional[str]] = "error.json"

    call: EntryPointCall
    seed: int
    shapes: Mapping[str, tuple[Optional[int], ...]]
    convert: ConvertRequest
