# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Android NDK as a toolchain."""

from __future__ import annotations

import os

from pants.util.frozendict import FrozenDict

from pants_tflite.cc.platforms import Platform
from pants_tflite.cc.system_tools import SystemTools
from pants_tflite.cc.toolchain import CXX, C, Toolchain


def ndk_toolchain(platform: Platform, api_level: int, tools: SystemTools) -> Toolchain:
    """clang, clang++ and llvm-ar of the NDK, for Android from `api_level` on."""
    clang, clangxx, ar = tools.paths
    target = f"--target={platform.ndk_target}{api_level}"
    folder = os.path.dirname(os.path.dirname(clang))
    return Toolchain(
        name=tools.description,
        platform=platform,
        drivers=FrozenDict({C: (clang, target), CXX: (clangxx, target)}),
        archiver=(ar,),
        compile_flags=(
            "-O2",
            f"-ffile-prefix-map={folder}=ndk",
            "-ffunction-sections",
            "-fdata-sections",
            "-fPIC",
        ),
        # libc++ is linked into each library, so that an app need not ship it. Newer devices
        # have pages of 16 KB.
        link_flags=("-static-libstdc++", "-Wl,-z,max-page-size=16384"),
        env=tools.to_env(),
    )
