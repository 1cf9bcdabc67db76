# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The GNU compiler for RISC-V that the user has installed, with picolibc and headers of C++.

Debian's has no headers of C++. Those of its compiler for Arm are for a small 32-bit processor, too, and
what TFLite Micro takes from them is nothing but templates and names.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, replace

from pants.engine.addresses import Address
from pants.engine.process import Process
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pants_tflite.cc.platforms import PLATFORMS, Platform
from pants_tflite.cc.system_tools import (
    GCC_PROGRAMS,
    ArmGccToolsRequest,
    SystemTools,
    SystemToolsRequest,
    find_arm_gcc_tools,
    find_system_tools,
)
from pants_tflite.compat import collect_rules, execute_process, implicitly, rule
from pants_tflite.errors import Mistake
from pants_tflite.subsystems.riscv_gcc import RiscvGcc

_SEARCHED = re.compile(
    r"^#include <\.\.\.> search starts here:\n(.*?)^End of search list", re.M | re.S
)
_CXX_FOLDER = "/c++/"
# Without a floating point unit, as the processors here.
_ARM = "cortex-m3"


@dataclass(frozen=True)
class RiscvGccRequest:
    """Asks for gcc, g++ and ar for a RISC-V; `address` is blamed if they are not there."""

    address: Address
    platform: Platform


@dataclass(frozen=True)
class RiscvGccTools:
    """`cxx_headers` are the folders of another compiler's headers of C++, if it has none itself."""

    tools: SystemTools
    cxx_headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class CxxHeadersRequest:
    """Asks in which folders g++ of `tools` looks for the headers of C++, if called with `flags`."""

    tools: SystemTools
    flags: tuple[str, ...]


@dataclass(frozen=True)
class CxxHeaders:
    """`knows_flags` is False if the compiler refuses the flags; then there are no `folders`."""

    folders: tuple[str, ...]
    knows_flags: bool


def read_cxx_folders(text: str) -> tuple[str, ...]:
    """The folders with headers of C++ among those that a compiler says it searches."""
    found = _SEARCHED.search(text)
    lines = found[1].splitlines() if found else []
    return tuple(os.path.normpath(line.strip()) for line in lines if _CXX_FOLDER in line)


@rule
async def find_cxx_headers(request: CxxHeadersRequest) -> CxxHeaders:
    _, gxx, _ = request.tools.paths
    result = await execute_process(
        Process(
            argv=(gxx, *request.flags, "-E", "-v", "-x", "c++", "/dev/null"),
            env=FrozenDict(request.tools.to_env()),
            description=f"Ask {os.path.basename(gxx)} for its headers",
            level=LogLevel.DEBUG,
        ),
        **implicitly(),
    )
    return CxxHeaders(
        folders=read_cxx_folders(result.stderr.decode(errors="replace")),
        knows_flags=result.exit_code == 0,
    )


def _with_version(tools: SystemTools, others: SystemTools) -> SystemTools:
    """`tools`, which depend on what is of the version of `others`."""
    both = f"{tools.version} {others.version}".encode()
    return replace(tools, version=hashlib.sha256(both).hexdigest())


@rule
async def find_riscv_gcc_tools(
    request: RiscvGccRequest, riscv_gcc: RiscvGcc, environment: RiscvGcc.EnvironmentAware
) -> RiscvGccTools:
    platform, gxx = request.platform, f"{riscv_gcc.prefix}g++"
    names = tuple(f"{riscv_gcc.prefix}{program}" for program in GCC_PROGRAMS)
    tools = await find_system_tools(SystemToolsRequest(names, environment.executable_search_path))
    if not tools.paths:
        raise Mistake(
            f"C++ for {platform} needs `{gxx}`, and none was found",
            fix="Install it (Debian has `gcc-riscv64-unknown-elf`, `picolibc-riscv64-unknown-elf` "
            "and, for headers of C++, `libstdc++-arm-none-eabi-newlib`), see that "
            "`[riscv-gcc].executable_search_paths` covers the place, or leave the processor out.",
        ).at(request.address)
    own = await find_cxx_headers(CxxHeadersRequest(tools, platform.gcc_flags))
    if not own.knows_flags:
        raise Mistake(
            f"`{gxx}` has no C library for {platform}: it takes no {' '.join(platform.gcc_flags)}",
            fix="Install picolibc for it (Debian has `picolibc-riscv64-unknown-elf`), or name a "
            "toolchain that has it by `[riscv-gcc].prefix`.",
        ).at(request.address)
    if own.folders:
        return RiscvGccTools(tools)
    arm = await find_arm_gcc_tools(ArmGccToolsRequest(), **implicitly())
    lent = CxxHeaders((), False)
    if arm.paths:
        lent = await find_cxx_headers(CxxHeadersRequest(arm, PLATFORMS[_ARM].gcc_flags))
    if not lent.folders:
        raise Mistake(
            f"`{gxx}` has no headers of C++, and `[arm-gcc]` has none for it either",
            fix="Install `libstdc++-arm-none-eabi-newlib` (Debian), whose headers serve, or name "
            "a toolchain with headers of its own by `[riscv-gcc].prefix`.",
        ).at(request.address)
    return RiscvGccTools(_with_version(tools, arm), lent.folders)


def rules():
    return collect_rules()
