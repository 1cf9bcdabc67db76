# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The GNU compiler for Cortex-M as a toolchain."""

from __future__ import annotations

from pants.util.frozendict import FrozenDict

from pants_tflite.util_rules.cc.platforms import Platform
from pants_tflite.util_rules.cc.toolchain import CXX, C, Toolchain


def arm_gcc_toolchain(platform: Platform, gcc: str, gxx: str, ar: str, version: str) -> Toolchain:
    """`gcc`, `gxx` and `ar` are paths. `version` stands for their content in cache keys."""
    return Toolchain(
        name="arm-none-eabi-gcc",
        platform=platform,
        drivers=FrozenDict({C: (gcc, *platform.gcc_flags), CXX: (gxx, *platform.gcc_flags)}),
        archiver=(ar,),
        compile_flags=("-Os", "-ffunction-sections", "-fdata-sections"),
        link_flags=("-Wl,--gc-sections", "-Wl,--build-id=none"),
        env=FrozenDict({"PANTS_TFLITE_COMPILER": version}),
    )
