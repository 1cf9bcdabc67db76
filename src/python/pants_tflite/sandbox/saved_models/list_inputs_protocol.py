# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `list_inputs` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.entry_point_protocol import EntryPointFunction
from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class ListInputsRequest(Message):
    """`inputs` are the names of those that there are."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.saved_models.list_inputs"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("inputs.json",)

    entry_point: EntryPointFunction
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class InputsReport(Message):
    """The inputs that the function takes, sorted."""

    FILE: ClassVar[str] = "inputs.json"

    taken: tuple[str, ...]
