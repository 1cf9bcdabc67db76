# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Cutting a part out of a SavedModel, for a `tflite_model` that names its inputs or outputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.fs import DigestSubset, MergeDigests, PathGlobs

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    get_digest_contents,
    merge_digests,
    rule,
)
from pants_tflite.pipeline.dataset import StageDatasetRequest, stage_dataset
from pants_tflite.pipeline.export import SAVED_MODEL_DIRECTORY, ExportedSavedModel
from pants_tflite.pipeline.plan import CutPlan
from pants_tflite.pipeline.verify import SEED, Samples
from pants_tflite.sandbox.saved_models.cut_protocol import CutReport, CutRequest
from pants_tflite.sandbox.tflite.conversion_protocol import Cut
from pants_tflite.util_rules.sandbox_programs import (
    RunProgramRequest,
    find_report,
    run_program,
)


@dataclass(frozen=True)
class CutModelRequest:
    """Asks for the part of a SavedModel that the `plan` says, with the signature that a conversion
    would take from it. The `samples` verify the model."""

    address: Address
    saved_model: ExportedSavedModel
    signatures: tuple[str, ...]
    plan: Optional[CutPlan]
    samples: Samples


@dataclass(frozen=True)
class CutSavedModel:
    """`cut` says where it was cut, and is None for one that was not."""

    saved_model: ExportedSavedModel
    cut: Optional[Cut] = None


@rule(desc="Cut a part out of a SavedModel")
async def cut_model(request: CutModelRequest) -> CutSavedModel:
    saved_model, plan = request.saved_model, request.plan
    if plan is None:
        return CutSavedModel(saved_model)
    staged = await stage_dataset(StageDatasetRequest(request.samples.dataset))
    digest = await merge_digests(MergeDigests((saved_model.digest, staged.digest)))
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            CutRequest(
                saved_model=SAVED_MODEL_DIRECTORY,
                signatures=request.signatures,
                inputs=plan.inputs,
                outputs=plan.outputs,
                dataset=staged.path,
                dataset_field=request.samples.field,
                max_samples=request.samples.count,
                seed=SEED,
                threads=1,
            ),
            saved_model.environment,
            description=f"Cut {request.address} out of {saved_model.address}",
            input_digest=digest,
        )
    )
    files, report = await concurrently(
        digest_subset_to_digest(DigestSubset(result.digest, PathGlobs(globs)))
        for globs in (("**", f"!{CutReport.FILE}"), (CutReport.FILE,))
    )
    cut = find_report(await get_digest_contents(report), CutReport).cut
    return CutSavedModel(replace(saved_model, digest=files), cut)


def rules():
    return collect_rules()
