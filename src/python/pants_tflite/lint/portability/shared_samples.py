# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which samples both calibrate and verify a model, by what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.fs import AddPrefix, MergeDigests
from pants.engine.target import Target

from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.lint.findings import Finding
from pants_tflite.lint.portability.checks import EVERYWHERE
from pants_tflite.pipeline.dataset import (
    DATASET_FILE,
    DatasetReferenceRequest,
    sample_referenced_dataset,
)
from pants_tflite.sandbox.samples.find_shared_samples_protocol import (
    SharedSamplesReport,
    SharedSamplesRequest,
)
from pants_tflite.target_types import CalibrationField, VerifyDatasetField
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import (
    RunProgramRequest,
    find_report,
    run_program,
)


@dataclass(frozen=True)
class SharedSamplesFindingRequest:
    """Asks which samples both calibrate and verify a target, if it names two datasets."""

    target: Target
    untrained: bool


@dataclass(frozen=True)
class SharedSamplesFinding:
    finding: Optional[Finding]


@rule
async def find_shared_samples(request: SharedSamplesFindingRequest) -> SharedSamplesFinding:
    target = request.target
    fields = [
        target[field]
        for field in (CalibrationField, VerifyDatasetField)
        if target.has_field(field) and target[field].value is not None
    ]
    if len(fields) < 2:
        return SharedSamplesFinding(None)
    datasets = await concurrently(
        sample_referenced_dataset(DatasetReferenceRequest(field, request.untrained))
        for field in fields
    )
    staged = await concurrently(
        add_prefix(AddPrefix(dataset.digest, folder))
        for dataset, folder in zip(datasets, ("first", "second"))
    )
    environment = await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    digest = await merge_digests(MergeDigests(staged))
    result = await run_program(
        RunProgramRequest.create(
            target.address,
            SharedSamplesRequest(f"first/{DATASET_FILE}", f"second/{DATASET_FILE}"),
            environment,
            description=f"Compare the datasets of {target.address}",
            input_digest=digest,
        )
    )
    report = find_report(await get_digest_contents(result.digest), SharedSamplesReport)
    if not report.shared:
        return SharedSamplesFinding(None)
    calibration, verification = datasets
    return SharedSamplesFinding(
        Finding(
            str(target.address),
            "shared-samples",
            f"{len(report.shared)} of the {report.count} samples of {verification.address} are in "
            f"{calibration.address} too, the first at index {report.shared[0]}, so the model is "
            "verified on what it was calibrated with",
            "Split the data once, before either dataset, and let each function yield its own part.",
            runtime=EVERYWHERE,
        )
    )


def rules():
    return collect_rules()
