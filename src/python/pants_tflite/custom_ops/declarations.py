# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The declarations of custom ops: `tflite_custom_op` targets, and the `custom_ops` of a model."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.target import Target

from pants_tflite.compat import collect_rules, concurrently, rule
from pants_tflite.custom_ops.target_types import (
    CustomOpNameField,
    MicroDependenciesField,
    MicroRegistrationField,
    QuantizedKernelField,
    RegistrationField,
    default_registration,
)
from pants_tflite.errors import Mistake
from pants_tflite.target_types import CustomOpsField
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference

_C_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class CustomOp:
    """A `tflite_custom_op`: the op's name in graphs, and the functions that register its kernels."""

    address: Address
    name: str
    registration: str
    micro_registration: str
    has_micro: bool
    quantized: bool

    @classmethod
    def create(cls, target: Target) -> CustomOp:
        """Reads the target's fields; raises if a registration is not the name of a C function."""
        name = target[CustomOpNameField].value
        registration = target[RegistrationField].value or default_registration(name)
        micro_registration = target[MicroRegistrationField].value or registration
        for field, value in (
            (target[RegistrationField], registration),
            (target[MicroRegistrationField], micro_registration),
        ):
            if not _C_NAME.fullmatch(value):
                raise Mistake.of(
                    field,
                    message="this is not the name of a C function",
                    fix="Write the name alone, such as `Register_SCALED_ATAN`.",
                    value=value,
                )
        return cls(
            address=target.address,
            name=name,
            registration=registration,
            micro_registration=micro_registration,
            has_micro=bool(target[MicroDependenciesField].value),
            quantized=target[QuantizedKernelField].value,
        )


@dataclass(frozen=True)
class ResolveCustomOpsRequest:
    """Asks what the `custom_ops` of a model name."""

    field: CustomOpsField


@dataclass(frozen=True)
class CustomOps:
    """The custom ops that a model may use: `names` of all, and those of them with kernels here."""

    names: tuple[str, ...] = ()
    ops: tuple[CustomOp, ...] = ()

    @property
    def addresses(self) -> tuple[Address, ...]:
        return tuple(op.address for op in self.ops)

    @property
    def quantized(self) -> tuple[str, ...]:
        """The names of those whose kernels take int8."""
        return tuple(op.name for op in self.ops if op.quantized)


@rule
async def resolve_custom_ops(request: ResolveCustomOpsRequest) -> CustomOps:
    field = request.field
    values = tuple(field.value or ())
    references = await concurrently(
        resolve_reference(ReferenceRequest(field, value)) for value in field.references
    )
    ops = {reference.target.address: CustomOp.create(reference.target) for reference in references}
    names = [value for value in values if value not in field.references]
    names.extend(op.name for op in ops.values())
    for name in names:
        if names.count(name) > 1:
            raise Mistake.of(
                field,
                message=f"the op {name} is declared twice",
                fix="Name it once: by the address of its `tflite_custom_op`, if there is one.",
                value=", ".join(values),
            )
    return CustomOps(
        names=tuple(sorted(names)),
        ops=tuple(sorted(ops.values(), key=lambda op: op.name)),
    )


def rules():
    return collect_rules()
