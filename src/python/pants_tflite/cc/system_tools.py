# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Compilers that the user has installed: where they are, and which version."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

from pants.core.util_rules.system_binaries import BinaryPathRequest, BinaryPathTest
from pants.engine.env_vars import EnvironmentVarsRequest
from pants.engine.process import Process
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    environment_vars_subset,
    execute_process_or_raise,
    find_binary,
    implicitly,
    rule,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.subsystems.android_ndk import ANDROID_NDK_HOME, AndroidNdk
from pants_tflite.subsystems.arm_gcc import ArmGcc

_VERSION_VARIABLE = "PANTS_TFLITE_COMPILER"
_NDK_HOSTS = ("linux-x86_64", "darwin-x86_64")
_NDK_PROGRAMS = ("clang", "clang++", "llvm-ar")
GCC_PROGRAMS = ("gcc", "g++", "ar")


@dataclass(frozen=True)
class SystemToolsRequest:
    """Programs that belong together, looked for by name in `search_path`."""

    names: tuple[str, ...]
    search_path: tuple[str, ...]


@dataclass(frozen=True)
class SystemTools:
    """The paths of the programs, in the order asked for; empty if any of them is missing.

    `description` is the first line that the first program prints about itself; `version` is a hash
    over what they all print, and stands for their content in cache keys.
    """

    paths: tuple[str, ...] = ()
    description: str = ""
    version: str = ""

    def to_env(self) -> FrozenDict[str, str]:
        return FrozenDict({_VERSION_VARIABLE: self.version})


@dataclass(frozen=True)
class NdkToolsRequest:
    """Asks for clang, clang++ and llvm-ar of the Android NDK."""


@dataclass(frozen=True)
class ArmGccToolsRequest:
    """Asks for gcc, g++ and ar for Cortex-M."""


@rule
async def find_system_tools(request: SystemToolsRequest) -> SystemTools:
    found = await concurrently(
        find_binary(
            BinaryPathRequest(
                binary_name=name,
                search_path=request.search_path,
                test=BinaryPathTest(args=["--version"]),
            ),
            **implicitly(),
        )
        for name in request.names
    )
    first = [binary.paths[0] for binary in found if binary.paths]
    if len(first) < len(request.names):
        return SystemTools()
    version = hashlib.sha256("".join(path.fingerprint for path in first).encode()).hexdigest()
    paths = tuple(path.path for path in first)
    says = await execute_process_or_raise(
        **implicitly(
            Process(
                argv=(paths[0], "--version"),
                # The variable changes the cache key after an upgrade at the same path.
                env=SystemTools(paths, version=version).to_env(),
                description=f"Ask {request.names[0]} for its version",
                level=LogLevel.DEBUG,
            )
        )
    )
    return SystemTools(paths, says.stdout.decode(errors="replace").split("\n")[0], version)


@rule
async def find_ndk_tools(_: NdkToolsRequest, ndk: AndroidNdk) -> SystemTools:
    variables = await environment_vars_subset(
        EnvironmentVarsRequest([ANDROID_NDK_HOME]), **implicitly()
    )
    folder = ndk.path or variables.get(ANDROID_NDK_HOME)
    if not folder:
        return SystemTools()
    search_path = tuple(
        os.path.join(folder, "toolchains", "llvm", "prebuilt", host, "bin") for host in _NDK_HOSTS
    )
    tools = await find_system_tools(SystemToolsRequest(_NDK_PROGRAMS, search_path))
    if not tools.paths:
        origin = "the option `[android-ndk].path`" if ndk.path else f"`{ANDROID_NDK_HOME}`"
        raise TfLiteError(
            f"{origin} = {folder!r}: no Android NDK that runs on this machine is there; "
            f"`toolchains/llvm/prebuilt/{_NDK_HOSTS[0]}/bin/clang` is looked for.\n\n"
            "Fix: name the folder of an NDK, or unset it: kernels of plain C need none."
        )
    return tools


@rule
async def find_arm_gcc_tools(
    _: ArmGccToolsRequest, arm_gcc: ArmGcc, environment: ArmGcc.EnvironmentAware
) -> SystemTools:
    names = tuple(f"{arm_gcc.prefix}{program}" for program in GCC_PROGRAMS)
    return await find_system_tools(SystemToolsRequest(names, environment.executable_search_path))


def rules():
    return collect_rules()
