# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Addresses in fields: the targets that they refer to, and whether the field takes these."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address, AddressInput
from pants.engine.target import Target, WrappedTargetRequest

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    implicitly,
    resolve_address,
    resolve_target,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.fields import ReferencesMixin


@dataclass(frozen=True)
class ReferenceRequest:
    """Asks for the target that `value` in `field` refers to."""

    field: ReferencesMixin
    value: str
    # Dependencies are inferred from a wrong type too: building the target reports the error.
    check_type: bool = True

    def debug_hint(self) -> str:
        return f"{self.field.address}, field {self.field.alias}: {self.value}"


@dataclass(frozen=True)
class Reference:
    target: Target


@dataclass(frozen=True)
class ReferencesRequest:
    """Asks for all targets that `field` refers to, of any type."""

    field: ReferencesMixin


@dataclass(frozen=True)
class References:
    addresses: tuple[Address, ...]


@rule
async def resolve_reference(request: ReferenceRequest) -> Reference:
    field = request.field
    origin = f"the `{field.alias}` field of the target {field.address}"
    address_input = AddressInput.parse(
        request.value, relative_to=field.address.spec_path, description_of_origin=origin
    )
    address = await resolve_address(**implicitly({address_input: AddressInput}))
    wrapped = await resolve_target(
        WrappedTargetRequest(address, description_of_origin=origin), **implicitly()
    )
    target = wrapped.target
    is_expected = not field.target_aliases or target.alias in field.target_aliases
    if request.check_type and not is_expected:
        expected = " or ".join(f"`{alias}`" for alias in field.target_aliases)
        raise Mistake.of(
            field,
            message=f"{target.address} is a `{target.alias}` target",
            fix=f"Give the address of a {expected} target.",
            value=request.value,
        )
    return Reference(target)


@rule
async def find_references(request: ReferencesRequest) -> References:
    references = await concurrently(
        resolve_reference(ReferenceRequest(request.field, value, check_type=False))
        for value in request.field.references
    )
    return References(tuple(reference.target.address for reference in references))


def rules():
    return collect_rules()
