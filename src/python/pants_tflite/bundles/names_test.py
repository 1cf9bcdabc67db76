# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Mapping, Optional, Sequence

import pytest
from pants.engine.addresses import Address

from pants_tflite.bundles.names import (
    check_label_keys,
    check_names,
    check_version,
    default_name,
    is_name,
)
from pants_tflite.errors import TfLiteError

ADDRESS = Address("pets", target_name="bundle")
CATS = Address("pets/cats", target_name="tflite")
DOGS = Address("pets/dogs", target_name="tflite")


@pytest.mark.parametrize("value", ["a", "digits", "cats_vs_dogs2", "x" * 64])
def test_names(value: str) -> None:
    assert is_name(value)


@pytest.mark.parametrize(
    "value", ["", "2digits", "_x", "Digits", "a-b", "a.b", "a/b", "..", "a\n", "é", "x" * 65]
)
def test_no_names(value: str) -> None:
    assert not is_name(value)


@pytest.mark.parametrize(
    ("directory", "target", "is_file", "expected"),
    [
        ("models/digits", "tflite", False, "digits"),
        ("models/Cats-vs.Dogs", "tflite", False, "cats_vs_dogs"),
        ("models/files", "Hello-World", True, "hello_world"),
        ("", "tflite", False, "tflite"),
    ],
)
def test_default_name(directory: str, target: str, is_file: bool, expected: str) -> None:
    assert default_name(Address(directory, target_name=target), is_file=is_file) == expected


def test_names_that_fit() -> None:
    models = ("cats:tflite", "dogs:tflite")
    check_names(ADDRESS, models, {"dogs:tflite": "dog"}, [(CATS, "cats"), (DOGS, "dog")])


@pytest.mark.parametrize(
    ("names", "resolved", "expected"),
    [
        (
            {"cats": "x"},
            [(CATS, "cats")],
            "field `model_names` = 'cats': cats is not among the bundle's models: cats:tflite",
        ),
        (
            {},
            [(CATS, "2cats")],
            "field `model_names` = '2cats': the name of pets/cats:tflite must be of lower-case",
        ),
        (
            {},
            [(CATS, "pet"), (DOGS, "pet")],
            "field `model_names` = 'pet': pets/cats:tflite and pets/dogs:tflite have the same name",
        ),
        # One model given twice would be packaged twice.
        (
            {},
            [(CATS, "pet"), (Address("pets/cats", target_name="tflite"), "pet")],
            "field `model_names` = 'pet': pets/cats:tflite and pets/cats:tflite have the same name",
        ),
    ],
)
def test_names_that_do_not_fit(
    names: Mapping[str, str], resolved: Sequence[tuple[Address, str]], expected: str
) -> None:
    with pytest.raises(TfLiteError) as error:
        check_names(ADDRESS, ("cats:tflite",), names, resolved)
    assert f"pets:bundle, {expected}" in str(error.value)
    assert "Fix: " in str(error.value)


def test_labels_for_no_model() -> None:
    check_label_keys(ADDRESS, {"cats": ":labels"}, ("cats", "dogs"))
    with pytest.raises(TfLiteError) as error:
        check_label_keys(ADDRESS, {"cats": ":labels", ":cats": ":labels"}, ("cats", "dogs"))
    assert "field `labels` = ':cats': no model of the bundle has that name" in str(error.value)
    assert "they are cats, dogs" in str(error.value)


@pytest.mark.parametrize("value", ["0.1.0", "1.20.300", "1.0.0-rc.1", "1.0.0-alpha-2.x"])
def test_versions(value: str) -> None:
    assert check_version(ADDRESS, value) == value


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "1",
        "1.0",
        "01.0.0",
        "1.0.0.0",
        "v1.0.0",
        "1.0.0-",
        "1.0.0-a..b",
        "1.0.0/..",
        "1.0.0\n",
    ],
)
def test_no_versions(value: Optional[str]) -> None:
    with pytest.raises(TfLiteError, match="pets:bundle, field `version`") as error:
        check_version(ADDRESS, value)
    assert "1.4.0-rc.1" in str(error.value)
