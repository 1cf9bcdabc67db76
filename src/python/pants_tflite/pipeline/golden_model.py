# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Golden vectors of a model that nothing here runs, from the model that it was compiled from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.fs import EMPTY_DIGEST, Digest, DigestSubset, PathGlobs

from pants_tflite.compat import (
    collect_rules,
    digest_subset_to_digest,
    get_digest_contents,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.pipeline.verify import GOLDEN_FILES
from pants_tflite.sandbox.tflite.inspect_model_protocol import InspectionReport
from pants_tflite.sandbox.verification.verify_protocol import VerificationReport
from pants_tflite.target_types import GoldenModelField
from pants_tflite.util_rules.inputs import StageInputRequest, stage_input
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference
from pants_tflite.util_rules.sandbox_programs import find_report


@dataclass(frozen=True)
class GoldenModelRequest:
    """Asks for the golden files that `field` says a file has, of which the digest `reports` holds the
    inspection and the verification."""

    field: GoldenModelField
    reports: Digest


@dataclass(frozen=True)
class BorrowedGolden:
    """`digest` holds golden files of the model whose SHA-256 is `sha256`; None if the field names none."""

    digest: Digest = EMPTY_DIGEST
    sha256: Optional[str] = None


def interface_change(before: InspectionReport, after: InspectionReport) -> Optional[str]:
    """How the inputs, outputs and signatures of one model became others; None if they are the same."""

    def tensors(report: InspectionReport) -> list[tuple[str, str, tuple[int, ...]]]:
        return [(it.name, it.dtype, it.shape) for it in (*report.inputs, *report.outputs)]

    if tensors(before) != tensors(after):
        return f"{tensors(before)} became {tensors(after)}"
    if sorted(before.signatures) != sorted(after.signatures):
        return f"the signatures {sorted(before.signatures)} became {sorted(after.signatures)}"
    if before.signatures != after.signatures:
        return "the names that signatures give to inputs and outputs changed"
    return None


@rule
async def borrow_golden_files(request: GoldenModelRequest) -> BorrowedGolden:
    field = request.field
    if field.value is None:
        return BorrowedGolden()
    reference = await resolve_reference(ReferenceRequest(field, field.value))
    if reference.target.address == field.address:
        raise Mistake.of(
            field,
            message="that is the file itself",
            fix="Give the address of the model that the file was compiled from.",
        )
    reports = await get_digest_contents(request.reports)
    if find_report(reports, VerificationReport).not_run is None:
        raise Mistake.of(
            field,
            message="the model runs here, so that its golden vectors are its own",
            fix=f"Leave `{field.alias}` out.",
        )
    golden = await stage_input(
        StageInputRequest(
            address=field.address,
            argument=field.alias,
            value=field.value,
            target=reference.target,
            untrained=False,
        )
    )
    description = find_report(await get_digest_contents(golden.digest), ModelDescription)
    change = interface_change(description, find_report(reports, InspectionReport))
    if change is not None:
        raise Mistake.of(
            field,
            message=f"the golden vectors of that model do not fit: {change}",
            fix="Give the model that the file was compiled from.",
        )
    if description.verification.not_run is not None and description.golden_model is None:
        raise Mistake.of(
            field,
            message=f"that model has no golden vectors: {description.verification.not_run}",
            fix="Give a model that runs here.",
        )
    files = await digest_subset_to_digest(DigestSubset(golden.digest, PathGlobs(GOLDEN_FILES)))
    return BorrowedGolden(files, description.golden_model or description.sha256)


def rules():
    return collect_rules()
