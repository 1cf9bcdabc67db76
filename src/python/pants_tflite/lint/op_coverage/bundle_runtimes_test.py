# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which runtime stands for that of a bundle."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address

from pants_tflite.android.target_types import TfLiteAndroidLibraryTarget
from pants_tflite.ios.target_types import TfLiteIosFrameworkTarget
from pants_tflite.lint.op_coverage.bundle_runtimes import runtime_of_maven, runtimes_of
from pants_tflite.linux.target_types import TfLiteLinuxArchiveTarget
from pants_tflite.micro.target_types import TfLiteMicroLibraryTarget

ADDRESS = Address("app", target_name="bundle")
ANDROID = {"models": [":m"], "package": "org.example.app"}


@pytest.mark.parametrize(
    ("coordinates", "name"),
    [
        ("org.tensorflow:tensorflow-lite:2.16.1", "tflite_runtime_2_14"),
        ("org.tensorflow:tensorflow-lite:2.9.0", "tflite_runtime_2_14"),
        ("com.google.ai.edge.litert:litert:1.0.1", "litert_1_0"),
        ("com.google.ai.edge.litert:litert:1.2.0", "litert_1_0"),
        ("com.google.ai.edge.litert:litert:1.4.0", "litert_1_4"),
        ("com.google.ai.edge.litert:litert:2.1.5", "litert_1_4"),
        ("com.google.ai.edge.litert:litert:2.3.0", "litert"),
        ("com.google.ai.edge.litert:litert:2.10.0", "litert"),
        ("org.example:own-runtime:7.0", "litert"),
    ],
)
def test_the_newest_that_is_not_newer(coordinates: str, name: str) -> None:
    assert runtime_of_maven(coordinates) == name


def test_each_kind_of_bundle_has_one() -> None:
    android = TfLiteAndroidLibraryTarget({**ANDROID}, ADDRESS)
    ios = TfLiteIosFrameworkTarget({"models": [":m"], "bundle_id": "org.example.app"}, ADDRESS)
    linux = TfLiteLinuxArchiveTarget({"models": [":m"]}, ADDRESS)
    micro = TfLiteMicroLibraryTarget({"models": [":m"]}, ADDRESS)
    found = [runtimes_of(target, {})[0] for target in (android, ios, linux, micro)]
    assert [(runtime.name, runtime.takes_flex) for runtime in found] == [
        ("litert_1_4", True),
        ("tflite_runtime_2_14", True),
        ("litert", False),
        ("micro", False),
    ]
    assert found[0].what == "com.google.ai.edge.litert:litert:1.4.0 in app:bundle"


def test_the_user_chooses_another() -> None:
    runtime = "org.tensorflow:tensorflow-lite:2.16.1"
    android = TfLiteAndroidLibraryTarget({**ANDROID, "runtime": runtime}, ADDRESS)
    (chosen,) = runtimes_of(android, {"tflite_android_library": "tensorflow_2_16"})
    assert (chosen.name, chosen.takes_flex) == ("tensorflow_2_16", True)
    assert "2.16.1" in chosen.what


def test_an_app_with_a_runtime_of_its_own_is_asked_of_this_litert() -> None:
    (own,) = runtimes_of(TfLiteAndroidLibraryTarget({**ANDROID, "runtime": ""}, ADDRESS), {})
    assert (own.name, own.what) == ("litert", "the app's own runtime in app:bundle")


def test_a_library_with_an_npu_is_asked_of_that_as_well() -> None:
    library = TfLiteMicroLibraryTarget({"models": [":m"], "npu": "ethos-u55-128"}, ADDRESS)
    micro, npu = runtimes_of(library, {"tflite_micro_library": "litert"})
    assert (micro.name, npu.name) == ("litert", "ethos-u55-128")
    assert micro.what == npu.what == "app:bundle"
