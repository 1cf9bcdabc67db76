# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Addresses in fields: what they refer to, and whether it is what the field takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Type

from pants.engine.addresses import Address, AddressInput
from pants.engine.target import Target, WrappedTargetRequest

from pants_tflite.compat import collect_rules, implicitly, resolve_address, resolve_target, rule
from pants_tflite.errors import Mistake


def is_address(value: str) -> bool:
    """Whether a field's value is written as an address rather than a bare name."""
    return ":" in value or "/" in value


@dataclass(frozen=True)
class ReferenceRequest:
    """Asks for the target that `value` in the field `field` of `address` refers to."""

    address: Address
    field: str
    value: str
    # The types that the field takes; None takes any.
    target_types: Optional[tuple[Type[Target], ...]] = None

    def debug_hint(self) -> str:
        return f"{self.address}, field {self.field}: {self.value}"


@dataclass(frozen=True)
class Reference:
    target: Target


@rule
async def resolve_reference(request: ReferenceRequest) -> Reference:
    origin = f"the `{request.field}` field of the target {request.address}"
    address_input = AddressInput.parse(
        request.value,
        relative_to=request.address.spec_path,
        description_of_origin=origin,
    )
    address = await resolve_address(**implicitly({address_input: AddressInput}))
    wrapped = await resolve_target(
        WrappedTargetRequest(address, description_of_origin=origin), **implicitly()
    )
    target = wrapped.target
    if request.target_types is not None and not isinstance(target, request.target_types):
        expected = " or ".join(f"`{target_type.alias}`" for target_type in request.target_types)
        raise Mistake(
            message=f"{target.address} is a `{target.alias}` target",
            fix=f"Give the address of a {expected} target.",
            field=request.field,
            value=request.value,
        ).at(request.address)
    return Reference(target)


def rules():
    return collect_rules()
