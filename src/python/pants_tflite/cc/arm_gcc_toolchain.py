# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The GNU compiler for Cortex-M as a toolchain."""

from __future__ import annotations

import os

from pants.util.frozendict import FrozenDict

from pants_tflite.cc.platforms import Platform
from pants_tflite.cc.system_tools import SystemTools
from pants_tflite.cc.toolchain import CXX, C, Toolchain


def arm_gcc_toolchain(platform: Platform, tools: SystemTools) -> Toolchain:
    """gcc, g++ and ar for Cortex-M."""
    gcc, gxx, ar = tools.paths
    folder = os.path.dirname(os.path.dirname(gcc))
    return Toolchain(
        name=tools.description,
        platform=platform,
        drivers=FrozenDict({C: (gcc, *platform.gcc_flags), CXX: (gxx, *platform.gcc_flags)}),
        archiver=(ar,),
        compile_flags=(
            "-Os",
            f"-ffile-prefix-map={folder}=gcc",
            "-ffunction-sections",
            "-fdata-sections",
        ),
        link_flags=("-Wl,--gc-sections", "-Wl,--build-id=none"),
        env=tools.to_env(),
    )
