# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The signatures that the user takes out of verification."""

from __future__ import annotations

from typing import Sequence

from pants_tflite.sandbox.mistakes import Mistake

FIELD = "skip_verification"


def without_skipped(names: Sequence[str], skip: Sequence[str]) -> list[str]:
    """The signatures to verify. Raises Mistake where one to skip does not exist."""
    unknown = sorted(set(skip) - set(names))
    if unknown:
        raise Mistake(
            f"the model has no signature `{unknown[0]}`, so that nothing of it can be skipped",
            field=FIELD,
            value=", ".join(skip),
            fix=f"Choose from the signatures that are converted: {', '.join(sorted(names))}.",
        )
    return [name for name in names if name not in skip]
