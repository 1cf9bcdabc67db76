# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The function that a field such as `entry_point` names, and its arguments."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Mapping

from pants_tflite.sandbox.protocol import left_out


@dataclass(frozen=True)
class EntryPointFunction:
    """A function in one of the user's modules; `file` is for error messages, and so is `field`, which
    names it."""

    module: str
    function: str
    file: str
    field: str = left_out("entry_point")

    @property
    def field_value(self) -> str:
        """The function as a field names it."""
        return f"{os.path.basename(self.file)}:{self.function}"

    def __str__(self) -> str:
        return f"`{self.function}` in `{self.file}`"


@dataclass(frozen=True)
class EntryPointCall:
    """A call of an entry point with a path for each of its arguments."""

    entry_point: EntryPointFunction
    inputs: Mapping[str, str]
