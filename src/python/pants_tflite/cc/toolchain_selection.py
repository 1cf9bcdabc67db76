# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which toolchain builds for a platform, with all that it needs around it in a sandbox."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pants.engine.addresses import Address

from pants_tflite.cc.gcc_toolchain import gcc_toolchain
from pants_tflite.cc.ndk_toolchain import ndk_toolchain
from pants_tflite.cc.platforms import (
    ANDROID,
    CORTEX_M,
    IOS,
    IOS_SIMULATOR,
    LINUX,
    MACOS,
    RISC_V,
    Platform,
)
from pants_tflite.cc.riscv_gcc_tools import RiscvGccRequest, find_riscv_gcc_tools
from pants_tflite.cc.system_tools import (
    ArmGccToolsRequest,
    NdkToolsRequest,
    find_arm_gcc_tools,
    find_ndk_tools,
)
from pants_tflite.cc.toolchain import C, Toolchain
from pants_tflite.cc.zig_installation import ZigRequest, set_up_zig
from pants_tflite.cc.zig_toolchain import zig_toolchain
from pants_tflite.compat import collect_rules, implicitly, rule
from pants_tflite.errors import Mistake, TfLiteError
from pants_tflite.subsystems.android_ndk import ANDROID_NDK_HOME, AndroidNdk
from pants_tflite.subsystems.arm_gcc import ArmGcc
from pants_tflite.subsystems.zig import Zig


@dataclass(frozen=True)
class ToolchainRequest:
    """The toolchain for things that are linked together: `language` is C++ if any of them is.

    `address` is blamed if no toolchain fits.
    """

    address: Address
    platform: Platform
    language: str


@dataclass(frozen=True)
class ZigToolchainRequest:
    """zig for a platform, whatever else is installed."""

    platform: Platform


def _oldest_system(platform: Platform, zig: Zig) -> str:
    """The oldest system that binaries for `platform` must run on, as zig counts versions."""
    if platform.oldest:
        return platform.oldest
    if platform.system != LINUX:
        return {IOS: zig.ios, IOS_SIMULATOR: zig.ios, MACOS: zig.macos}.get(platform.system, "")
    if platform.name not in zig.glibc:
        raise TfLiteError(
            f"The option `[zig].glibc` = {dict(zig.glibc)!r} says nothing of `{platform}`.\n\n"
            f'Fix: add one, such as "{platform}": "2.28".'
        )
    return zig.glibc[platform.name]


@rule
async def find_zig_toolchain(request: ZigToolchainRequest, zig: Zig) -> Toolchain:
    oldest = _oldest_system(request.platform, zig)
    installation = await set_up_zig(ZigRequest(), **implicitly())
    return replace(
        zig_toolchain(
            platform=request.platform,
            oldest=oldest,
            zig=installation.command,
            version=installation.version,
        ),
        digest=installation.digest,
        env=installation.env,
        append_only_caches=installation.append_only_caches,
        environment=installation.environment,
    )


@rule(desc="Choose a compiler")
async def choose_toolchain(
    request: ToolchainRequest, ndk: AndroidNdk, arm_gcc: ArmGcc
) -> Toolchain:
    platform = request.platform
    if platform.system == ANDROID:
        tools = await find_ndk_tools(NdkToolsRequest(), **implicitly())
        if tools.paths:
            return ndk_toolchain(platform, int(platform.oldest or ndk.api_level), tools)
        if request.language != C:
            raise Mistake(
                f"C++ for {platform} needs an Android NDK, and none is named",
                fix=f"Set `[android-ndk].path` or `{ANDROID_NDK_HOME}`, or write it in plain C, "
                "which needs none.",
            ).at(request.address)
    if platform.system == CORTEX_M and request.language != C:
        tools = await find_arm_gcc_tools(ArmGccToolsRequest(), **implicitly())
        if not tools.paths:
            raise Mistake(
                f"C++ for {platform} needs `{arm_gcc.prefix}g++`, and none was found",
                fix="Install it (Debian has `gcc-arm-none-eabi` and `libstdc++-arm-none-eabi-newlib`), "
                "see that `[arm-gcc].executable_search_paths` covers the place, or write it in "
                "plain C, which needs none.",
            ).at(request.address)
        return gcc_toolchain(platform, tools)
    if platform.system == RISC_V and request.language != C:
        riscv = await find_riscv_gcc_tools(
            RiscvGccRequest(request.address, platform), **implicitly()
        )
        return gcc_toolchain(platform, riscv.tools, cxx_headers=riscv.cxx_headers)
    return await find_zig_toolchain(ZigToolchainRequest(platform), **implicitly())


def rules():
    return collect_rules()
