# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The backend `pants_tflite.ios`: models as XCFrameworks and Swift packages, on top of the core."""

from __future__ import annotations

from pants_tflite.ios import frameworks, kernels, package, plans, swift_packages
from pants_tflite.ios.target_types import TfLiteIosFrameworkTarget


def target_types():
    return (TfLiteIosFrameworkTarget,)


def rules():
    return (
        *frameworks.rules(),
        *kernels.rules(),
        *package.rules(),
        *plans.rules(),
        *swift_packages.rules(),
    )
