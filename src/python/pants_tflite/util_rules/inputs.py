# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The `inputs` field: other targets' results, laid out for an entry point's arguments."""

from __future__ import annotations

import os
from abc import ABCMeta
from dataclasses import dataclass

from pants.core.target_types import FileSourceField
from pants.engine.addresses import Address
from pants.engine.environment import EnvironmentName
from pants.engine.fs import AddPrefix, Digest, MergeDigests, RemovePrefix
from pants.engine.target import (
    FieldSet,
    FieldSetsPerTargetRequest,
    HydrateSourcesRequest,
    MultipleSourcesField,
    SourcesField,
    Target,
)
from pants.engine.unions import union

from pants_tflite.compat import (
    EnvironmentNameRequest,
    add_prefix,
    collect_rules,
    concurrently,
    digest_to_snapshot,
    find_valid_field_sets,
    hydrate_sources,
    implicitly,
    merge_digests,
    resolve_environment_name,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.target_types import InputsField
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference

_DIRECTORY = "__inputs__"


@union(in_scope_types=[EnvironmentName])
class InputFieldSet(FieldSet, metaclass=ABCMeta):
    """The fields of a target whose result, not its sources, is what an `inputs` entry means."""


@dataclass(frozen=True)
class InputResult:
    """A target's result: `path` within `digest` is what the argument receives ("" for all)."""

    digest: Digest
    path: str


@dataclass(frozen=True)
class InputFilesRequest:
    """Asks for the files of a target that has sources and nothing else."""

    address: Address
    argument: str
    value: str
    target: Target


@dataclass(frozen=True)
class StageInputsRequest:
    inputs: InputsField


@dataclass(frozen=True)
class StagedInputs:
    """All inputs of an entry point. `paths` maps each argument to a path within `digest`."""

    digest: Digest
    paths: tuple[tuple[str, str], ...]


@rule(polymorphic=True)
async def find_input_result(field_set: InputFieldSet, environment: EnvironmentName) -> InputResult:
    """Calls the rule for the type of `field_set`."""
    raise NotImplementedError()


@rule
async def find_input_files(request: InputFilesRequest) -> InputResult:
    target = request.target
    if not target.has_field(SourcesField):
        raise Mistake(
            message=f"the input `{request.argument}` is {target.address}, which yields no files",
            fix="Give a model, a `tflite_dataset`, or a `file` or `files` target.",
            field=InputsField.alias,
            value=request.value,
        ).at(request.address)
    sources = await hydrate_sources(
        HydrateSourcesRequest(
            target[SourcesField],
            for_sources_types=(FileSourceField, SourcesField),
            enable_codegen=True,
        ),
        **implicitly(),
    )
    stripped = await digest_to_snapshot(
        **implicitly(RemovePrefix(sources.snapshot.digest, target.address.spec_path))
    )
    is_directory = isinstance(target[SourcesField], MultipleSourcesField)
    return InputResult(stripped.digest, "" if is_directory else stripped.files[0])


@rule(desc="Stage inputs")
async def stage_inputs(request: StageInputsRequest) -> StagedInputs:
    address = request.inputs.address
    named = sorted((request.inputs.value or {}).items())
    references = await concurrently(
        resolve_reference(ReferenceRequest(request.inputs, value)) for _, value in named
    )
    targets = [reference.target for reference in references]
    field_sets = await find_valid_field_sets(
        FieldSetsPerTargetRequest(InputFieldSet, targets), **implicitly()
    )
    environments = await concurrently(
        resolve_environment_name(EnvironmentNameRequest.from_target(target), **implicitly())
        for target in targets
    )
    results = await concurrently(
        (
            find_input_result(
                **implicitly({of_target[0]: InputFieldSet, environment: EnvironmentName})
            )
            if of_target
            else find_input_files(
                InputFilesRequest(address=address, argument=argument, value=value, target=target)
            )
        )
        for (argument, value), target, of_target, environment in zip(
            named, targets, field_sets.collection, environments
        )
    )
    prefixed = await concurrently(
        add_prefix(AddPrefix(result.digest, os.path.join(_DIRECTORY, argument)))
        for (argument, _), result in zip(named, results)
    )
    return StagedInputs(
        digest=await merge_digests(MergeDigests(prefixed)),
        paths=tuple(
            (argument, os.path.normpath(os.path.join(_DIRECTORY, argument, result.path)))
            for (argument, _), result in zip(named, results)
        ),
    )


def rules():
    return collect_rules()
