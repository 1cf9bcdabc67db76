# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""All rules of this package."""

from __future__ import annotations

from pants_tflite.coverage import ask, ask_all, interpreters, runtimes


def rules():
    return (*ask.rules(), *ask_all.rules(), *interpreters.rules(), *runtimes.rules())
