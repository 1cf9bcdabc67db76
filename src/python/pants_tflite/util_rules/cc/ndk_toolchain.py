# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Android NDK as a toolchain."""

from __future__ import annotations

from pants.util.frozendict import FrozenDict

from pants_tflite.util_rules.cc.platforms import Platform
from pants_tflite.util_rules.cc.toolchain import CXX, C, Toolchain


def ndk_toolchain(
    platform: Platform, api_level: int, clang: str, clangxx: str, ar: str, version: str
) -> Toolchain:
    """`clang`, `clangxx` and `ar` are paths. `version` stands for their content in cache keys."""
    target = f"--target={platform.ndk_target}{api_level}"
    return Toolchain(
        name="Android NDK",
        platform=platform,
        drivers=FrozenDict({C: (clang, target), CXX: (clangxx, target)}),
        archiver=(ar,),
        compile_flags=("-O2", "-fPIC", "-ffunction-sections", "-fdata-sections"),
        # libc++ inside of each library, so that an app need not ship it beside them.
        link_flags=("-static-libstdc++", "-Wl,-z,max-page-size=16384"),
        env=FrozenDict({"PANTS_TFLITE_COMPILER": version}),
    )
