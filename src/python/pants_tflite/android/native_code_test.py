# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Any

from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.android.maven import MavenCoordinates
from pants_tflite.android.native_code import platforms, registered_ops
from pants_tflite.android.settings import AndroidSettings
from pants_tflite.bundles.models import BundleModel
from pants_tflite.bundles.testutil import description_json
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.custom_ops.registration_code import RegisteredOp

COORDINATES = MavenCoordinates("org.example", "digits", "1.0.0")


def _op(name: str) -> CustomOp:
    address = Address("ops", target_name=name.lower())
    return CustomOp(address, name, f"Register_{name.upper()}", "", False, False)


def _model(**versions: int) -> BundleModel:
    ops: list[dict[str, Any]] = [
        {"name": name, "version": version, "count": 1, "custom": name.istitle()}
        for name, version in versions.items()
    ]
    facts = description_json({"ops": ops})
    return BundleModel("digits", Address("digits"), EMPTY_DIGEST, facts)


def test_kernels_are_for_all_versions_that_models_have() -> None:
    models = (_model(Meow=2, ADD=5), _model(Meow=1, Purr=1))
    assert registered_ops((_op("Meow"), _op("Purr"), _op("Hiss")), models) == (
        RegisteredOp("Meow", "Register_MEOW", 2),
        RegisteredOp("Purr", "Register_PURR", 1),
        RegisteredOp("Hiss", "Register_HISS", 1),
    )


def test_kernels_are_for_the_oldest_android_of_the_library() -> None:
    settings = AndroidSettings(
        "org.example", ("arm64-v8a", "x86"), 26, COORDINATES, COORDINATES, "libtflite.so"
    )
    assert [(platform.name, platform.oldest) for platform in platforms(settings)] == [
        ("android_arm64_v8a", "26"),
        ("android_x86", "26"),
    ]
