# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What models are called in a report: the family that a model belongs to, and its own name there."""

from __future__ import annotations

from collections import Counter
from typing import Sequence

from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError


def variant_names(addresses: Sequence[Address]) -> dict[Address, str]:
    """A short name for each model of a family, which no other one there has."""
    short = {address: _parameters(address) or address.target_name for address in addresses}
    if max(Counter(short.values()).values(), default=1) > 1:
        short = {address: _own_name(address) for address in addresses}
    if max(Counter(short.values()).values(), default=1) > 1:
        short = {address: address.spec for address in addresses}
    return short


def _parameters(address: Address) -> str:
    """The value of the only parameter, or all of them with their names."""
    parameters = sorted(address.parameters.items())
    if len(parameters) == 1:
        return parameters[0][1]
    return ", ".join(f"{name}={value}" for name, value in parameters)


def _own_name(address: Address) -> str:
    parameters = _parameters(address)
    return f"{address.target_name}@{parameters}" if parameters else address.target_name


def in_short(error: TfLiteError) -> str:
    """The first paragraph of an error: what is wrong, without the way to fix it."""
    return str(error).partition("\n\n")[0]
