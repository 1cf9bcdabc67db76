# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which other targets a field names."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address

from pants_tflite.fields import (
    AddressesField,
    AddressesOrNamesField,
    AddressField,
    AddressOrNameField,
    NamedAddressesField,
    ReferencesMixin,
    is_address,
)

ADDRESS = Address("m", target_name="t")


class _One(AddressField):
    alias = "one"


class _OneOrName(AddressOrNameField):
    alias = "one_or_name"


class _Several(AddressesField):
    alias = "several"


class _SeveralOrNames(AddressesOrNamesField):
    alias = "several_or_names"


class _Named(NamedAddressesField):
    alias = "named"


@pytest.mark.parametrize("value", [":t", "m:t", "//:t", "m/n", "./n:t"])
def test_a_value_with_a_colon_or_a_slash_is_an_address(value: str) -> None:
    assert is_address(value)


def test_a_value_with_neither_is_a_name() -> None:
    assert not is_address("int8")


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (_One("m", ADDRESS), ("m",)),
        (_One(":a", ADDRESS), (":a",)),
        (_OneOrName(":a", ADDRESS), (":a",)),
        (_OneOrName("int8", ADDRESS), ()),
        (_Several([":b", ":a", ":b"], ADDRESS), (":a", ":b")),
        (_SeveralOrNames([":b", "Op", "m/n", ":b"], ADDRESS), (":b", "m/n")),
        (_Named({"y": ":a", "x": ":b", "z": ":a"}, ADDRESS), (":a", ":b")),
    ],
)
def test_a_field_names_its_addresses_once_and_sorted(
    field: ReferencesMixin, expected: tuple[str, ...]
) -> None:
    assert field.references == expected


@pytest.mark.parametrize("field", [_One, _OneOrName, _Several, _SeveralOrNames, _Named])
def test_a_field_that_is_left_out_names_nothing(field: type[ReferencesMixin]) -> None:
    assert field(None, ADDRESS).references == ()
