# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Android NDK that the user has installed, if any."""

from __future__ import annotations

from pants.option.option_types import IntOption, StrOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap

ANDROID_NDK_HOME = "ANDROID_NDK_HOME"


class AndroidNdk(Subsystem):
    options_scope = "android-ndk"
    help = "The Android NDK, which compiles C++ for Android and, if there is one, C as well."

    path = StrOption(
        default=None,
        help=softwrap(
            f"""
            The folder of an Android NDK: the one that holds `toolchains/llvm`.

            Defaults to the environment variable `{ANDROID_NDK_HOME}`. If neither is set, kernels in
            plain C are compiled with zig.

            Example: `path = "/opt/android-ndk-r28"`.
            """
        ),
    )
    api_level = IntOption(
        default=21,
        help=softwrap(
            """
            The oldest Android version that binaries must run on, as its API level. Kernels in an
            Android library are built for the library's own `min_sdk` instead.

            Defaults to 21, Android 5.0.

            Example: `api_level = 26`.
            """
        ),
    )
