# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A verified model that a tool for microcontrollers then changed: what is in it, and what still holds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pants.engine.fs import CreateDigest, Digest, DigestSubset, FileContent, MergeDigests, PathGlobs

from pants_tflite.bundles.models import BundleModel
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    digest_subset_to_digest,
    get_digest_contents,
    merge_digests,
    rule,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.pipeline.build import DESCRIPTION_FILE
from pants_tflite.pipeline.golden_model import interface_change
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.pipeline.verify import GOLDEN_FILES, InspectModelRequest, inspect_model
from pants_tflite.sandbox.tflite.inspect_model_protocol import InspectionReport
from pants_tflite.util_rules.sandbox_programs import find_report


@dataclass(frozen=True)
class ChangedModelRequest:
    """Asks for `model` as the `tool` changed it: `changed` holds the new `model.tflite`."""

    model: BundleModel
    changed: Digest
    tool: str


@dataclass(frozen=True)
class ChangedModel:
    model: BundleModel


def describe_changed(
    facts: ModelDescription, changed: InspectionReport, tool: str
) -> ModelDescription:
    """The description of a changed model: how it was verified is that of the model before."""
    change = interface_change(facts, changed)
    if change is not None:
        raise TfLiteError(
            f"{tool} changed the inputs or outputs of the model, so that golden vectors do not fit it: "
            f"{change}."
        )
    return replace(
        facts,
        ops=changed.ops,
        custom_ops=changed.custom_ops,
        subgraphs=changed.subgraphs,
        tensor_dtypes=changed.tensor_dtypes,
        sizes=changed.sizes,
        sha256=changed.sha256,
        description=changed.description,
        metadata=changed.metadata,
        min_runtime_version=changed.min_runtime_version,
    )


@rule
async def describe_changed_model(request: ChangedModelRequest) -> ChangedModel:
    model = request.model
    inspected = await inspect_model(
        InspectModelRequest(model.address, request.changed, is_source=False)
    )
    report = find_report(await get_digest_contents(inspected.digest), InspectionReport)
    described = describe_changed(model.facts, report, request.tool).render()
    description, golden = await concurrently(
        create_digest(CreateDigest((FileContent(DESCRIPTION_FILE, described),))),
        digest_subset_to_digest(DigestSubset(model.digest, PathGlobs(GOLDEN_FILES))),
    )
    digest = await merge_digests(MergeDigests((request.changed, description, golden)))
    return ChangedModel(replace(model, digest=digest, description=described.decode()))


def rules():
    return collect_rules()
