# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""All rules of this package."""

from __future__ import annotations

from pants_tflite.cc import (
    android_stubs,
    binary_inspection,
    compilation,
    linking,
    riscv_gcc_tools,
    system_tools,
    tool_processes,
    toolchain_selection,
    universal_binary,
    zig_installation,
)


def rules():
    return (
        *android_stubs.rules(),
        *binary_inspection.rules(),
        *compilation.rules(),
        *linking.rules(),
        *riscv_gcc_tools.rules(),
        *system_tools.rules(),
        *tool_processes.rules(),
        *toolchain_selection.rules(),
        *universal_binary.rules(),
        *zig_installation.rules(),
    )
