# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What runs one model in an arena of any size."""

from __future__ import annotations

from typing import Protocol, Sequence

import numpy as np

Calls = Sequence[Sequence[np.ndarray]]


class Runtime(Protocol):
    """Each function raises RuntimeError, or ends the process, if the model does not work."""

    def load(self, arena: int) -> None:
        """Lays the model's tensors out."""

    def report_allocations(self, arena: int) -> None:
        """Lays the model's tensors out, and writes to file descriptor 2 what they take, in the words
        of TFLite Micro's `RecordingMicroAllocator`."""

    def run_zeros(self, arena: int) -> None:
        """Calls the model once with zeros."""

    def run_calls(self, arena: int, calls: Calls, *, fresh: bool) -> list[list[np.ndarray]]:
        """The outputs of each call in turn, in the model's order, as the tensors store them.

        `fresh` has the model loaded for each call; else its variables last from call to call.
        """
