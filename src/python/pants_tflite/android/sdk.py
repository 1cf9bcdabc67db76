# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The machine's Android SDK and JDK, which only a library with a Java API needs."""

from __future__ import annotations

from pants.option.option_types import StrOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap


class AndroidSdk(Subsystem):
    options_scope = "android-sdk"
    help = "The Android SDK and the JDK, which `java_api` of a `tflite_android_library` needs."

    home = StrOption(
        default=None,
        help=softwrap(
            """
            The directory of the Android SDK: the one that has `platforms/`.

            Defaults to the environment variable `ANDROID_HOME`, or to `ANDROID_SDK_ROOT` if that is
            not set.

            Example: `home = "/opt/android-sdk"`.
            """
        ),
    )
    platform = StrOption(
        default=None,
        help=softwrap(
            """
            The SDK platform whose `android.jar` Java is compiled against. It must be the same on
            all machines that share a cache.

            Defaults to the newest one that is installed.

            Example: `platform = "android-34"`.
            """
        ),
    )
    java_home = StrOption(
        default=None,
        help=softwrap(
            """
            The directory of the JDK: the one that has `bin/javac`.

            Defaults to the environment variable `JAVA_HOME`, or to the JDK of the `javac` on PATH
            if that is not set.

            Example: `java_home = "/usr/lib/jvm/java-17-openjdk-amd64"`.
            """
        ),
    )
