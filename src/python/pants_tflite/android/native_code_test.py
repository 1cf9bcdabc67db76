# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pants_tflite.android.maven import MavenCoordinates
from pants_tflite.android.native_code import platforms
from pants_tflite.android.settings import AndroidSettings

COORDINATES = MavenCoordinates("org.example", "digits", "1.0.0")


def test_kernels_are_for_the_oldest_android_of_the_library() -> None:
    settings = AndroidSettings(
        package="org.example",
        abis=("arm64-v8a", "x86"),
        min_sdk=26,
        coordinates=COORDINATES,
        runtime_library="libtflite.so",
    )
    assert [(platform.name, platform.oldest) for platform in platforms(settings)] == [
        ("android_arm64_v8a", "26"),
        ("android_x86", "26"),
    ]
