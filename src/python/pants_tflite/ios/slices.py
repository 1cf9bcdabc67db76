# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The slices of an XCFramework: one framework for devices, one for simulators."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pants_tflite.cc.platforms import PLATFORMS, Platform


@dataclass(frozen=True)
class Slice:
    """`platforms` are what the framework's binary is compiled for, by the names that
    util_rules/cc/platforms.py gives them; `architectures` are Apple's names of the same."""

    identifier: str
    platforms: tuple[str, ...]
    architectures: tuple[str, ...]
    bundle_platform: str
    variant: str = ""

    def binary(self, name: str) -> str:
        """Where the binary of the framework called `name` lies."""
        return f"{name}.xcframework/{self.identifier}/{name}.framework/{name}"


DEVICE = Slice(
    identifier="ios-arm64",
    platforms=("ios_arm64",),
    architectures=("arm64",),
    bundle_platform="iPhoneOS",
)
SIMULATOR = Slice(
    identifier="ios-arm64_x86_64-simulator",
    platforms=("ios_simulator_arm64", "ios_simulator_x86_64"),
    architectures=("arm64", "x86_64"),
    bundle_platform="iPhoneSimulator",
    variant="simulator",
)
SLICES = (DEVICE, SIMULATOR)
PLATFORM_NAMES = tuple(name for each in SLICES for name in each.platforms)


def ios_platform(name: str, oldest: str) -> Platform:
    """One of `PLATFORM_NAMES`, for iOS `oldest` and newer."""
    return replace(PLATFORMS[name], oldest=oldest)
