# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""All rules of this package."""

from __future__ import annotations

from pants_tflite.coverage import ask, interpreters, runtimes


def rules():
    return (*ask.rules(), *interpreters.rules(), *runtimes.rules())
