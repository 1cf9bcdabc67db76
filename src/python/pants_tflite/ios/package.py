# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants package` for `tflite_ios_framework`: a Swift package with an XCFramework in it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pants.core.goals.package import BuiltPackage, PackageFieldSet
from pants.engine.addresses import Address
from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestEntries,
    FileContent,
    FileEntry,
    MergeDigests,
)
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.archives import ZIP, Archive, WriteArchiveRequest
from pants_tflite.bundles.contents import (
    AddManifestRequest,
    DescribedBundle,
    LaidOutModels,
    LayOutModelsRequest,
    check_custom_ops,
    files_of,
)
from pants_tflite.bundles.manifests import BundleManifest, ModelEntry
from pants_tflite.bundles.models import (
    BundleFieldSet,
    BundleModels,
    BundleModelsRequest,
    BundlePlan,
    PlanBundleRequest,
)
from pants_tflite.ios.frameworks import BuildXcframeworkRequest, Xcframework
from pants_tflite.ios.readme import render_readme
from pants_tflite.ios.settings import (
    FrameworkSettings,
    check_bundle_id,
    check_min_ios,
    framework_name,
)
from pants_tflite.ios.slices import PLATFORM_NAMES
from pants_tflite.ios.swift_package import (
    MODELS_FOLDER,
    member_names,
    render_accessors,
    render_package,
)
from pants_tflite.ios.target_types import (
    BundleIdField,
    FrameworkNameField,
    MinIosField,
    TfLiteIosFrameworkTarget,
)
from pants_tflite.util_rules.output_paths import (
    OutputPath,
    OutputPathRequest,
    PackageOutputRequest,
)
from pants_tflite.util_rules.package_versions import PackageVersions, PackageVersionsRequest
from pants_tflite.util_rules.python_environments import PythonEnvironment, ZigEnvironmentRequest

_TOOLS = ("ziglang",)


@dataclass(frozen=True)
class IosFrameworkFieldSet(PackageFieldSet, BundleFieldSet):
    required_fields = (BundleIdField, MinIosField)

    bundle_id: BundleIdField
    framework: FrameworkNameField
    min_ios: MinIosField


@dataclass(frozen=True)
class PlanIosFrameworkRequest:
    field_set: IosFrameworkFieldSet


@dataclass(frozen=True)
class IosFrameworkPlan:
    """A framework's fields, checked before anything is built. `members` are what Swift calls the
    models."""

    settings: FrameworkSettings
    members: FrozenDict[str, str]


@dataclass(frozen=True)
class RenderPackageRequest:
    """Asks for all files of a Swift package but its manifest."""

    address: Address
    plan: IosFrameworkPlan
    models: BundleModels
    xcframework: BuildXcframeworkRequest


@dataclass(frozen=True)
class RenderedPackage:
    digest: Digest


@dataclass(frozen=True)
class ChecksumRequest:
    """Asks for the SHA-256 of the one file in `digest`."""

    digest: Digest


@dataclass(frozen=True)
class Checksum:
    value: str


@rule
async def plan_ios_framework(request: PlanIosFrameworkRequest) -> IosFrameworkPlan:
    field_set = request.field_set
    address = field_set.address
    bundle_id = check_bundle_id(address, field_set.bundle_id.value)
    name = framework_name(address, field_set.framework.value, bundle_id)
    min_ios = check_min_ios(address, field_set.min_ios.value)
    plan = await Get(BundlePlan, PlanBundleRequest(field_set))
    return IosFrameworkPlan(
        FrameworkSettings(name, bundle_id, min_ios, plan.version),
        FrozenDict(member_names(address, [model.name for model in plan.models])),
    )


@rule
async def find_checksum(request: ChecksumRequest) -> Checksum:
    (file,) = [
        entry
        for entry in await Get(DigestEntries, Digest, request.digest)
        if isinstance(entry, FileEntry)
    ]
    return Checksum(file.file_digest.fingerprint)


@rule
async def render_swift_package(request: RenderPackageRequest) -> RenderedPackage:
    settings, members = request.plan.settings, request.plan.members
    facts = request.xcframework.facts
    sources = f"Sources/{settings.swift_module}"
    xcframework, models = await MultiGet(
        Get(Xcframework, BuildXcframeworkRequest, request.xcframework),
        Get(LaidOutModels, LayOutModelsRequest(request.models, f"{sources}/{MODELS_FOLDER}")),
    )
    filename = f"{settings.name}.xcframework.zip"
    archive = await Get(
        Archive, WriteArchiveRequest(request.address, filename, ZIP, xcframework.digest)
    )
    checksum = await Get(Checksum, ChecksumRequest(archive.digest))
    texts = {
        "Package.swift": render_package(settings, facts),
        "README.md": render_readme(
            settings, facts, members, archive=filename, checksum=checksum.value
        ),
        f"{filename}.sha256": f"{checksum.value}  {filename}\n",
        f"{sources}/{settings.swift_module}.swift": render_accessors(settings, facts, members),
    }
    rendered = await Get(
        Digest, CreateDigest(FileContent(path, text.encode()) for path, text in texts.items())
    )
    return RenderedPackage(
        await Get(
            Digest, MergeDigests((archive.digest, models.digest, rendered, xcframework.digest))
        )
    )


@rule(desc="Package an iOS framework")
async def package_ios_framework(field_set: IosFrameworkFieldSet) -> BuiltPackage:
    address = field_set.address
    path, plan = await MultiGet(
        Get(OutputPath, OutputPathRequest(field_set.output_path)),
        Get(IosFrameworkPlan, PlanIosFrameworkRequest(field_set)),
    )
    settings = plan.settings
    models = await Get(BundleModels, BundleModelsRequest(field_set))
    check_custom_ops(address, models, kernels=())
    xcframework = BuildXcframeworkRequest(address, settings, models)
    rendered, environment = await MultiGet(
        Get(RenderedPackage, RenderPackageRequest(address, plan, models, xcframework)),
        Get(PythonEnvironment, ZigEnvironmentRequest()),
    )
    tools = await Get(PackageVersions, PackageVersionsRequest(address, environment, _TOOLS))
    folder = os.path.join("Sources", settings.swift_module, MODELS_FOLDER)
    manifest = BundleManifest(
        kind=TfLiteIosFrameworkTarget.alias,
        name=settings.name,
        version=settings.version,
        models=tuple(
            ModelEntry(
                model,
                files_of(model.name, folder).model,
                files_of(model.name, folder).labels if model.labels else None,
            )
            for model in models.models
        ),
        platforms=PLATFORM_NAMES,
        tools=tools.versions,
    )
    described = await Get(DescribedBundle, AddManifestRequest(manifest, rendered.digest))
    return await Get(BuiltPackage, PackageOutputRequest(path, described.digest))


def rules():
    return (*collect_rules(), UnionRule(PackageFieldSet, IosFrameworkFieldSet))
