# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The backend `pants_tflite.android`, on top of the core: models as Android libraries."""

from __future__ import annotations

from pants_tflite import compat  # noqa: F401 - first: it silences a newer Pants on rule modules
from pants_tflite.android import (
    aar,
    android_jars,
    classes,
    java_compiler,
    maven,
    native_code,
    package,
    page_sizes,
    unique_packages,
)
from pants_tflite.android.target_types import TfLiteAndroidLibraryTarget


def target_types():
    return (TfLiteAndroidLibraryTarget,)


def rules():
    return (
        *aar.rules(),
        *android_jars.rules(),
        *classes.rules(),
        *java_compiler.rules(),
        *maven.rules(),
        *native_code.rules(),
        *package.rules(),
        *page_sizes.rules(),
        *unique_packages.rules(),
    )
