# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants package` for models, SavedModels and datasets."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Iterable, Union

from pants.core.goals.package import BuiltPackage, BuiltPackageArtifact, PackageFieldSet
from pants.engine.fs import CreateDigest, Digest, DigestSubset, FileEntry, PathGlobs, SymlinkEntry
from pants.engine.unions import UnionRule

from pants_tflite.compat import (
    collect_rules,
    create_digest,
    digest_subset_to_digest,
    get_digest_entries,
    implicitly,
    rule,
)
from pants_tflite.pipeline.build import (
    BuildModelFileRequest,
    BuildModelRequest,
    TfLiteFileFieldSet,
    build_model,
    build_model_file,
)
from pants_tflite.pipeline.dataset import (
    DatasetFieldSet,
    SampleDatasetRequest,
    sample_dataset,
)
from pants_tflite.pipeline.export import (
    ExportSavedModelRequest,
    SavedModelFieldSet,
    export_saved_model,
)
from pants_tflite.pipeline.plan import TfLiteModelFieldSet
from pants_tflite.pipeline.verify import GOLDEN_INPUT_FILE
from pants_tflite.sandbox.samples.sample_dataset_protocol import DatasetReport
from pants_tflite.util_rules.output_paths import (
    OutputPath,
    OutputPathRequest,
    PackageOutputRequest,
    find_output_path,
    golden_inputs_directory,
    place_output,
)

PACKAGED_FIELD_SETS = (
    DatasetFieldSet,
    SavedModelFieldSet,
    TfLiteFileFieldSet,
    TfLiteModelFieldSet,
)


@dataclass(frozen=True)
class PackageModelOutputRequest:
    """Asks for a built `tflite_model` as a package, whose golden input other models may share."""

    path: OutputPath
    model: Digest


def lay_out_model(
    directory: str, entries: Iterable[FileEntry]
) -> tuple[Union[FileEntry, SymlinkEntry], ...]:
    """A model's files in `directory`, with a link for the golden input to where models share it.

    The shared file is named after its hash: models that write to one path write the same bytes, and
    no link that an earlier run left behind leads to another model's input.
    """
    placed: list[Union[FileEntry, SymlinkEntry]] = []
    for entry in entries:
        path = os.path.join(directory, entry.path)
        if entry.path == GOLDEN_INPUT_FILE:
            name = f"{entry.file_digest.fingerprint}.npz"
            shared = os.path.join(golden_inputs_directory(directory), name)
            placed.append(SymlinkEntry(path, os.path.relpath(shared, directory)))
            path = shared
        placed.append(replace(entry, path=path))
    return tuple(placed)


@rule
async def place_model(request: PackageModelOutputRequest) -> BuiltPackage:
    path = request.path.value
    entries = await get_digest_entries(request.model)
    files = [entry for entry in entries if isinstance(entry, FileEntry)]
    digest = await create_digest(CreateDigest(lay_out_model(path, files)))
    return BuiltPackage(digest, (BuiltPackageArtifact(relpath=path),))


@rule(desc="Package a model")
async def package_model(field_set: TfLiteModelFieldSet) -> BuiltPackage:
    path = await find_output_path(OutputPathRequest(field_set.output_path), **implicitly())
    model = await build_model(BuildModelRequest(field_set))
    return await place_model(PackageModelOutputRequest(path, model.digest))


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
    digest = dataset.digest
    if not field_set.include_samples.value:
        digest = await digest_subset_to_digest(
            DigestSubset(digest, PathGlobs((DatasetReport.FILE,)))
        )
    return await place_output(PackageOutputRequest(path, digest))


def rules():
    return (
        *collect_rules(),
        *(UnionRule(PackageFieldSet, field_set) for field_set in PACKAGED_FIELD_SETS),
    )
