# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Exporting: from training code, a Keras file or a checked-in SavedModel to a canonical SavedModel."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, replace

from pants.core.goals.package import OutputPathField
from pants.core.target_types import FileSourceField
from pants.engine.addresses import Address
from pants.engine.environment import EnvironmentName
from pants.engine.fs import EMPTY_DIGEST, Digest, DigestSubset, PathGlobs
from pants.engine.target import (
    Dependencies,
    HydrateSourcesRequest,
    SourcesField,
    Target,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule

from pants_tflite.compat import (
    EnvironmentField,
    EnvironmentNameRequest,
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    get_digest_contents,
    hydrate_sources,
    implicitly,
    resolve_environment_name,
    resolve_target,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLinesReport
from pants_tflite.sandbox.saved_models.export_protocol import (
    ExportRequest,
    KerasFile,
    LegacyKerasReport,
    SavedModelDirectory,
)
from pants_tflite.target_types import (
    AllowCodeField,
    InputsField,
    KerasFileSourceField,
    KerasFileTarget,
    ModelResolveField,
    SavedModelEntryPointField,
    SavedModelField,
    SavedModelFilesSourcesField,
    SeedField,
    TfSavedModelFilesTarget,
    TfSavedModelTarget,
    ThreadsField,
    UntrainedField,
)
from pants_tflite.util_rules.entry_point_calls import PrepareCallRequest, prepare_call
from pants_tflite.util_rules.inputs import InputFieldSet, InputResult, UntrainedInputFieldSet
from pants_tflite.util_rules.python_environments import (
    PythonEnvironment,
    ResolveEnvironmentRequest,
    TfKerasEnvironmentRequest,
    find_environment_of_resolve,
    find_tf_keras_environment,
)
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference
from pants_tflite.util_rules.sandbox_programs import (
    RunProgramRequest,
    find_report,
    run_program,
)
from pants_tflite.util_rules.taken_inputs import TakenInputsRequest, find_taken_inputs

logger = logging.getLogger(__name__)

SAVED_MODEL_DIRECTORY = "saved_model"
SAVED_MODEL_TARGETS = (TfSavedModelTarget, TfSavedModelFilesTarget, KerasFileTarget)
_SAVED_MODEL_FILE = "saved_model.pb"


@dataclass(frozen=True)
class SavedModelFieldSet(InputFieldSet):
    """Any target that yields a SavedModel."""

    required_fields = (ModelResolveField,)

    resolve: ModelResolveField
    output_path: OutputPathField
    environment: EnvironmentField


@dataclass(frozen=True)
class UntrainedSavedModelFieldSet(SavedModelFieldSet, UntrainedInputFieldSet):
    """Any target that yields a SavedModel, before its training if there is one."""


@dataclass(frozen=True)
class ExportSavedModelRequest:
    """Asks for a SavedModel: the trained one or, for a target with a training, the `untrained` one."""

    field_set: SavedModelFieldSet
    untrained: bool = False

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@dataclass(frozen=True)
class ExportedSavedModel:
    """`digest` holds `saved_model/` and `export.json`; `environment` can load it.

    `code_lines` holds a CodeLinesReport or nothing. It is apart, for it changes with every line that
    moves in the user's code. The model is `untrained` if a training is left out, which no file has.
    """

    address: Address
    digest: Digest
    environment: PythonEnvironment
    code_lines: Digest = EMPTY_DIGEST
    untrained: bool = False


@dataclass(frozen=True)
class SavedModelReferenceRequest:
    """The target that `field` names."""

    field: SavedModelField


@dataclass(frozen=True)
class SavedModelReference:
    field_set: SavedModelFieldSet
    environment_name: EnvironmentName


@dataclass(frozen=True)
class ExportSource:
    """What the `export` program starts from."""

    request: ExportRequest
    digest: Digest
    source_roots: tuple[str, ...] = ()


@dataclass(frozen=True)
class SplitExportRequest:
    """Asks for what the `export` program wrote as a SavedModel."""

    address: Address
    output: Digest
    environment: PythonEnvironment


@dataclass(frozen=True)
class LegacyFileRequest:
    """Asks for `exported`, or for the same by tf_keras if that is what the program asks for."""

    exported: ExportedSavedModel
    source: ExportSource


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


@rule
async def split_export(request: SplitExportRequest) -> ExportedSavedModel:
    files, code_lines = await concurrently(
        digest_subset_to_digest(DigestSubset(request.output, PathGlobs(globs)))
        for globs in (("**", f"!{CodeLinesReport.FILE}"), (CodeLinesReport.FILE,))
    )
    return ExportedSavedModel(request.address, files, request.environment, code_lines)


@rule(desc="Export a SavedModel")
async def export_saved_model(request: ExportSavedModelRequest) -> ExportedSavedModel:
    address = request.field_set.address
    wrapped, environment = await concurrently(
        resolve_target(
            WrappedTargetRequest(address, description_of_origin="<infallible>"), **implicitly()
        ),
        find_environment_of_resolve(
            ResolveEnvironmentRequest(request.field_set.resolve), **implicitly()
        ),
    )
    target = wrapped.target
    untrained = request.untrained and target.has_field(UntrainedField)
    if untrained:
        source = await prepare_untrained_model(
            UntrainedModelRequest(target, environment), **implicitly()
        )
        description = f"Export {address} untrained"
    elif target.has_field(SavedModelEntryPointField):
        source = await prepare_trained_model(TrainedModelRequest(target))
        description = f"Train and export {address}"
    else:
        source = await prepare_model_files(ModelFilesRequest(target))
        description = f"Export {address}"
    result = await run_program(
        RunProgramRequest.create(
            address,
            source.request,
            environment,
            description=description,
            input_digest=source.digest,
            source_roots=source.source_roots,
        )
    )
    split = await split_export(SplitExportRequest(address, result.digest, environment))
    exported = replace(split, untrained=untrained)
    if not isinstance(source.request.source, KerasFile):
        return exported
    return await export_legacy_file(LegacyFileRequest(exported, source))


@rule
async def export_legacy_file(request: LegacyFileRequest) -> ExportedSavedModel:
    """Any environment can load the SavedModel that tf_keras makes, so the target's own goes on."""
    exported = request.exported
    report = await digest_subset_to_digest(
        DigestSubset(exported.digest, PathGlobs((LegacyKerasReport.FILE,)))
    )
    if report == EMPTY_DIGEST:
        return exported
    contents, environment = await concurrently(
        get_digest_contents(report),
        find_tf_keras_environment(TfKerasEnvironmentRequest(), **implicitly()),
    )
    legacy = find_report(contents, LegacyKerasReport)
    logger.info(
        f"{exported.address} is a file of Keras {legacy.keras_version or '1 or 2'}, which Keras 3 "
        "cannot load. It is loaded by tf-keras, in the backend's own environment `tf-keras`."
    )
    result = await run_program(
        RunProgramRequest.create(
            exported.address,
            request.source.request,
            environment,
            description=f"Export {exported.address} with tf-keras",
            input_digest=request.source.digest,
        )
    )
    return await split_export(
        SplitExportRequest(exported.address, result.digest, exported.environment)
    )


@rule
async def find_saved_model(request: SavedModelReferenceRequest) -> SavedModelReference:
    reference = await resolve_reference(ReferenceRequest(request.field, request.field.value))
    environment_name = await resolve_environment_name(
        EnvironmentNameRequest.from_target(reference.target), **implicitly()
    )
    return SavedModelReference(SavedModelFieldSet.create(reference.target), environment_name)


@rule
async def stage_saved_model(field_set: SavedModelFieldSet) -> InputResult:
    exported = await export_saved_model(ExportSavedModelRequest(field_set))
    return InputResult(exported.digest, SAVED_MODEL_DIRECTORY)


@rule
async def stage_untrained_saved_model(field_set: UntrainedSavedModelFieldSet) -> InputResult:
    exported = await export_saved_model(ExportSavedModelRequest(field_set, untrained=True))
    return InputResult(exported.digest, SAVED_MODEL_DIRECTORY)


def rules():
    return (
        *collect_rules(),
        UnionRule(InputFieldSet, SavedModelFieldSet),
        UnionRule(UntrainedInputFieldSet, UntrainedSavedModelFieldSet),
    )
