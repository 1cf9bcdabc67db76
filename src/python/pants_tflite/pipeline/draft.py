# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A `tflite_model` before its training, exported and converted by one process that compares nothing.

That is for linters and lists of ops, which look at a model and never run or ship it: it takes a third of the
time of the steps of a build, and is the same model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.environment import EnvironmentName
from pants.engine.fs import Digest, DigestSubset, MergeDigests, PathGlobs
from pants.engine.target import Target

from pants_tflite.compat import (
    EnvironmentNameRequest,
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    get_digest_contents,
    implicitly,
    merge_digests,
    resolve_environment_name,
    rule,
)
from pants_tflite.custom_ops.host_kernels import HostKernels, HostKernelsRequest, build_host_kernels
from pants_tflite.errors import TfLiteError
from pants_tflite.pipeline.convert import MODEL_FILE, to_program
from pants_tflite.pipeline.dataset import (
    DatasetReferenceRequest,
    SampledDataset,
    StageDatasetRequest,
    sample_referenced_dataset,
    stage_dataset,
)
from pants_tflite.pipeline.export import SAVED_MODEL_DIRECTORY
from pants_tflite.pipeline.export_sources import (
    ExportSource,
    UntrainedModelRequest,
    prepare_untrained_model,
)
from pants_tflite.pipeline.plan import (
    ModelPlan,
    PlanModelRequest,
    TfLiteModelFieldSet,
    plan_model,
)
from pants_tflite.sandbox.conversion.draft_protocol import DraftRequest
from pants_tflite.sandbox.entry_point_protocol import EntryPointCall
from pants_tflite.sandbox.mistakes import MistakeReport
from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLinesReport
from pants_tflite.target_types import ModelResolveField, SavedModelField, UntrainedField
from pants_tflite.util_rules.python_environments import (
    ResolveEnvironmentRequest,
    find_environment_of_resolve,
)
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program


@dataclass(frozen=True)
class DraftModelRequest:
    """Asks for the draft of a `tflite_model`."""

    target: Target

    def debug_hint(self) -> str:
        return str(self.target.address)


@dataclass(frozen=True)
class RunDraftRequest:
    """Asks for the draft of a model whose SavedModel, of the target `saved_model`, says how its layers are
    built without a training."""

    address: Address
    saved_model: Target
    plan: ModelPlan
    field_set: TfLiteModelFieldSet


@dataclass(frozen=True)
class SplitDraftRequest:
    """Asks for what the `draft` program wrote, in its parts."""

    output: Digest


@dataclass(frozen=True)
class Draft:
    """`model` holds `model.tflite`, or nothing if the converter refused the model, and then `refused` says
    why. `saved_model` holds `saved_model/saved_model.pb`, and `code_lines` a CodeLinesReport."""

    model: Digest
    refused: Optional[MistakeReport]
    saved_model: Digest
    code_lines: Digest


@dataclass(frozen=True)
class DraftedModel:
    """`draft` is None for a model that is made in other steps than a draft has, and for one that cannot be
    made: the steps say best why."""

    draft: Optional[Draft]


def can_be_drafted(plan: ModelPlan) -> bool:
    """Whether export, fixed shapes and TensorFlow's converter are all that makes a model."""
    quantization = plan.quantization
    quantizes_custom_ops = quantization.has_int8_activations and plan.custom_ops.quantized
    return plan.cut is None and not quantization.is_ai_edge and not quantizes_custom_ops


@rule
async def run_draft(request: RunDraftRequest) -> Draft:
    plan, saved_model = request.plan, request.saved_model
    calibration: Optional[SampledDataset] = None
    if plan.calibration is not None:
        calibration = await sample_referenced_dataset(
            DatasetReferenceRequest(plan.calibration, untrained=True)
        )
    environment = await find_environment_of_resolve(
        ResolveEnvironmentRequest(saved_model[ModelResolveField]), **implicitly()
    )
    source, staged, kernels = await concurrently(
        prepare_untrained_model(UntrainedModelRequest(saved_model, environment), **implicitly()),
        stage_dataset(StageDatasetRequest(calibration)),
        build_host_kernels(HostKernelsRequest(plan.custom_ops)),
    )
    kernels = kernels if plan.quantization.calibrates else HostKernels()
    digest = await merge_digests(MergeDigests((source.digest, staged.digest, kernels.digest)))
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            to_program_of(request, source, staged.path, kernels),
            environment,
            description=f"Draft the model {request.address} untrained",
            input_digest=digest,
            source_roots=source.source_roots,
        )
    )
    return await split_draft(SplitDraftRequest(result.digest))


def to_program_of(
    request: RunDraftRequest, source: ExportSource, calibration: Optional[str], kernels: HostKernels
) -> DraftRequest:
    call = source.request.source
    assert isinstance(call, EntryPointCall), "only a function has a training"
    return DraftRequest(
        call=call,
        seed=source.request.seed,
        shapes=request.plan.input_shapes,
        convert=to_program(
            quantization=request.plan.quantization,
            signatures=tuple(request.field_set.signatures.value or ()),
            calibration=calibration,
            custom_ops=request.plan.custom_ops,
            kernels=kernels,
            select_tf_ops=request.field_set.select_tf_ops.ops,
        ),
    )


@rule
async def split_draft(request: SplitDraftRequest) -> Draft:
    model, mistake, graph, code_lines = await concurrently(
        digest_subset_to_digest(DigestSubset(request.output, PathGlobs((glob,))))
        for glob in (
            MODEL_FILE,
            MistakeReport.FILE,
            f"{SAVED_MODEL_DIRECTORY}/**",
            CodeLinesReport.FILE,
        )
    )
    mistakes, lines = await concurrently(
        get_digest_contents(mistake), get_digest_contents(code_lines)
    )
    refused = None
    if mistakes:
        report = find_report(mistakes, MistakeReport)
        where = find_report(lines, CodeLinesReport).describe(report.nodes)
        refused = replace(report, message=report.message + where)
    return Draft(model, refused, graph, code_lines)


@rule
async def draft_model(request: DraftModelRequest) -> DraftedModel:
    target = request.target
    if not target.has_field(SavedModelField):
        return DraftedModel(None)
    field = target[SavedModelField]
    saved_model = (await resolve_reference(ReferenceRequest(field, field.value))).target
    if not saved_model.has_field(UntrainedField) or not saved_model[UntrainedField].value:
        return DraftedModel(None)
    field_set = TfLiteModelFieldSet.create(target)
    plan, name = await concurrently(
        plan_model(PlanModelRequest(field_set)),
        resolve_environment_name(EnvironmentNameRequest.from_target(saved_model), **implicitly()),
    )
    if not can_be_drafted(plan):
        return DraftedModel(None)
    try:
        draft = await run_draft(
            RunDraftRequest(target.address, saved_model, plan, field_set),
            **implicitly({name: EnvironmentName}),
        )
    except TfLiteError:
        return DraftedModel(None)
    return DraftedModel(draft)


def rules():
    return collect_rules()
