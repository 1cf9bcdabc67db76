# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The `metadata` field: a `tflite_metadata`, resolved, and written into a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.fs import Digest, MergeDigests

from pants_tflite.compat import collect_rules, concurrently, implicitly, merge_digests, rule
from pants_tflite.errors import Mistake
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.dataset import StageDatasetRequest, stage_dataset
from pants_tflite.pipeline.label_files import LabelsRequest, read_labels
from pants_tflite.pipeline.verify import Samples
from pants_tflite.sandbox.tflite.write_metadata_protocol import (
    MetadataContent,
    MetadataRequest,
    OutputLabels,
)
from pants_tflite.target_types import (
    MetadataAuthorField,
    MetadataDescriptionField,
    MetadataField,
    MetadataImageInputField,
    MetadataLabelsField,
    MetadataLicenseField,
    MetadataMeanField,
    MetadataNameField,
    MetadataStdField,
    MetadataVersionField,
    TfLiteFileSourceField,
)
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program


@dataclass(frozen=True)
class ResolveMetadataRequest:
    """Asks for what the `tflite_metadata` says that `field` names, if it names one."""

    field: MetadataField


@dataclass(frozen=True)
class ResolvedMetadata:
    """`content` is None for a model without metadata."""

    content: Optional[MetadataContent] = None


@dataclass(frozen=True)
class WriteMetadataRequest:
    """Asks for `model.tflite`, the one file of `model`, with metadata in it.

    `is_source` says whether the user checked the model in. What it says of an image is compared with
    `samples`.
    """

    address: Address
    model: Digest
    metadata: ResolvedMetadata
    samples: Samples
    is_source: bool

    def debug_hint(self) -> str:
        return str(self.address)


@dataclass(frozen=True)
class FinishedModel:
    """`digest` holds `model.tflite` as it is inspected, verified and packaged."""

    digest: Digest


def check_normalization(mean: MetadataMeanField, std: MetadataStdField) -> None:
    """Raises if the two fields are not of one length."""
    if len(mean.checked) != len(std.checked):
        raise Mistake.of(
            std,
            message=(
                f"it has {len(std.checked)} numbers, and `{mean.alias}` has {len(mean.checked)}"
            ),
            fix="Give as many numbers in both, or leave both out.",
        )


@rule
async def resolve_metadata(request: ResolveMetadataRequest) -> ResolvedMetadata:
    if request.field.value is None:
        return ResolvedMetadata()
    reference = await resolve_reference(ReferenceRequest(request.field, request.field.value))
    target = reference.target
    mean, std = target[MetadataMeanField], target[MetadataStdField]
    check_normalization(mean, std)
    labels_field = target[MetadataLabelsField]
    values = sorted((labels_field.value or {}).items())
    labels = await concurrently(
        read_labels(LabelsRequest(labels_field, value)) for _, value in values
    )
    content = MetadataContent(
        model_name=target[MetadataNameField].value,
        description=target[MetadataDescriptionField].value,
        version=target[MetadataVersionField].value,
        author=target[MetadataAuthorField].value,
        license=target[MetadataLicenseField].value,
        labels=tuple(
            OutputLabels(output, found.labels) for (output, _), found in zip(values, labels)
        ),
        image_input=target[MetadataImageInputField].value,
        mean=mean.checked,
        std=std.checked,
    )
    if content == MetadataContent():
        raise Mistake.of(
            request.field,
            message=f"{target.address} says nothing about a model",
            fix="Fill at least one of its fields, or leave this one out.",
        )
    return ResolvedMetadata(content)


@rule
async def write_metadata(request: WriteMetadataRequest) -> FinishedModel:
    content, samples = request.metadata.content, request.samples
    if content is None:
        return FinishedModel(request.model)
    environment, staged = await concurrently(
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
        stage_dataset(StageDatasetRequest(samples.dataset if content.has_image else None)),
    )
    digest = await merge_digests(MergeDigests((request.model, staged.digest)))
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            MetadataRequest(
                model=MODEL_FILE,
                field=MetadataField.alias,
                source=TfLiteFileSourceField.alias if request.is_source else None,
                metadata=content,
                dataset=staged.path,
                dataset_field=samples.field,
            ),
            environment,
            description=f"Write the metadata of {request.address}",
            input_digest=digest,
        )
    )
    return FinishedModel(result.digest)


def rules():
    return collect_rules()
