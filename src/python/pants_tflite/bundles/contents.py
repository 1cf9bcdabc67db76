# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Laying out a bundle: models under their names, other files, and a manifest of all of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Iterable

from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, FileContent, FileEntry, MergeDigests

from pants_tflite.bundles.fields import BundleModelsField
from pants_tflite.bundles.manifests import MANIFEST_FILE, BundleManifest
from pants_tflite.bundles.models import BundleModel, BundleModels, PlannedModel
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    get_digest_entries,
    merge_digests,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.pipeline.build import DESCRIPTION_FILE
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.verify import GOLDEN_FILES
from pants_tflite.sandbox.tflite.manifest_protocol import BundledFile, BundledGolden
from pants_tflite.target_types import CustomOpsField, SelectTfOpsField


@dataclass(frozen=True)
class ModelFiles:
    """Where one model's files go in a bundle, by their names in `BundleModel.digest`."""

    model: str
    description: str
    labels: str
    golden: BundledGolden


@dataclass(frozen=True)
class LayOutModelsRequest:
    """Asks for all models of a bundle in `directory` ("" for the top).

    `<name>.tflite` is the model, `<name>.json` its description, `<name>.labels.txt` its labels. With
    `golden`, `<name>.golden_input.npz` and `<name>.golden_output.npz` are its golden vectors.
    """

    models: BundleModels
    directory: str = ""
    golden: bool = False


@dataclass(frozen=True)
class LayOutModelRequest:
    model: BundleModel
    files: ModelFiles
    golden: bool = False


@dataclass(frozen=True)
class LaidOutModels:
    digest: Digest


@dataclass(frozen=True)
class LaidOutModel:
    digest: Digest


def files_of(name: str, directory: str = "") -> ModelFiles:
    """Where the files of the model called `name` go."""
    stem = os.path.join(directory, name)
    return ModelFiles(
        model=f"{stem}.tflite",
        description=f"{stem}.json",
        labels=f"{stem}.labels.txt",
        golden=BundledGolden(*(f"{stem}.{name}" for name in GOLDEN_FILES)),
    )


def check_custom_ops(address: Address, models: BundleModels, *, kernels: Iterable[str]) -> None:
    """Raises if a model needs a custom op that the bundle has no kernel for.

    `kernels` are the custom codes that it has: those of the bundle's own custom ops and of the
    runtime that it is for.
    """
    known = set(kernels)
    for model in models.models:
        missing = [code for code in model.facts.custom_ops if code not in known]
        if missing:
            raise Mistake(
                message=(
                    f"{model.address} uses the custom ops {', '.join(missing)}, for which the "
                    "bundle has no kernel"
                ),
                fix=(
                    "Leave the model out of this bundle, or convert it without custom ops: the "
                    f"model would be refused on the device. `{CustomOpsField.alias}` of a model "
                    "says what it uses."
                ),
                field=BundleModelsField.alias,
            ).at(address)


def refuse_select_tf_ops(address: Address, models: Iterable[PlannedModel], *, why: str) -> None:
    """Raises if a model takes ops from TensorFlow, which the bundle's runtime lacks.

    `why` is a sentence about that runtime.
    """
    for model in models:
        if model.has_select_tf_ops:
            raise Mistake(
                message=(
                    f"{model.target.address} takes ops from TensorFlow itself, as its "
                    f"`{SelectTfOpsField.alias}` says. {why}"
                ),
                fix=(
                    "Leave the model out of this bundle, or express those ops with others in the "
                    "model's code. Apps for Android and iOS can have TensorFlow's kernels."
                ),
                field=BundleModelsField.alias,
            ).at(address)


@dataclass(frozen=True)
class AddManifestRequest:
    """Asks for a bundle's files with the manifest that lists them.

    `manifest.files` is left empty; it is filled from `digest`. `path` is where the manifest goes.
    """

    manifest: BundleManifest
    digest: Digest
    path: str = MANIFEST_FILE


@dataclass(frozen=True)
class DescribedBundle:
    """All files of a bundle, the manifest among them."""

    digest: Digest


@rule
async def lay_out_model(request: LayOutModelRequest) -> LaidOutModel:
    model, files = request.model, request.files
    paths = {MODEL_FILE: files.model, DESCRIPTION_FILE: files.description}
    if request.golden:
        paths.update(zip(GOLDEN_FILES, (files.golden.inputs, files.golden.outputs)))
    entries = await get_digest_entries(model.digest)
    labels = (FileContent(files.labels, model.labels_text),) if model.labels else ()
    placed, described = await concurrently(
        create_digest(
            CreateDigest(
                replace(entry, path=paths[entry.path]) for entry in entries if entry.path in paths
            )
        ),
        create_digest(CreateDigest(labels)),
    )
    return LaidOutModel(await merge_digests(MergeDigests((placed, described))))


@rule(desc="Lay out a bundle's models")
async def lay_out_models(request: LayOutModelsRequest) -> LaidOutModels:
    laid_out = await concurrently(
        lay_out_model(
            LayOutModelRequest(
                model, files_of(model.name, request.directory), golden=request.golden
            )
        )
        for model in request.models.models
    )
    return LaidOutModels(await merge_digests(MergeDigests(model.digest for model in laid_out)))


@rule
async def add_manifest(request: AddManifestRequest) -> DescribedBundle:
    entries = await get_digest_entries(request.digest)
    files = tuple(
        BundledFile(
            entry.path, entry.file_digest.serialized_bytes_length, entry.file_digest.fingerprint
        )
        for entry in entries
        if isinstance(entry, FileEntry)
    )
    manifest = replace(request.manifest, files=files)
    described = await create_digest(CreateDigest((FileContent(request.path, manifest.render()),)))
    return DescribedBundle(await merge_digests(MergeDigests((request.digest, described))))


def rules():
    return collect_rules()
