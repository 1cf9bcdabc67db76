# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Names of libraries and models in C++."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.micro.generated.names import check_model_names, library_name


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (Address("models/sine", target_name="mcu"), "sine_mcu"),
        (Address("", target_name="Wake-Word"), "wake_word"),
        (
            Address("apps/wake.word", target_name="m", parameters={"layout": "zephyr"}),
            "wake_word_m",
        ),
    ],
)
def test_default_names(address: Address, expected: str) -> None:
    assert library_name(address, None) == expected


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Sine",
        "2sine",
        "_sine",
        "a__b",
        "a-b",
        "../a",
        "int",
        "std",
        "ä",
        "a" * 49,
        "atan",
        "time",
    ],
)
def test_what_is_no_library_name(name: str) -> None:
    with pytest.raises(TfLiteError) as error:
        library_name(Address("m", target_name="mcu"), name)
    assert f"m:mcu, field `library` = {name!r}" in str(error.value)


def test_a_default_name_that_cpp_cannot_use_says_what_to_do() -> None:
    with pytest.raises(TfLiteError, match='library="wake_word"'):
        library_name(Address("1", target_name="2"), None)


@pytest.mark.parametrize("name", ["a__b", "switch", "tflite", "a" * 49])
def test_model_names(name: str) -> None:
    address = Address("m", target_name="mcu")
    check_model_names(address, ["sine", "model_1", "trailing_"])
    with pytest.raises(TfLiteError) as error:
        check_model_names(address, ["sine", name])
    assert f"m:mcu, field `model_names` = {name!r}" in str(error.value)
