# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Android SDK and JDK on the machine, which only a library with a Java API needs."""

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

            Defaults to $ANDROID_HOME, and without one to $ANDROID_SDK_ROOT.

            Example: `home = "/opt/android-sdk"`.
            """
        ),
    )
    platform = StrOption(
        default=None,
        help=softwrap(
            """
            The SDK's platform whose `android.jar` Java is compiled against. Keep it the same on every
            machine that shares a cache.

            Defaults to the newest that is installed.

            Example: `platform = "android-34"`.
            """
        ),
    )
    java_home = StrOption(
        default=None,
        help=softwrap(
            """
            The directory of the JDK: the one that has `bin/javac`.

            Defaults to $JAVA_HOME, and without one to the JDK of the `javac` on $PATH.

            Example: `java_home = "/usr/lib/jvm/java-17-openjdk-amd64"`.
            """
        ),
    )
