# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants package` for `tflite_ios_framework`: a Swift package with an XCFramework in it."""

from __future__ import annotations

from pants.core.goals.package import BuiltPackage, PackageFieldSet
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.contents import (
    AddManifestRequest,
    DescribedBundle,
    check_custom_ops,
    files_of,
)
from pants_tflite.bundles.manifests import BundleManifest, ModelEntry
from pants_tflite.bundles.models import BundleModels, BundleModelsRequest
from pants_tflite.ios.frameworks import BuildXcframeworkRequest
from pants_tflite.ios.kernels import BuildKernelsRequest, FrameworkKernels
from pants_tflite.ios.plans import (
    IosFrameworkFieldSet,
    IosFrameworkPlan,
    PlanIosFrameworkRequest,
)
from pants_tflite.ios.slices import PLATFORM_NAMES
from pants_tflite.ios.swift_package import models_folder
from pants_tflite.ios.swift_packages import BuildSwiftPackageRequest, SwiftPackage
from pants_tflite.ios.target_types import TfLiteIosFrameworkTarget
from pants_tflite.util_rules.cc.zig_installation import ZigInstallation, ZigRequest
from pants_tflite.util_rules.output_paths import (
    OutputPath,
    OutputPathRequest,
    PackageOutputRequest,
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
    check_custom_ops(address, models, kernels=[op.name for op in models.kernels])
    kernels = await Get(FrameworkKernels, BuildKernelsRequest(address, settings, models.kernels))
    xcframework = BuildXcframeworkRequest(
        address, settings, models, kernels.libraries, kernels.links
    )
    package, zig = await MultiGet(
        Get(SwiftPackage, BuildSwiftPackageRequest(xcframework, plan.members)),
        Get(ZigInstallation, ZigRequest()),
    )
    folder = models_folder(settings)
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
        custom_ops=kernels.entries,
        tools=FrozenDict({"zig": zig.version}),
    )
    described = await Get(DescribedBundle, AddManifestRequest(manifest, package.digest))
    return await Get(BuiltPackage, PackageOutputRequest(path, described.digest))


def rules():
    return (*collect_rules(), UnionRule(PackageFieldSet, IosFrameworkFieldSet))
