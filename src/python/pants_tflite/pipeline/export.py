# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Exporting: from training code, a Keras file or a checked-in SavedModel to a canonical SavedModel."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from pants.core.goals.package import OutputPathField
from pants.engine.addresses import Address
from pants.engine.environment import EnvironmentName
from pants.engine.fs import EMPTY_DIGEST, Digest, DigestSubset, PathGlobs
from pants.engine.target import WrappedTargetRequest
from pants.engine.unions import UnionRule

from pants_tflite.compat import (
    EnvironmentField,
    EnvironmentNameRequest,
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    get_digest_contents,
    implicitly,
    resolve_environment_name,
    resolve_target,
    rule,
)
from pants_tflite.pipeline.export_sources import (
    ExportSource,
    ModelFilesRequest,
    TrainedModelRequest,
    UntrainedModelRequest,
    prepare_model_files,
    prepare_trained_model,
    prepare_untrained_model,
)
from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLinesReport
from pants_tflite.sandbox.saved_models.export_protocol import KerasFile, LegacyKerasReport
from pants_tflite.target_types import (
    KerasFileTarget,
    ModelResolveField,
    SavedModelEntryPointField,
    SavedModelField,
    TfSavedModelFilesTarget,
    TfSavedModelTarget,
    UntrainedField,
)
from pants_tflite.util_rules.environment_processes import PythonEnvironment
from pants_tflite.util_rules.inputs import InputFieldSet, InputResult, UntrainedInputFieldSet
from pants_tflite.util_rules.python_environments import (
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

logger = logging.getLogger(__name__)

SAVED_MODEL_DIRECTORY = "saved_model"
SAVED_MODEL_TARGETS = (TfSavedModelTarget, TfSavedModelFilesTarget, KerasFileTarget)


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
class ObtainSavedModelRequest:
    """Asks for a SavedModel that steps of this environment go on with. It is made in the one that its
    target names, and nothing else is."""

    reference: SavedModelReference
    untrained: bool = False


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
async def obtain_saved_model(request: ObtainSavedModelRequest) -> ExportedSavedModel:
    reference = request.reference
    exported, environment = await concurrently(
        export_saved_model(
            ExportSavedModelRequest(reference.field_set, request.untrained),
            **implicitly({reference.environment_name: EnvironmentName}),
        ),
        find_environment_of_resolve(
            ResolveEnvironmentRequest(reference.field_set.resolve), **implicitly()
        ),
    )
    return replace(exported, environment=environment)


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
