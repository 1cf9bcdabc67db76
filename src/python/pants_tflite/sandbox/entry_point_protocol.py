# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The function that an `entry_point` field names, and its arguments."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Mapping


@dataclass(frozen=True)
class EntryPointFunction:
    """A function in one of the user's modules; `file` is for error messages."""

    module: str
    function: str
    file: str

    @property
    def field_value(self) -> str:
        """The function as an `entry_point` field names it."""
        return f"{os.path.basename(self.file)}:{self.function}"

    def __str__(self) -> str:
        return f"`{self.function}` in `{self.file}`"


@dataclass(frozen=True)
class EntryPointCall:
    """A call of an entry point with a path for each of its arguments."""

    entry_point: EntryPointFunction
    inputs: Mapping[str, str]
