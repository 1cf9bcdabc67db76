# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""zig as a toolchain: its arguments for each platform."""

from __future__ import annotations

from pants.util.frozendict import FrozenDict

from pants_tflite.cc.platforms import ANDROID, CORTEX_M, LINUX, Platform
from pants_tflite.cc.toolchain import CXX, C, Toolchain

# Where the stand-ins for Android's own libraries are in a sandbox.
STUBS_FOLDER = "__android__"
ANDROID_LIBRARIES = ("libc.so", "libm.so")
HELPERS_LIBRARY = "libcompiler_rt.a"
_HEADERS = "{zig}/lib/libc/include"
_SIZE = "-Os"
_SPEED = "-O2"


def _target(platform: Platform, oldest: str) -> tuple[str, ...]:
    return ("-target", platform.zig_target.format(version=oldest), *platform.zig_flags)


def _compile_flags(platform: Platform) -> tuple[str, ...]:
    flags = [
        _SIZE if platform.is_microcontroller else _SPEED,
        # Paths of zig's own headers, which `__FILE__` in one of them would reveal.
        "-ffile-prefix-map={zig}=zig",
        # zig turns the sanitizer on by itself, and with it calls into a runtime that is not there.
        "-fno-sanitize=undefined",
        "-ffunction-sections",
        "-fdata-sections",
    ]
    if platform.system in (LINUX, ANDROID):
        flags.append("-fPIC")
    if platform.system == CORTEX_M:
        # Lays out enums as arm-none-eabi-gcc does: objects of both are linked together.
        flags.append("-fshort-enums")
    for headers in platform.zig_headers:
        flags += ["-isystem", f"{_HEADERS}/{headers}"]
    return tuple(flags)


def _helpers(platform: Platform, zig: tuple[str, ...], target: tuple[str, ...]) -> tuple[str, ...]:
    """Functions that a 32-bit processor lacks, from zig's sources; 64-bit code rarely calls any."""
    if platform.system != ANDROID or platform.architecture not in ("arm", "x86"):
        return ()
    # How floats are passed, a flag for C, is part of the target's name.
    flags = tuple(flag for flag in target if not flag.startswith("-mfloat-abi"))
    # In sections of their own, so that a library only gets those that it calls.
    options = ("-O", "ReleaseFast", "-fPIC", "-fstrip", "-ffunction-sections", "-fdata-sections")
    return (*zig, "build-obj", "{zig}/lib/compiler_rt.zig", *flags, *options)


def zig_toolchain(platform: Platform, oldest: str, zig: tuple[str, ...], version: str) -> Toolchain:
    """zig `version`, started as `zig`, for a platform whose oldest system is `oldest`.

    For Android it stands in for an NDK: it links against libraries that hold nothing but the names
    of what is known to be the same on every Android.
    """
    is_android = platform.system == ANDROID
    target = _target(platform, oldest)
    helpers = _helpers(platform, zig, target)
    # The helpers come last, so that they only define what none of the others does.
    libraries = (*ANDROID_LIBRARIES, HELPERS_LIBRARY) if helpers else ANDROID_LIBRARIES
    stubs = tuple(f"{STUBS_FOLDER}/{library}" for library in libraries)
    return Toolchain(
        name=f"zig {version}, without an NDK" if is_android else f"zig {version}",
        platform=platform,
        drivers=FrozenDict({C: (*zig, "cc", *target), CXX: (*zig, "c++", *target)}),
        archiver=(*zig, "ar", f"--format={'darwin' if platform.is_mach_o else 'gnu'}"),
        compile_flags=_compile_flags(platform),
        linker=(*zig, "ld.lld", "-z", "max-page-size=16384") if is_android else None,
        linker_libraries=stubs if is_android else (),
        helpers=helpers,
    )
