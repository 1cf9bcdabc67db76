# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The sources and inputs that a process needs to call an entry point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.python_sources import (
    PythonSourceFiles,
    PythonSourceFilesRequest,
)
from pants.engine.addresses import Address, Addresses
from pants.engine.fs import Digest, MergeDigests
from pants.engine.target import (
    Dependencies,
    DependenciesRequest,
    TransitiveTargetsRequest,
)
from pants.util.frozendict import FrozenDict

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    determine_explicitly_provided_dependencies,
    implicitly,
    merge_digests,
    prepare_python_sources,
    rule,
    transitive_targets,
)
from pants_tflite.errors import Mistake, TfLiteError
from pants_tflite.fields import FunctionField
from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.target_types import InputsField, TensorFlowResolveField
from pants_tflite.util_rules.entry_points import EntryPointOwnersRequest, find_entry_point_owners
from pants_tflite.util_rules.inputs import StageInputsRequest, stage_inputs


@dataclass(frozen=True)
class PrepareCallRequest:
    """Asks for a call of the function that `entry_point` names, with the inputs of the names `only`, or
    with all of them; no training comes before them if they are to be `untrained`."""

    address: Address
    entry_point: FunctionField
    inputs: InputsField
    dependencies: Dependencies
    resolve: TensorFlowResolveField
    only: Optional[tuple[str, ...]] = None
    untrained: bool = False


@dataclass(frozen=True)
class PreparedCall:
    digest: Digest
    source_roots: tuple[str, ...]
    call: EntryPointCall


@dataclass(frozen=True)
class CallSourcesRequest:
    """Asks for the sources behind an entry point: its owners', and those of the target's own
    `dependencies`, with all that they depend on; never those behind the `inputs`, of which only
    the bytes count.
    """

    owners: Addresses
    dependencies: Dependencies


@rule
async def find_call_sources(request: CallSourcesRequest) -> PythonSourceFiles:
    explicit = await determine_explicitly_provided_dependencies(
        **implicitly(DependenciesRequest(request.dependencies))
    )
    ignored = set(explicit.ignores)
    roots = sorted({*request.owners, *explicit.includes} - ignored)
    transitive = await transitive_targets(TransitiveTargetsRequest(roots), **implicitly())
    return await prepare_python_sources(
        PythonSourceFilesRequest(transitive.closure, include_files=True, include_resources=True),
        **implicitly(),
    )


def _no_owner(request: PrepareCallRequest, module: str, resolve: str) -> TfLiteError:
    return Mistake.of(
        request.entry_point,
        message=f"no Python target of the resolve `{resolve}` owns the module `{module}` alone",
        fix=(
            "Add `python_sources()` for the file with the same `resolve`. If several targets own it, "
            "exclude the others in `dependencies`, as in `!:other`."
        ),
    )


@rule
async def prepare_call(request: PrepareCallRequest, python_setup: PythonSetup) -> PreparedCall:
    resolve = request.resolve.normalized_value(python_setup)
    entry_point = await find_entry_point_owners(
        EntryPointOwnersRequest(
            address=request.address,
            entry_point=request.entry_point,
            resolve=request.resolve,
            dependencies=request.dependencies,
        ),
        **implicitly(),
    )
    if not entry_point.owners:
        raise _no_owner(request, entry_point.module.name, resolve)
    sources, inputs = await concurrently(
        find_call_sources(CallSourcesRequest(entry_point.owners, request.dependencies)),
        stage_inputs(StageInputsRequest(request.inputs, request.only, request.untrained)),
    )
    digest = await merge_digests(
        MergeDigests((sources.source_files.snapshot.digest, inputs.digest))
    )
    return PreparedCall(
        digest=digest,
        source_roots=sources.source_roots,
        call=EntryPointCall(
            EntryPointFunction(
                module=entry_point.module.name,
                function=entry_point.function,
                file=entry_point.module.file,
                field=request.entry_point.alias,
            ),
            FrozenDict(inputs.paths),
        ),
    )


def rules():
    return collect_rules()
