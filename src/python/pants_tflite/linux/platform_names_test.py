# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.linux.platform_names import (
    check_archive_name,
    check_platforms,
    default_archive_name,
)
from pants_tflite.linux.target_types import LinuxArchiveNameField, LinuxPlatformsField

ADDRESS = Address("pets", target_name="linux")


@pytest.mark.parametrize(
    ("directory", "target", "expected"),
    [
        ("models/cats_vs_dogs", "raspberry_pi", "cats_vs_dogs_raspberry_pi"),
        ("models/pets", "pets", "pets"),
        ("", "all", "all"),
        ("a b", "c+d", "a_b_c_d"),
    ],
)
def test_default_name(directory: str, target: str, expected: str) -> None:
    assert default_archive_name(Address(directory, target_name=target)) == expected


@pytest.mark.parametrize("value", ["pet-camera", "0.x_Y"])
def test_given_name(value: str) -> None:
    assert check_archive_name(LinuxArchiveNameField(value, ADDRESS)) == value
    assert check_archive_name(LinuxArchiveNameField(None, ADDRESS)) == "pets_linux"


@pytest.mark.parametrize(
    "value", ["", "../x", "a/b", "a\\b", ".hidden", "-x", "x y", "é", "x" * 101]
)
def test_no_name(value: str) -> None:
    with pytest.raises(TfLiteError) as error:
        check_archive_name(LinuxArchiveNameField(value, ADDRESS))
    assert f"pets:linux, field `archive_name` = {value!r}: the name must be of" in str(error.value)
    assert "Fix: " in str(error.value)


def test_a_target_whose_own_names_are_no_name() -> None:
    with pytest.raises(TfLiteError, match="field `archive_name` = '_x_linux'"):
        check_archive_name(LinuxArchiveNameField(None, Address("_x", target_name="linux")))


def test_platforms_are_sorted_and_once() -> None:
    values = ("linux_x86_64", "linux_aarch64", "linux_x86_64")
    assert check_platforms(LinuxPlatformsField(values, ADDRESS)) == (
        "linux_aarch64",
        "linux_x86_64",
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((), "field `platforms`: the archive is for no platform"),
        (("linux_aarch64", "linux_armv7"), "field `platforms` = 'linux_armv7': LiteRT's Python"),
    ],
)
def test_bad_platforms(values: tuple[str, ...], expected: str) -> None:
    with pytest.raises(TfLiteError) as error:
        check_platforms(LinuxPlatformsField(values, ADDRESS))
    assert f"pets:linux, {expected}" in str(error.value)
    assert "linux_aarch64" in str(error.value)
