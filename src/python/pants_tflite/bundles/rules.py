# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""All rules of this package."""

from __future__ import annotations

from pants_tflite.bundles import archives, contents, models


def rules():
    return (
        *archives.rules(),
        *contents.rules(),
        *models.rules(),
    )
