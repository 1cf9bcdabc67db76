# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""All rules of this package."""

from __future__ import annotations

from pants_tflite.custom_ops import (
    declarations,
    host_kernels,
    kernel_reports,
    kernel_sources,
    kernel_tests,
    libraries,
    maven,
    micro_sources,
    runtimes,
    sanitizers,
)


def rules():
    return (
        *declarations.rules(),
        *host_kernels.rules(),
        *kernel_reports.rules(),
        *kernel_sources.rules(),
        *kernel_tests.rules(),
        *libraries.rules(),
        *maven.rules(),
        *micro_sources.rules(),
        *runtimes.rules(),
        *sanitizers.rules(),
    )
