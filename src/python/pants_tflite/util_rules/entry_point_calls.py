# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a process needs to call an entry point: its sources and its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.python_sources import (
    PythonSourceFiles,
    PythonSourceFilesRequest,
)
from pants.engine.addresses import Address, Addresses
from pants.engine.fs import Digest, MergeDigests
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.engine.target import (
    Dependencies,
    DependenciesRequest,
    ExplicitlyProvidedDependencies,
    TransitiveTargets,
    TransitiveTargetsRequest,
)

from pants_tflite.errors import Mistake
from pants_tflite.target_types import EntryPointField, InputsField, TensorFlowResolveField
from pants_tflite.util_rules.entry_points import EntryPointOwners, EntryPointOwnersRequest
from pants_tflite.util_rules.inputs import StagedInputs, StageInputsRequest


@dataclass(frozen=True)
class PrepareCallRequest:
    address: Address
    entry_point: EntryPointField
    inputs: InputsField
    dependencies: Dependencies
    resolve: TensorFlowResolveField


@dataclass(frozen=True)
class PreparedCall:
    digest: Digest
    source_roots: tuple[str, ...]
    module: str
    function: str
    file: str
    inputs: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """The `entry_point` and `inputs` of a sandbox program's request."""
        return {
            "entry_point": {"module": self.module, "function": self.function, "file": self.file},
            "inputs": dict(self.inputs),
        }


@dataclass(frozen=True)
class CallSourcesRequest:
    """Asks for the sources behind an entry point: its owners', and those of the target's own
    `dependencies`, with all that they depend on; never those behind the `inputs`, whose bytes alone
    count.
    """

    owners: Addresses
    dependencies: Dependencies


@rule
async def find_call_sources(request: CallSourcesRequest) -> PythonSourceFiles:
    explicit = await Get(ExplicitlyProvidedDependencies, DependenciesRequest(request.dependencies))
    ignored = set(explicit.ignores)
    roots = sorted({*request.owners, *explicit.includes} - ignored)
    transitive = await Get(TransitiveTargets, TransitiveTargetsRequest(roots))
    return await Get(
        PythonSourceFiles,
        PythonSourceFilesRequest(transitive.closure, include_files=True, include_resources=True),
    )


def _no_owner(request: PrepareCallRequest, module: str, resolve: str) -> Mistake:
    return Mistake(
        message=f"no Python target of the resolve `{resolve}` owns the module `{module}` alone",
        fix=(
            "Add `python_sources()` for the file with the same `resolve`, or, where several targets "
            "own it, put the one that is meant into `dependencies`."
        ),
        field=EntryPointField.alias,
        value=request.entry_point.value,
    )


@rule
async def prepare_call(request: PrepareCallRequest, python_setup: PythonSetup) -> PreparedCall:
    resolve = request.resolve.normalized_value(python_setup)
    entry_point = await Get(
        EntryPointOwners,
        EntryPointOwnersRequest(
            request.address, request.entry_point, request.resolve, request.dependencies
        ),
    )
    if not entry_point.owners:
        raise _no_owner(request, entry_point.module.name, resolve).at(request.address)
    sources, inputs = await MultiGet(
        Get(PythonSourceFiles, CallSourcesRequest(entry_point.owners, request.dependencies)),
        Get(StagedInputs, StageInputsRequest(request.inputs)),
    )
    digest = await Get(Digest, MergeDigests((sources.source_files.snapshot.digest, inputs.digest)))
    return PreparedCall(
        digest=digest,
        source_roots=sources.source_roots,
        module=entry_point.module.name,
        function=entry_point.function,
        file=entry_point.module.file,
        inputs=inputs.paths,
    )


def rules():
    return collect_rules()
