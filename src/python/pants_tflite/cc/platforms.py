# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The platforms that native code is built for, and what each tool calls them."""

from __future__ import annotations

import platform as host
from dataclasses import dataclass

from pants_tflite.errors import TfLiteError

LINUX = "linux"
MACOS = "macos"
IOS = "ios"
IOS_SIMULATOR = "ios_simulator"
ANDROID = "android"
CORTEX_M = "cortex_m"
RISC_V = "risc_v"


@dataclass(frozen=True)
class Platform:
    """`architecture` is as an inspected binary names it; `zig_target` has `{version}` in place of
    the oldest system to run on: that of the options, unless `oldest` names another. Android's is
    an API level."""

    name: str
    system: str
    architecture: str
    zig_target: str
    zig_flags: tuple[str, ...] = ()
    zig_headers: tuple[str, ...] = ()
    # An Android ABI's own name, and its target in the NDK, before the API level.
    abi: str = ""
    ndk_target: str = ""
    gcc_flags: tuple[str, ...] = ()
    oldest: str = ""

    @property
    def is_mach_o(self) -> bool:
        return self.system in (MACOS, IOS, IOS_SIMULATOR)

    @property
    def is_microcontroller(self) -> bool:
        return self.system in (CORTEX_M, RISC_V)

    def __str__(self) -> str:
        return self.name


def _linux(architecture: str) -> Platform:
    target = f"{architecture}-linux-gnu.{{version}}"
    return Platform(
        name=f"linux_{architecture}", system=LINUX, architecture=architecture, zig_target=target
    )


def _apple(name: str, system: str, architecture: str, target: str) -> Platform:
    # zig finds its own headers for macOS, but not for iOS, where they are the same.
    headers = () if system == MACOS else ("any-darwin-any",)
    return Platform(
        name=name, system=system, architecture=architecture, zig_target=target, zig_headers=headers
    )


def _android(
    abi: str,
    architecture: str,
    zig_target: str,
    musl: str,
    ndk_target: str,
    zig_flags: tuple[str, ...] = (),
) -> Platform:
    return Platform(
        name=f"android_{abi.replace('-', '_')}",
        system=ANDROID,
        architecture=architecture,
        zig_target=zig_target,
        zig_flags=zig_flags,
        zig_headers=(f"{musl}-linux-musl", "generic-musl"),
        abi=abi,
        ndk_target=ndk_target,
    )


def _cortex_m(core: str, zig_cpu: str, fpu: str | None, gcc_core: str = "") -> Platform:
    float_flags = ("-mfloat-abi=hard", f"-mfpu={fpu}") if fpu else ("-mfloat-abi=soft",)
    return Platform(
        name=f"cortex-{core}",
        system=CORTEX_M,
        architecture="arm",
        zig_target="thumb-freestanding-eabihf" if fpu else "thumb-freestanding-eabi",
        zig_flags=(f"-mcpu={zig_cpu}",),
        zig_headers=("arm-linux-musl", "generic-musl"),
        gcc_flags=("-mthumb", f"-mcpu=cortex-{gcc_core or core}", *float_flags),
    )


_PLATFORMS = (
    _linux("x86_64"),
    _linux("aarch64"),
    _apple(
        name="macos_x86_64", system=MACOS, architecture="x86_64", target="x86_64-macos.{version}"
    ),
    _apple(
        name="macos_arm64", system=MACOS, architecture="aarch64", target="aarch64-macos.{version}"
    ),
    _apple(name="ios_arm64", system=IOS, architecture="aarch64", target="aarch64-ios.{version}"),
    _apple(
        name="ios_simulator_arm64",
        system=IOS_SIMULATOR,
        architecture="aarch64",
        target="aarch64-ios.{version}-simulator",
    ),
    _apple(
        name="ios_simulator_x86_64",
        system=IOS_SIMULATOR,
        architecture="x86_64",
        target="x86_64-ios.{version}-simulator",
    ),
    _android(
        abi="arm64-v8a",
        architecture="aarch64",
        zig_target="aarch64-linux-android",
        musl="aarch64",
        ndk_target="aarch64-linux-android",
    ),
    _android(
        abi="x86_64",
        architecture="x86_64",
        zig_target="x86_64-linux-android",
        musl="x86_64",
        ndk_target="x86_64-linux-android",
    ),
    _android(
        abi="armeabi-v7a",
        architecture="arm",
        zig_target="arm-linux-androideabi",
        musl="arm",
        ndk_target="armv7a-linux-androideabi",
        zig_flags=("-mcpu=generic+v7a+vfp3d16+thumb2", "-mfloat-abi=softfp"),
    ),
    _android(
        abi="x86",
        architecture="x86",
        zig_target="x86-linux-android",
        musl="x86",
        ndk_target="i686-linux-android",
    ),
    # Single precision where a core comes with either: code for it runs on both.
    _cortex_m("m0", "cortex_m0", None),
    _cortex_m("m0plus", "cortex_m0plus", None),
    _cortex_m("m3", "cortex_m3", None),
    _cortex_m("m4", "cortex_m4+vfp4d16sp", "fpv4-sp-d16"),
    _cortex_m("m7", "cortex_m7+fp_armv8d16sp", "fpv5-sp-d16"),
    _cortex_m("m23", "cortex_m23", None),
    _cortex_m("m33", "cortex_m33+fp_armv8d16sp", "fpv5-sp-d16"),
    _cortex_m("m55", "cortex_m55+fp_armv8d16+mve_fp", "auto"),
    # GCC knows it from version 13 on; all that it has in common with a Cortex-M55 is used.
    _cortex_m("m85", "cortex_m55+fp_armv8d16+mve_fp", "auto", "m55"),
    # Integers, multiplication and compressed instructions: an ESP32-C3 and its like.
    Platform(
        name="rv32imc",
        system=RISC_V,
        architecture="riscv32",
        zig_target="riscv32-freestanding-none",
        zig_flags=("-mcpu=generic_rv32+m+c",),
        zig_headers=("riscv32-linux-musl", "generic-musl"),
        gcc_flags=("-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"),
    ),
)
PLATFORMS = {platform.name: platform for platform in _PLATFORMS}
ANDROID_ABIS = {platform.abi: platform for platform in _PLATFORMS if platform.abi}


def host_platform() -> Platform:
    """The platform of this machine, which kernels are tested on."""
    machine = host.machine()
    system = {"Linux": LINUX, "Darwin": MACOS}.get(host.system())
    found = PLATFORMS.get(f"{system}_{machine}")
    if found is None:
        raise TfLiteError(
            f"Native code runs on Linux (x86_64, aarch64) and macOS, and this machine is "
            f"{host.system()} on {machine}.\n\nFix: build on another machine."
        )
    return found
