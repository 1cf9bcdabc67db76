# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants package` for models, SavedModels and datasets."""

from __future__ import annotations

from pants.core.goals.package import BuiltPackage, PackageFieldSet
from pants.engine.unions import UnionRule

from pants_tflite.compat import collect_rules, implicitly, rule
from pants_tflite.pipeline.build import (
    BuildModelFileRequest,
    BuildModelRequest,
    TfLiteFileFieldSet,
    build_model,
    build_model_file,
)
from pants_tflite.pipeline.dataset import DatasetFieldSet, SampleDatasetRequest, sample_dataset
from pants_tflite.pipeline.export import (
    ExportSavedModelRequest,
    SavedModelFieldSet,
    export_saved_model,
)
from pants_tflite.pipeline.plan import TfLiteModelFieldSet
from pants_tflite.util_rules.output_paths import (
    OutputPathRequest,
    PackageOutputRequest,
    find_output_path,
    place_output,
)

PACKAGED_FIELD_SETS = (
    DatasetFieldSet,
    SavedModelFieldSet,
    TfLiteFileFieldSet,
    TfLiteModelFieldSet,
)


@rule(desc="Package a model")
async def package_model(field_set: TfLiteModelFieldSet) -> BuiltPackage:
    path = await find_output_path(OutputPathRequest(field_set.output_path), **implicitly())
    model = await build_model(BuildModelRequest(field_set))
    return await place_output(PackageOutputRequest(path, model.digest))


@rule(desc="Package a model file")
async def package_model_file(field_set: TfLiteFileFieldSet) -> BuiltPackage:
    path = await find_output_path(OutputPathRequest(field_set.output_path), **implicitly())
    model = await build_model_file(BuildModelFileRequest(field_set))
    return await place_output(PackageOutputRequest(path, model.digest))


@rule(desc="Package a SavedModel")
async def package_saved_model(field_set: SavedModelFieldSet) -> BuiltPackage:
    path = await find_output_path(OutputPathRequest(field_set.output_path), **implicitly())
    exported = await export_saved_model(ExportSavedModelRequest(field_set))
    return await place_output(PackageOutputRequest(path, exported.digest))


@rule(desc="Package a dataset")
async def package_dataset(field_set: DatasetFieldSet) -> BuiltPackage:
    path = await find_output_path(OutputPathRequest(field_set.output_path), **implicitly())
    dataset = await sample_dataset(SampleDatasetRequest(field_set))
    return await place_output(PackageOutputRequest(path, dataset.digest))


def rules():
    return (
        *collect_rules(),
        *(UnionRule(PackageFieldSet, field_set) for field_set in PACKAGED_FIELD_SETS),
    )
