# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Custom ops for microcontrollers: the sources of their micro variants, which are compiled together
with TensorFlow Lite Micro."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import Digest, MergeDigests
from pants.engine.target import Target, WrappedTargetRequest
from pants.util.frozendict import FrozenDict

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    implicitly,
    merge_digests,
    resolve_target,
    rule,
)
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.custom_ops.kernel_sources import (
    MICRO,
    KernelSource,
    KernelSourcesRequest,
    find_kernel_sources,
)
from pants_tflite.custom_ops.target_types import (
    CompilerFlagsField,
    DefinesField,
    MicroDependenciesField,
)
from pants_tflite.errors import Mistake


@dataclass(frozen=True)
class CustomOpSourcesRequest:
    """Asks for the micro variants of the `tflite_custom_op`s at `ops`."""

    ops: tuple[Address, ...]


@dataclass(frozen=True)
class CustomOpSources:
    """`digest` holds all sources and headers at their paths in the repository.

    `include_dirs` are their source roots. TensorFlow Lite Micro's own headers are not among them.
    `op.micro_registration` registers each op. `paths` are the sources of each, by its name.
    """

    ops: tuple[CustomOp, ...]
    sources: tuple[KernelSource, ...]
    digest: Digest
    include_dirs: tuple[str, ...]
    defines: tuple[str, ...]
    flags: tuple[str, ...]
    paths: FrozenDict[str, tuple[str, ...]]


def check_micro(op: CustomOp) -> None:
    """Raises if an op has no variant for microcontrollers."""
    if not op.has_micro:
        raise Mistake(
            message=f"the op {op.name} has no kernel for TensorFlow Lite Micro",
            fix=(
                f"Write one, whose `{op.micro_registration}` returns a `const TFLMRegistration *`, "
                f"and name its sources in `{MicroDependenciesField.alias}`."
            ),
            field=MicroDependenciesField.alias,
        ).at(op.address)


def merged_options(targets: tuple[Target, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The `defines` and `flags` of several ops; raises if they are not the same for all."""
    options = [
        tuple(tuple(target[field].value or ()) for field in (DefinesField, CompilerFlagsField))
        for target in targets
    ]
    for target, other in zip(targets, options):
        if other != options[0]:
            raise Mistake(
                message=(
                    f"this op is compiled in another way than {targets[0].address}, and both go "
                    "into one library for microcontrollers"
                ),
                fix="Give the two ops the same `defines` and `flags`.",
            ).at(target.address)
    defines, flags = options[0] if options else ((), ())
    return defines, flags


@rule
async def find_micro_sources(request: CustomOpSourcesRequest) -> CustomOpSources:
    wrapped = await concurrently(
        resolve_target(
            WrappedTargetRequest(address, description_of_origin="a custom op"), **implicitly()
        )
        for address in sorted(request.ops)
    )
    targets = tuple(item.target for item in wrapped)
    ops = tuple(CustomOp.create(target) for target in targets)
    for op in ops:
        check_micro(op)
    defines, flags = merged_options(targets)
    found = await concurrently(
        find_kernel_sources(KernelSourcesRequest(target, MICRO)) for target in targets
    )
    by_path = {source.path: source for kernel in found for source in kernel.sources}
    sources = tuple(source for _, source in sorted(by_path.items()))
    return CustomOpSources(
        ops=ops,
        sources=sources,
        digest=await merge_digests(MergeDigests(source.digest for source in sources)),
        include_dirs=tuple(sorted({path for source in sources for path in source.include_dirs})),
        defines=defines,
        flags=flags,
        paths=FrozenDict(
            {op.name: tuple(s.path for s in kernel.sources) for op, kernel in zip(ops, found)}
        ),
    )


def rules():
    return collect_rules()
