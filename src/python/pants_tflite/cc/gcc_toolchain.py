# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The GNU compiler for microcontrollers as a toolchain."""

from __future__ import annotations

import os

from pants.util.frozendict import FrozenDict

from pants_tflite.cc.platforms import Platform
from pants_tflite.cc.system_tools import SystemTools
from pants_tflite.cc.toolchain import CXX, C, Toolchain


def gcc_toolchain(
    platform: Platform, tools: SystemTools, *, cxx_headers: tuple[str, ...] = ()
) -> Toolchain:
    """gcc, g++ and ar for a microcontroller. `cxx_headers` are folders of the headers of C++ if the
    compiler has none of its own."""
    gcc, gxx, ar = tools.paths
    folders = {os.path.dirname(os.path.dirname(gcc)): "gcc", **{h: "c++" for h in cxx_headers}}
    headers = (flag for folder in cxx_headers for flag in ("-isystem", folder))
    return Toolchain(
        name=tools.description,
        platform=platform,
        drivers=FrozenDict(
            {C: (gcc, *platform.gcc_flags), CXX: (gxx, *platform.gcc_flags, *headers)}
        ),
        archiver=(ar,),
        compile_flags=(
            "-Os",
            *(f"-ffile-prefix-map={folder}={name}" for folder, name in folders.items()),
            "-ffunction-sections",
            "-fdata-sections",
        ),
        link_flags=("-Wl,--gc-sections", "-Wl,--build-id=none"),
        env=tools.to_env(),
    )
