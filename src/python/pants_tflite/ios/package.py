# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants package` for `tflite_ios_framework`: a Swift package with an XCFramework in it."""

from __future__ import annotations

from pants.core.goals.package import BuiltPackage, PackageFieldSet
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.contents import (
    AddManifestRequest,
    add_manifest,
    check_custom_ops,
    files_of,
)
from pants_tflite.bundles.golden_calls import has_golden_vectors
from pants_tflite.bundles.manifests import BundleManifest, ModelEntry
from pants_tflite.bundles.models import BundleModelsRequest, build_bundle_models
from pants_tflite.cc.zig_installation import ZigRequest, set_up_zig
from pants_tflite.compat import collect_rules, concurrently, implicitly, rule
from pants_tflite.ios.frameworks import BuildXcframeworkRequest
from pants_tflite.ios.kernels import BuildKernelsRequest, build_kernels
from pants_tflite.ios.plans import IosFrameworkFieldSet, PlanIosFrameworkRequest, plan_ios_framework
from pants_tflite.ios.slices import PLATFORM_NAMES
from pants_tflite.ios.swift_manifest import models_folder
from pants_tflite.ios.swift_packages import BuildSwiftPackageRequest, build_swift_package
from pants_tflite.ios.target_types import TfLiteIosFrameworkTarget
from pants_tflite.util_rules.output_paths import (
    OutputPathRequest,
    PackageOutputRequest,
    find_output_path,
    place_output,
)


@rule(desc="Package an iOS framework")
async def package_ios_framework(field_set: IosFrameworkFieldSet) -> BuiltPackage:
    address = field_set.address
    path, plan = await concurrently(
        find_output_path(OutputPathRequest(field_set.output_path), **implicitly()),
        plan_ios_framework(PlanIosFrameworkRequest(field_set)),
    )
    settings = plan.settings
    models = await build_bundle_models(BundleModelsRequest(field_set))
    check_custom_ops(address, models, kernels=[op.name for op in models.kernels])
    kernels = await build_kernels(BuildKernelsRequest(address, settings, models))
    xcframework = BuildXcframeworkRequest(
        address=address,
        settings=settings,
        models=models,
        libraries=kernels.libraries,
        links=kernels.links,
        golden=field_set.golden.value,
    )
    package, zig = await concurrently(
        build_swift_package(BuildSwiftPackageRequest(xcframework, plan.members)),
        set_up_zig(ZigRequest(), **implicitly()),
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
                golden_files=(
                    files_of(model.name, folder).golden
                    if field_set.golden.value and has_golden_vectors(model.facts)
                    else None
                ),
            )
            for model in models.models
        ),
        platforms=PLATFORM_NAMES,
        custom_ops=kernels.entries,
        tools=FrozenDict({"zig": zig.version}),
    )
    described = await add_manifest(AddManifestRequest(manifest, package.digest))
    return await place_output(PackageOutputRequest(path, described.digest))


def rules():
    return (*collect_rules(), UnionRule(PackageFieldSet, IosFrameworkFieldSet))
