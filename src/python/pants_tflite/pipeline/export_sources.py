# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What an export starts from: a call that trains, one that does not, or files."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from pants.core.target_types import FileSourceField
from pants.engine.fs import Digest
from pants.engine.target import Dependencies, HydrateSourcesRequest, SourcesField, Target

from pants_tflite.compat import collect_rules, hydrate_sources, implicitly, rule
from pants_tflite.errors import Mistake
from pants_tflite.sandbox.saved_models.export_protocol import (
    ExportRequest,
    KerasFile,
    SavedModelDirectory,
)
from pants_tflite.target_types import (
    AllowCodeField,
    InputsField,
    KerasFileSourceField,
    ModelResolveField,
    NondeterministicField,
    SavedModelEntryPointField,
    SavedModelFilesSourcesField,
    SeedField,
    ThreadsField,
    UntrainedField,
)
from pants_tflite.util_rules.entry_point_calls import PrepareCallRequest, prepare_call
from pants_tflite.util_rules.environment_processes import PythonEnvironment
from pants_tflite.util_rules.taken_inputs import TakenInputsRequest, find_taken_inputs

_SAVED_MODEL_FILE = "saved_model.pb"


@dataclass(frozen=True)
class ExportSource:
    """What the `export` program starts from."""

    request: ExportRequest
    digest: Digest
    source_roots: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainedModelRequest:
    target: Target


@dataclass(frozen=True)
class UntrainedModelRequest:
    """Asks for the call of a target's `untrained` function, whose parameters `environment` can tell."""

    target: Target
    environment: PythonEnvironment


@dataclass(frozen=True)
class ModelFilesRequest:
    target: Target


@rule
async def prepare_trained_model(request: TrainedModelRequest) -> ExportSource:
    target = request.target
    target[NondeterministicField].check()
    prepared = await prepare_call(
        PrepareCallRequest(
            address=target.address,
            entry_point=target[SavedModelEntryPointField],
            inputs=target[InputsField],
            dependencies=target[Dependencies],
            resolve=target[ModelResolveField],
        ),
        **implicitly(),
    )
    return ExportSource(
        ExportRequest(
            prepared.call, seed=target[SeedField].checked, threads=target[ThreadsField].checked
        ),
        prepared.digest,
        prepared.source_roots,
    )


@rule
async def prepare_untrained_model(request: UntrainedModelRequest) -> ExportSource:
    target = request.target
    function = target[UntrainedField]
    if function.value is None:
        raise Mistake.of(
            function,
            message="the model is asked for without its training, and names no function that returns it",
            fix=(
                'Name one, as in `untrained="train.py:build"`: it returns the same layers with the '
                "weights that they start with, and the entry point trains what it returns."
            ),
        )
    call = PrepareCallRequest(
        address=target.address,
        entry_point=function,
        inputs=target[InputsField],
        dependencies=target[Dependencies],
        resolve=target[ModelResolveField],
        untrained=True,
    )
    if target[InputsField].value:
        taken = await find_taken_inputs(TakenInputsRequest(call, request.environment))
        call = replace(call, only=taken.names)
    prepared = await prepare_call(call, **implicitly())
    return ExportSource(
        ExportRequest(
            prepared.call,
            seed=target[SeedField].checked,
            threads=target[ThreadsField].checked,
            untrained=True,
        ),
        prepared.digest,
        prepared.source_roots,
    )


def find_saved_model_root(files: tuple[str, ...], target: Target) -> str:
    """The one directory among `files` that holds a SavedModel."""
    roots = [os.path.dirname(f) for f in files if os.path.basename(f) == _SAVED_MODEL_FILE]
    if len(roots) == 1:
        return roots[0]
    found = f"{len(roots)} of them: {', '.join(sorted(roots))}" if roots else "none"
    raise Mistake.of(
        target[SavedModelFilesSourcesField],
        message=(
            f"the files must hold one SavedModel, that is one `{_SAVED_MODEL_FILE}`; found {found}"
        ),
        fix='Name one directory with all below it, as in `sources=["my_model/**"]`.',
        value=", ".join(target[SavedModelFilesSourcesField].value or ()),
    )


@rule
async def prepare_model_files(request: ModelFilesRequest) -> ExportSource:
    target = request.target
    sources = await hydrate_sources(
        HydrateSourcesRequest(
            target[SourcesField],
            for_sources_types=(FileSourceField, SavedModelFilesSourcesField),
            enable_codegen=True,
        ),
        **implicitly(),
    )
    files = sources.snapshot.files
    source = (
        KerasFile(files[0], allow_code=target[AllowCodeField].value)
        if target.has_field(KerasFileSourceField)
        else SavedModelDirectory(find_saved_model_root(files, target))
    )
    return ExportSource(ExportRequest(source, seed=0, threads=1), sources.snapshot.digest)


def rules():
    return collect_rules()
