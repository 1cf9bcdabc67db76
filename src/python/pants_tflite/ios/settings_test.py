# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.ios.settings import (
    FrameworkSettings,
    check_bundle_id,
    check_min_ios,
    framework_name,
)
from pants_tflite.ios.target_types import BundleIdField, FrameworkNameField, MinIosField

ADDRESS = Address("m", target_name="ios")


@pytest.mark.parametrize("value", ["org.example.CatsVsDogs", "a.b", "org.1-2.x-y"])
def test_bundle_ids(value: str) -> None:
    assert check_bundle_id(BundleIdField(value, ADDRESS)) == value


@pytest.mark.parametrize(
    "value",
    ["", "CatsVsDogs", "org..x", ".org.x", "org.x.", "org.cats_dogs", "org.é", "org.x\n", "../a.b"]
    + ["org." + "x" * 152],
)
def test_what_is_no_bundle_id(value: str) -> None:
    with pytest.raises(TfLiteError) as error:
        check_bundle_id(BundleIdField(value, ADDRESS))
    assert f"m:ios, field `bundle_id` = {value!r}: that is not a bundle identifier" in str(
        error.value
    )
    assert "Fix: Give one in reverse-DNS form" in str(error.value)


@pytest.mark.parametrize(
    ("name", "bundle_id", "expected"),
    [
        (None, "org.example.CatsVsDogs", "CatsVsDogs"),
        (None, "org.example.cats-vs-dogs", "cats_vs_dogs"),
        ("Pets", "org.example.1", "Pets"),
    ],
)
def test_names(name: str | None, bundle_id: str, expected: str) -> None:
    assert framework_name(FrameworkNameField(name, ADDRESS), bundle_id) == expected


@pytest.mark.parametrize(
    ("name", "bundle_id", "value"),
    [
        (None, "org.example.1st", "1st"),
        (None, "org.example.class", "class"),
        ("cats-vs-dogs", "org.example.x", "cats-vs-dogs"),
        ("Foundation", "org.example.x", "Foundation"),
        ("../x", "org.example.x", "../x"),
        ("_x", "org.example.x", "_x"),
        ("", "org.example.x", ""),
        ("x" * 65, "org.example.x", "x" * 65),
    ],
)
def test_what_is_no_name(name: str | None, bundle_id: str, value: str) -> None:
    with pytest.raises(TfLiteError) as error:
        framework_name(FrameworkNameField(name, ADDRESS), bundle_id)
    assert f"m:ios, field `framework` = {value!r}: a framework cannot be called so" in str(
        error.value
    )
    assert ("(the last part of the `bundle_id`)" in str(error.value)) == (name is None)


@pytest.mark.parametrize("value", ["12.0", "13.0", "15.4.1", "26.0"])
def test_versions_of_ios(value: str) -> None:
    assert check_min_ios(MinIosField(value, ADDRESS)) == value


@pytest.mark.parametrize("value", ["", "13", "v13.0", "11.0", "9.0", "130.0", "13.0.0.0", "13.01"])
def test_what_is_no_version_of_ios(value: str) -> None:
    with pytest.raises(TfLiteError) as error:
        check_min_ios(MinIosField(value, ADDRESS))
    assert f"m:ios, field `min_ios` = {value!r}: that is not a version of iOS" in str(error.value)


@pytest.mark.parametrize(("version", "expected"), [("1.4.0", "1.4.0"), ("1.4.0-rc.1", "1.4.0")])
def test_a_property_list_has_no_pre_release(version: str, expected: str) -> None:
    assert FrameworkSettings("Pets", "a.b", "13.0", version).plist_version == expected
