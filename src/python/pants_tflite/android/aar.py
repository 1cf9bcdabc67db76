# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""An AAR: an Android library as one archive, with models as assets."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestSubset,
    FileContent,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
)
from pants.util.frozendict import FrozenDict

from pants_tflite.android.classes import ClassesJar
from pants_tflite.android.native_code import NativeCode
from pants_tflite.android.settings import AndroidSettings
from pants_tflite.android.target_types import TfLiteAndroidLibraryTarget
from pants_tflite.bundles.archives import WriteArchiveRequest, write_archive
from pants_tflite.bundles.contents import (
    AddManifestRequest,
    LayOutModelsRequest,
    add_manifest,
    files_of,
    lay_out_models,
)
from pants_tflite.bundles.golden_calls import has_golden_vectors
from pants_tflite.bundles.manifests import MANIFEST_FILE, BundleManifest, ModelEntry
from pants_tflite.bundles.models import BundleModel, BundleModels
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    digest_subset_to_digest,
    merge_digests,
    remove_prefix,
    rule,
)
from pants_tflite.sandbox.archives.write_archive_protocol import ZIP

_ASSETS = "assets"
_METADATA_FILE = "META-INF/com/android/build/gradle/aar-metadata.properties"
_METADATA = b"""\
aarFormatVersion=1.0
aarMetadataVersion=1.0
minCompileSdk=1
"""
_PROGUARD = b"# Nothing of this library is found by reflection: whatever is unused may go.\n"


@dataclass(frozen=True)
class BuildAarRequest:
    """Asks for an AAR; `golden` says whether golden vectors go along."""

    address: Address
    settings: AndroidSettings
    models: BundleModels
    classes: ClassesJar
    native_code: NativeCode
    golden: bool = False


@dataclass(frozen=True)
class Aar:
    """`digest` holds only the archive, `manifest` the `manifest.json` that is in it."""

    digest: Digest
    manifest: Digest


def render_android_manifest(package: str, min_sdk: int) -> bytes:
    return f"""\
<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="{package}">
    <uses-sdk android:minSdkVersion="{min_sdk}" />
</manifest>
""".encode()


def describe_bundle(request: BuildAarRequest, directory: str) -> BundleManifest:
    """The manifest without the files; the models are in `directory`."""
    settings = request.settings

    def entry(model: BundleModel) -> ModelEntry:
        files = files_of(model.name, directory)
        return ModelEntry(
            model,
            files.model,
            files.labels if model.labels else None,
            golden_files=(
                files.golden if request.golden and has_golden_vectors(model.facts) else None
            ),
        )

    return BundleManifest(
        kind=TfLiteAndroidLibraryTarget.alias,
        name=settings.coordinates.artifact,
        version=settings.coordinates.version,
        models=tuple(entry(model) for model in request.models.models),
        platforms=settings.abis,
        custom_ops=request.native_code.kernels,
        tools=FrozenDict(request.classes.tools),
    )


@rule(desc="Build an Android library")
async def build_aar(request: BuildAarRequest) -> Aar:
    settings, coordinates = request.settings, request.settings.coordinates
    # An app has one library of each package, but may have several with one artifact's name.
    directory = os.path.join(_ASSETS, settings.package)
    manifest_path = os.path.join(directory, MANIFEST_FILE)
    texts = (
        FileContent(
            "AndroidManifest.xml", render_android_manifest(settings.package, settings.min_sdk)
        ),
        FileContent("R.txt", b""),
        FileContent("proguard.txt", _PROGUARD),
        FileContent(_METADATA_FILE, _METADATA),
    )
    written, models = await concurrently(
        create_digest(CreateDigest(texts)),
        lay_out_models(LayOutModelsRequest(request.models, directory, golden=request.golden)),
    )
    content = await merge_digests(
        MergeDigests((written, models.digest, request.classes.digest, request.native_code.digest))
    )
    described = await add_manifest(
        AddManifestRequest(describe_bundle(request, directory), content, manifest_path)
    )
    archive, manifest = await concurrently(
        write_archive(
            WriteArchiveRequest(
                address=request.address,
                filename=coordinates.file("aar"),
                format=ZIP,
                digest=described.digest,
            )
        ),
        digest_subset_to_digest(DigestSubset(described.digest, PathGlobs((manifest_path,)))),
    )
    return Aar(archive.digest, await remove_prefix(RemovePrefix(manifest, directory)))


def rules():
    return collect_rules()
