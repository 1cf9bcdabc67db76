# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The `inputs` field: other targets' results, laid out for an entry point's arguments."""

from __future__ import annotations

import os
from abc import ABCMeta
from dataclasses import dataclass
from typing import Optional

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


@union(in_scope_types=[EnvironmentName])
class UntrainedInputFieldSet(FieldSet, metaclass=ABCMeta):
    """The fields of a target that a training comes before, and whose result can be had without."""


@dataclass(frozen=True)
class InputResult:
    """A target's result: `path` within `digest` is what the argument receives ("" for all)."""

    digest: Digest
    path: str


@dataclass(frozen=True)
class InputFilesRequest:
    """Asks for the files of a target that only has sources."""

    address: Address
    argument: str
    value: str
    target: Target


@dataclass(frozen=True)
class StageInputsRequest:
    """Asks for the inputs under the names `only`, or for all, with no training before them if they are
    to be `untrained`."""

    inputs: InputsField
    only: Optional[tuple[str, ...]] = None
    untrained: bool = False

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """The inputs as pairs of an argument and an address, sorted."""
        return tuple(
            (argument, value)
            for argument, value in sorted((self.inputs.value or {}).items())
            if self.only is None or argument in self.only
        )


@dataclass(frozen=True)
class StageInputRequest:
    """Asks for the input that an argument receives: the result of `target`."""

    address: Address
    argument: str
    value: str
    target: Target
    untrained: bool


@dataclass(frozen=True)
class StagedInputs:
    """All inputs of an entry point. `paths` maps each argument to a path within `digest`."""

    digest: Digest
    paths: tuple[tuple[str, str], ...]


@rule(polymorphic=True)
async def find_input_result(field_set: InputFieldSet, environment: EnvironmentName) -> InputResult:
    """Calls the rule for the type of `field_set`."""
    raise NotImplementedError()


@rule(polymorphic=True)
async def find_untrained_input_result(
    field_set: UntrainedInputFieldSet, environment: EnvironmentName
) -> InputResult:
    """Calls the rule for the type of `field_set`."""
    raise NotImplementedError()


@rule
async def find_input_files(request: InputFilesRequest) -> InputResult:
    target = request.target
    no_files = Mistake(
        message=f"the input `{request.argument}` is {target.address}, which yields no files",
        fix="Give a model, a `tflite_dataset`, or a `file` or `files` target.",
        field=InputsField.alias,
        value=request.value,
    ).at(request.address)
    if not target.has_field(SourcesField):
        raise no_files
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
    # A target may have a field of sources and no value in it, as a `tflite_quantization` may.
    if not stripped.files:
        raise no_files
    is_directory = isinstance(target[SourcesField], MultipleSourcesField)
    return InputResult(stripped.digest, "" if is_directory else stripped.files[0])


@rule
async def stage_input(request: StageInputRequest) -> InputResult:
    target = request.target
    environment, untrained, usual = await concurrently(
        resolve_environment_name(EnvironmentNameRequest.from_target(target), **implicitly()),
        find_valid_field_sets(
            FieldSetsPerTargetRequest(UntrainedInputFieldSet, [target]), **implicitly()
        ),
        find_valid_field_sets(FieldSetsPerTargetRequest(InputFieldSet, [target]), **implicitly()),
    )
    if request.untrained and untrained.field_sets:
        (untrained_field_set,) = untrained.field_sets
        return await find_untrained_input_result(
            **implicitly(
                {untrained_field_set: UntrainedInputFieldSet, environment: EnvironmentName}
            )
        )
    if usual.field_sets:
        (field_set,) = usual.field_sets
        return await find_input_result(
            **implicitly({field_set: InputFieldSet, environment: EnvironmentName})
        )
    return await find_input_files(
        InputFilesRequest(
            address=request.address,
            argument=request.argument,
            value=request.value,
            target=target,
        )
    )


@rule(desc="Stage inputs")
async def stage_inputs(request: StageInputsRequest) -> StagedInputs:
    named = request.named
    references = await concurrently(
        resolve_reference(ReferenceRequest(request.inputs, value)) for _, value in named
    )
    results = await concurrently(
        stage_input(
            StageInputRequest(
                address=request.inputs.address,
                argument=argument,
                value=value,
                target=reference.target,
                untrained=request.untrained,
            )
        )
        for (argument, value), reference in zip(named, references)
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
