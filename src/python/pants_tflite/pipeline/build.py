# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Building a model: from a `tflite_model` or `tflite_file` to a verified, described `.tflite`."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Optional

from pants.core.goals.package import OutputPathField
from pants.core.target_types import FileSourceField
from pants.engine.fs import CreateDigest, Digest, DigestSubset, FileContent, MergeDigests, PathGlobs
from pants.engine.target import HydrateSourcesRequest
from pants.engine.unions import UnionRule

from pants_tflite.compat import (
    EnvironmentField,
    collect_rules,
    concurrently,
    create_digest,
    digest_subset_to_digest,
    get_digest_contents,
    get_digest_entries,
    hydrate_sources,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.custom_ops.declarations import ResolveCustomOpsRequest, resolve_custom_ops
from pants_tflite.custom_ops.host_kernels import HostKernels, HostKernelsRequest, build_host_kernels
from pants_tflite.errors import Mistake
from pants_tflite.pipeline.convert import (
    FLOAT_DIRECTORY,
    MODEL_FILE,
    ConvertModelRequest,
    convert_model,
)
from pants_tflite.pipeline.dataset import (
    DatasetReferenceRequest,
    SampledDataset,
    sample_referenced_dataset,
)
from pants_tflite.pipeline.describe import ModelReports
from pants_tflite.pipeline.fix_file_shapes import (
    FixModelFileShapesRequest,
    fix_model_file_shapes,
)
from pants_tflite.pipeline.golden_model import (
    BorrowedGolden,
    GoldenModelRequest,
    borrow_golden_files,
)
from pants_tflite.pipeline.metadata import (
    ResolveMetadataRequest,
    WriteMetadataRequest,
    resolve_metadata,
    write_metadata,
)
from pants_tflite.pipeline.micro_only import VerifyMicroOnlyRequest, verify_micro_only
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.pipeline.plan import TfLiteModelFieldSet
from pants_tflite.pipeline.prepare import PrepareModelRequest, prepare_model
from pants_tflite.pipeline.quantization import Quantization
from pants_tflite.pipeline.verify import (
    GOLDEN_FILES,
    InspectModelRequest,
    RecordReferenceRequest,
    Samples,
    VerifyModelRequest,
    inspect_model,
    record_reference,
    verify_model,
)
from pants_tflite.sandbox.tflite.conversion_protocol import CalibrationInfo, ConversionReport, Cut
from pants_tflite.sandbox.tflite.inspect_model_protocol import InspectionReport
from pants_tflite.sandbox.verification.verify_protocol import VerificationReport
from pants_tflite.target_types import (
    MICRO,
    CustomOpsField,
    GoldenModelField,
    InputShapesField,
    MetadataField,
    RuntimeField,
    SkipVerificationField,
    TfLiteFileSourceField,
    VerifyDatasetField,
    VerifySamplesField,
)
from pants_tflite.util_rules.inputs import InputFieldSet, InputResult, UntrainedInputFieldSet
from pants_tflite.util_rules.sandbox_programs import find_report

DESCRIPTION_FILE = ModelDescription.FILE


@dataclass(frozen=True)
class TfLiteFileFieldSet(InputFieldSet):
    required_fields = (TfLiteFileSourceField,)

    source: TfLiteFileSourceField
    custom_ops: CustomOpsField
    input_shapes: InputShapesField
    model_metadata: MetadataField
    runtime: RuntimeField
    golden_model: GoldenModelField
    verify_dataset: VerifyDatasetField
    verify_samples: VerifySamplesField
    skip_verification: SkipVerificationField
    output_path: OutputPathField
    environment: EnvironmentField


@dataclass(frozen=True)
class BuildModelRequest:
    """Asks for a `tflite_model`, converted, verified and described. The `untrained` one is for those
    who want to know what it takes before there is anything to ship. `quantization` takes the place of
    what its field says."""

    field_set: TfLiteModelFieldSet
    untrained: bool = False
    quantization: Optional[Quantization] = None

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@dataclass(frozen=True)
class BuildModelFileRequest:
    """Asks for a `tflite_file`, verified and described."""

    field_set: TfLiteFileFieldSet

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@dataclass(frozen=True)
class ReadModelFileRequest:
    """Asks for what the `source` of a `tflite_file` names, as it comes."""

    source: TfLiteFileSourceField


@dataclass(frozen=True)
class ReadModelFile:
    """`digest` holds `model.tflite`, whose own name is `name`."""

    digest: Digest
    name: str


@dataclass(frozen=True)
class UntrainedModelFieldSet(TfLiteModelFieldSet, UntrainedInputFieldSet):
    """A `tflite_model` of an untrained SavedModel."""


@dataclass(frozen=True)
class BuiltModel:
    """`digest` holds `model.tflite`, `model.json` and the golden input and output. Nothing may ship an
    `untrained` one."""

    digest: Digest
    untrained: bool = False


@dataclass(frozen=True)
class DescribeModelRequest:
    """Asks for the files of a built model, from the results of the steps. `golden` is there if the
    golden files are of another model."""

    model: Digest
    reports: Digest
    quantization: Optional[Quantization] = None
    calibration: Optional[SampledDataset] = None
    untrained: bool = False
    cut: Optional[Cut] = None
    golden: BorrowedGolden = BorrowedGolden()


@rule(desc="Build a model")
async def build_model(request: BuildModelRequest) -> BuiltModel:
    field_set = request.field_set
    address = field_set.address
    prepared = await prepare_model(
        PrepareModelRequest(field_set, request.untrained, request.quantization)
    )
    plan, samples, kernels = prepared.plan, prepared.samples, prepared.kernels
    saved_model, signatures = prepared.saved_model, prepared.signatures
    skip = tuple(field_set.skip_verification.value or ())
    converted, reference = await concurrently(
        convert_model(
            ConvertModelRequest(
                address=address,
                saved_model=saved_model,
                quantization=plan.quantization,
                calibration=samples.calibration,
                custom_ops=plan.custom_ops,
                signatures=signatures,
                kernels=kernels if plan.quantization.calibrates else HostKernels(),
                select_tf_ops=field_set.select_tf_ops.ops,
            )
        ),
        record_reference(
            RecordReferenceRequest(
                address=address,
                saved_model=saved_model,
                signatures=signatures,
                samples=samples.verification,
                skip=skip,
            )
        ),
    )
    finished = await write_metadata(
        WriteMetadataRequest(
            address=address,
            model=converted.model,
            metadata=plan.metadata,
            samples=samples.verification,
            is_source=False,
        )
    )
    inspected, verified = await concurrently(
        inspect_model(InspectModelRequest(address, finished.digest, is_source=False)),
        verify_model(
            VerifyModelRequest(
                address=address,
                model=finished.digest,
                reference=reference,
                quantization=plan.quantization,
                custom_ops=plan.custom_ops.names,
                samples=samples.verification,
                tolerance=field_set.verify_tolerance.checked,
                kernels=kernels,
                select_tf_ops=field_set.select_tf_ops.ops,
                tensorflow=saved_model.environment if field_set.select_tf_ops.ops else None,
                skip=skip,
                untrained=saved_model.untrained,
            )
        ),
    )
    reports = await merge_digests(
        MergeDigests((converted.report, inspected.digest, verified.digest))
    )
    return await describe_model(
        DescribeModelRequest(
            model=finished.digest,
            reports=reports,
            quantization=plan.quantization,
            calibration=samples.calibration,
            untrained=saved_model.untrained,
            cut=prepared.cut,
        )
    )


@rule
async def read_model_file(request: ReadModelFileRequest) -> ReadModelFile:
    sources = await hydrate_sources(
        HydrateSourcesRequest(
            request.source, for_sources_types=(FileSourceField,), enable_codegen=True
        ),
        **implicitly(),
    )
    (entry,) = await get_digest_entries(sources.snapshot.digest)
    digest = await create_digest(CreateDigest([replace(entry, path=MODEL_FILE)]))
    return ReadModelFile(digest, os.path.basename(entry.path))


@rule(desc="Build a model from a file")
async def build_model_file(request: BuildModelFileRequest) -> BuiltModel:
    field_set = request.field_set
    address = field_set.address
    is_micro_only = field_set.runtime.checked == MICRO
    shapes, skip = field_set.input_shapes.checked, tuple(field_set.skip_verification.value or ())
    if is_micro_only and shapes:
        raise Mistake.of(
            field_set.input_shapes,
            message=f"LiteRT is needed to work shapes out, and `runtime` is {MICRO}",
            fix="Leave it out; the model has the shapes that TensorFlow Lite Micro runs.",
        )
    file = await read_model_file(ReadModelFileRequest(field_set.source))
    dataset = None
    if field_set.verify_dataset.value is not None:
        dataset = await sample_referenced_dataset(DatasetReferenceRequest(field_set.verify_dataset))
    samples = Samples(dataset, VerifyDatasetField.alias, field_set.verify_samples.checked)
    custom_ops, metadata = await concurrently(
        resolve_custom_ops(ResolveCustomOpsRequest(field_set.custom_ops)),
        resolve_metadata(ResolveMetadataRequest(field_set.model_metadata)),
    )
    fixed = await fix_model_file_shapes(
        FixModelFileShapesRequest(
            address=address,
            model=file.digest,
            shapes=shapes,
            samples=samples,
            custom_ops=custom_ops,
            skip=skip,
        )
    )
    finished = await write_metadata(
        WriteMetadataRequest(
            address=address, model=fixed.digest, metadata=metadata, samples=samples, is_source=True
        )
    )
    model = finished.digest
    # This comes first: a broken file is best explained by the program that does not run it.
    inspected = await inspect_model(
        InspectModelRequest(address, model, is_source=True, name=file.name)
    )
    if is_micro_only:
        verified = await verify_micro_only(
            VerifyMicroOnlyRequest(
                runtime=field_set.runtime, model=model, samples=samples, custom_ops=custom_ops
            ),
            **implicitly(),
        )
    else:
        kernels = await build_host_kernels(HostKernelsRequest(custom_ops))
        verified = await verify_model(
            VerifyModelRequest(
                address,
                model,
                reference=None,
                quantization=None,
                custom_ops=custom_ops.names,
                samples=samples,
                tolerance=None,
                kernels=kernels,
                skip=skip,
            )
        )
    reports = await merge_digests(MergeDigests((inspected.digest, verified.digest)))
    golden = await borrow_golden_files(GoldenModelRequest(field_set.golden_model, reports))
    return await describe_model(DescribeModelRequest(model, reports, golden=golden))


@rule
async def describe_model(request: DescribeModelRequest) -> BuiltModel:
    contents = await get_digest_contents(request.reports)
    conversions = {
        file.path: ConversionReport.parse(file.content)
        for file in contents
        if os.path.basename(file.path) == ConversionReport.FILE
    }
    dataset = request.calibration
    reports = ModelReports(
        inspection=find_report(contents, InspectionReport),
        verification=find_report(contents, VerificationReport),
        conversion=conversions.get(ConversionReport.FILE),
        float_conversion=conversions.get(f"{FLOAT_DIRECTORY}/{ConversionReport.FILE}"),
        quantization=request.quantization.to_settings() if request.quantization else None,
        calibration=(CalibrationInfo(dataset.count, dataset.fingerprint) if dataset else None),
        untrained=request.untrained,
        cut=request.cut,
        golden_model=request.golden.sha256,
    )
    described, golden = await concurrently(
        create_digest(CreateDigest((FileContent(DESCRIPTION_FILE, reports.describe().render()),))),
        digest_subset_to_digest(DigestSubset(request.reports, PathGlobs(GOLDEN_FILES))),
    )
    parts = (described, request.model, golden, request.golden.digest)
    return BuiltModel(await merge_digests(MergeDigests(parts)), request.untrained)


@rule
async def stage_model(field_set: TfLiteModelFieldSet) -> InputResult:
    built = await build_model(BuildModelRequest(field_set))
    return InputResult(built.digest, MODEL_FILE)


@rule
async def stage_untrained_model(field_set: UntrainedModelFieldSet) -> InputResult:
    built = await build_model(BuildModelRequest(field_set, untrained=True))
    return InputResult(built.digest, MODEL_FILE)


@rule
async def stage_model_file(field_set: TfLiteFileFieldSet) -> InputResult:
    built = await build_model_file(BuildModelFileRequest(field_set))
    return InputResult(built.digest, MODEL_FILE)


def rules():
    return (
        *collect_rules(),
        UnionRule(InputFieldSet, TfLiteFileFieldSet),
        UnionRule(InputFieldSet, TfLiteModelFieldSet),
        UnionRule(UntrainedInputFieldSet, UntrainedModelFieldSet),
    )
