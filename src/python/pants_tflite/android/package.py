# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants package` for `tflite_android_library`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from pants.core.goals.package import BuiltPackage, PackageFieldSet
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, AddPrefix, Digest, MergeDigests
from pants.engine.unions import UnionRule

from pants_tflite.android.aar import BuildAarRequest, build_aar
from pants_tflite.android.classes import (
    ClassesJarRequest,
    CompileAccessorsRequest,
    JavaToolsRequest,
    find_java_tools,
    write_classes_jar,
)
from pants_tflite.android.maven import (
    LayOutRepositoryRequest,
    MavenCoordinates,
    lay_out_repository,
)
from pants_tflite.android.native_code import (
    BuildNativeCodeRequest,
    CheckKernelsRequest,
    NativeCode,
    build_native_code,
    check_kernels,
)
from pants_tflite.android.page_sizes import CheckPageSizesRequest, check_page_sizes
from pants_tflite.android.settings import (
    AndroidSettings,
    check_abis,
    check_coordinates,
    check_min_sdk,
    check_native_min_sdk,
    check_package,
    check_runtime,
    check_runtime_library,
    check_runtimes_with_tensorflow,
)
from pants_tflite.android.target_types import (
    AndroidAbisField,
    AndroidJarField,
    AndroidPackageField,
    JavaApiField,
    MavenArtifactField,
    MavenGroupField,
    MavenRuntimeField,
    MinSdkField,
    RuntimeAarField,
    RuntimeLibraryField,
    SelectTfOpsRuntimeField,
)
from pants_tflite.android.unique_packages import UniquePackageRequest, check_unique_package
from pants_tflite.bundles.contents import check_custom_ops
from pants_tflite.bundles.fields import BundleGoldenField, BundleModelsField
from pants_tflite.bundles.models import (
    BundleFieldSet,
    BundleModelsRequest,
    BundlePlan,
    PlanBundleRequest,
    PlannedModel,
    build_bundle_models,
    plan_bundle,
)
from pants_tflite.compat import add_prefix, collect_rules, implicitly, merge_digests, rule
from pants_tflite.errors import Mistake
from pants_tflite.util_rules.output_paths import (
    OutputPathRequest,
    PackageOutputRequest,
    find_output_path,
    place_output,
)

REPOSITORY_DIRECTORY = "maven"


@dataclass(frozen=True)
class AndroidLibraryFieldSet(PackageFieldSet, BundleFieldSet):
    required_fields = (AndroidPackageField,)

    package: AndroidPackageField
    abis: AndroidAbisField
    min_sdk: MinSdkField
    group: MavenGroupField
    artifact: MavenArtifactField
    runtime: MavenRuntimeField
    runtime_aar: RuntimeAarField
    select_tf_ops_runtime: SelectTfOpsRuntimeField
    runtime_library: RuntimeLibraryField
    java_api: JavaApiField
    android_jar: AndroidJarField
    golden: BundleGoldenField


@dataclass(frozen=True)
class BuildAndroidLibraryRequest:
    """Asks for a library as an AAR and a Maven repository."""

    field_set: AndroidLibraryFieldSet

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@dataclass(frozen=True)
class BuiltAndroidLibrary:
    """`digest` holds the AAR, `manifest.json`, and the repository in `maven/`."""

    digest: Digest


def check_fields(field_set: AndroidLibraryFieldSet) -> AndroidSettings:
    """What the fields say, but for those of all bundles; raises where one is wrong."""
    package = check_package(field_set.package)
    return AndroidSettings(
        package=package,
        abis=check_abis(field_set.abis),
        min_sdk=check_min_sdk(field_set.min_sdk),
        coordinates=check_coordinates(
            package=package,
            group=field_set.group,
            artifact=field_set.artifact,
            version=field_set.version,
        ),
        runtime_library=check_runtime_library(field_set.runtime_library),
    )


def refuse_kernels_beside_tensorflow(address: Address, models: Iterable[PlannedModel]) -> None:
    """Raises if a model needs both kernels of the library's own and kernels of TensorFlow.

    The Java API alone has TensorFlow's, and the C API alone takes others.
    """
    for model in models:
        if model.has_select_tf_ops and model.custom_ops.names:
            raise Mistake(
                message=(
                    f"{model.target.address} has custom ops and takes ops from TensorFlow, and no "
                    "API of TensorFlow Lite for Android runs a model with both"
                ),
                fix="Express the ones or the others with ops of TensorFlow Lite.",
                field=BundleModelsField.alias,
            ).at(address)


def plan_runtimes(
    field_set: AndroidLibraryFieldSet, plan: BundlePlan
) -> tuple[MavenCoordinates, ...]:
    """What the library depends on. Raises if a field is wrong, or nothing runs all of the models."""
    if any(model.has_select_tf_ops for model in plan.models):
        refuse_kernels_beside_tensorflow(field_set.address, plan.models)
        return check_runtimes_with_tensorflow(field_set.runtime, field_set.select_tf_ops_runtime)
    runtime = check_runtime(field_set.runtime, custom_ops=bool(plan.kernels))
    return () if runtime is None else (runtime,)


@rule(desc="Build an Android library and its Maven repository")
async def build_android_library(request: BuildAndroidLibraryRequest) -> BuiltAndroidLibrary:
    field_set = request.field_set
    address = field_set.address
    settings = check_fields(field_set)
    check_runtime(field_set.runtime)
    await check_unique_package(UniquePackageRequest(field_set.package), **implicitly())
    coordinates = settings.coordinates
    tools = None
    if field_set.java_api.value:
        tools = await find_java_tools(JavaToolsRequest(address, field_set.android_jar))
    plan = await plan_bundle(PlanBundleRequest(field_set))
    runtimes = plan_runtimes(field_set, plan)
    await check_page_sizes(
        CheckPageSizesRequest(field_set.runtime_aar, field_set.runtime, runtimes)
    )
    if plan.kernels:
        check_native_min_sdk(field_set.min_sdk)
        await check_kernels(CheckKernelsRequest(settings, plan.kernels))
    models = await build_bundle_models(BundleModelsRequest(field_set))
    check_custom_ops(address, models, kernels=[op.name for op in models.kernels])
    native_code = NativeCode(EMPTY_DIGEST)
    if models.kernels:
        native_code = await build_native_code(BuildNativeCodeRequest(address, settings, models))
    accessors = None
    if tools:
        accessors = CompileAccessorsRequest(
            address=address,
            tools=tools,
            package=settings.package,
            assets_directory=settings.package,
            models=models,
            golden=field_set.golden.value,
        )
    classes = await write_classes_jar(ClassesJarRequest(address, accessors))
    aar = await build_aar(
        BuildAarRequest(
            address=address,
            settings=settings,
            models=models,
            classes=classes,
            native_code=native_code,
            golden=field_set.golden.value,
        )
    )
    repository = await lay_out_repository(
        LayOutRepositoryRequest(
            address=address, coordinates=coordinates, runtimes=runtimes, aar=aar.digest
        )
    )
    placed = await add_prefix(AddPrefix(repository.digest, REPOSITORY_DIRECTORY))
    return BuiltAndroidLibrary(
        await merge_digests(MergeDigests((aar.digest, aar.manifest, placed)))
    )


@rule(desc="Package an Android library")
async def package_android_library(field_set: AndroidLibraryFieldSet) -> BuiltPackage:
    path = await find_output_path(OutputPathRequest(field_set.output_path), **implicitly())
    library = await build_android_library(BuildAndroidLibraryRequest(field_set))
    return await place_output(PackageOutputRequest(path, library.digest))


def rules():
    return (
        *collect_rules(),
        UnionRule(PackageFieldSet, AndroidLibraryFieldSet),
    )
