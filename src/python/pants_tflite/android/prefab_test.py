# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import json

from pants_tflite.android.prefab import PrefabPackage

PACKAGE = PrefabPackage("digits-android", "1.4.0-rc.1", "digits_android_ops", 24)
MODULE = "prefab/modules/digits_android_ops"


def test_where_things_are() -> None:
    assert PACKAGE.library == "libdigits_android_ops.so"
    assert PACKAGE.header_path == f"{MODULE}/include/digits_android_ops.h"
    assert PACKAGE.library_folder("x86") == f"{MODULE}/libs/android.x86"


def test_descriptions() -> None:
    described = PACKAGE.describe(("arm64-v8a", "x86"))
    assert {path: json.loads(text) for path, text in described.items()} == {
        # CMake's versions are numbers.
        "prefab/prefab.json": {
            "name": "digits-android",
            "schema_version": 2,
            "version": "1.4.0",
            "dependencies": [],
        },
        f"{MODULE}/module.json": {
            "export_libraries": [],
            "library_name": "libdigits_android_ops",
        },
        **{
            f"{MODULE}/libs/android.{abi}/abi.json": {
                "abi": abi,
                "api": 24,
                "ndk": 0,
                "stl": "none",
                "static": False,
            }
            for abi in ("arm64-v8a", "x86")
        },
    }
