# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants package` for models, SavedModels and datasets."""

from __future__ import annotations

from pants.core.goals.package import BuiltPackage, PackageFieldSet
from pants.engine.rules import Get, collect_rules, rule
from pants.engine.unions import UnionRule

from pants_tflite.util_rules.datasets import DatasetFieldSet, SampleDatasetRequest, SampledDataset
from pants_tflite.util_rules.models import (
    BuildModelFileRequest,
    BuildModelRequest,
    BuiltModel,
    TfLiteFileFieldSet,
    TfLiteModelFieldSet,
)
from pants_tflite.util_rules.output_paths import (
    OutputPath,
    OutputPathRequest,
    PackageOutputRequest,
)
from pants_tflite.util_rules.saved_models import (
    ExportedSavedModel,
    ExportSavedModelRequest,
    SavedModelFieldSet,
)

PACKAGED_FIELD_SETS = (
    DatasetFieldSet,
    SavedModelFieldSet,
    TfLiteFileFieldSet,
    TfLiteModelFieldSet,
)


@rule(desc="Package a model")
async def package_model(field_set: TfLiteModelFieldSet) -> BuiltPackage:
    path = await Get(OutputPath, OutputPathRequest(field_set.output_path))
    model = await Get(BuiltModel, BuildModelRequest(field_set))
    return await Get(BuiltPackage, PackageOutputRequest(path, model.digest))


@rule(desc="Package a model file")
async def package_model_file(field_set: TfLiteFileFieldSet) -> BuiltPackage:
    path = await Get(OutputPath, OutputPathRequest(field_set.output_path))
    model = await Get(BuiltModel, BuildModelFileRequest(field_set))
    return await Get(BuiltPackage, PackageOutputRequest(path, model.digest))


@rule(desc="Package a SavedModel")
async def package_saved_model(field_set: SavedModelFieldSet) -> BuiltPackage:
    path = await Get(OutputPath, OutputPathRequest(field_set.output_path))
    exported = await Get(ExportedSavedModel, ExportSavedModelRequest(field_set))
    return await Get(BuiltPackage, PackageOutputRequest(path, exported.digest))


@rule(desc="Package a dataset")
async def package_dataset(field_set: DatasetFieldSet) -> BuiltPackage:
    path = await Get(OutputPath, OutputPathRequest(field_set.output_path))
    dataset = await Get(SampledDataset, SampleDatasetRequest(field_set))
    return await Get(BuiltPackage, PackageOutputRequest(path, dataset.digest))


def rules():
    return (
        *collect_rules(),
        *(UnionRule(PackageFieldSet, field_set) for field_set in PACKAGED_FIELD_SETS),
    )
