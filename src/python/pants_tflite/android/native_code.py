# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The native code of an Android library: the kernels of its models' custom ops."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, FileContent, FileEntry

from pants_tflite.android.native_api import NativeNames, render_header
from pants_tflite.android.prefab import PrefabPackage
from pants_tflite.android.settings import AndroidSettings
from pants_tflite.bundles.manifests import KernelEntry
from pants_tflite.bundles.models import BundleModels
from pants_tflite.cc.android_stubs import DeviceLibrary
from pants_tflite.cc.platforms import ANDROID_ABIS, Platform
from pants_tflite.compat import collect_rules, concurrently, create_digest, get_digest_entries, rule
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.custom_ops.libraries import (
    CompileKernelsRequest,
    CustomOpLibraryRequest,
    LibraryApi,
    build_library,
    compile_kernels,
)
from pants_tflite.custom_ops.registration_code import (
    ADD_CUSTOM_OP,
    render_adding_function,
)
from pants_tflite.sandbox.tflite.manifest_protocol import KernelBuild


@dataclass(frozen=True)
class CheckKernelsRequest:
    """Asks whether kernels compile for all ABIs, before any model is built."""

    settings: AndroidSettings
    kernels: tuple[CustomOp, ...]


@dataclass(frozen=True)
class CheckedKernels:
    """The kernels compile for all ABIs."""


@dataclass(frozen=True)
class BuildNativeCodeRequest:
    """Asks for the kernels of `models`, of which at least one has custom ops, for each ABI."""

    address: Address
    settings: AndroidSettings
    models: BundleModels


@dataclass(frozen=True)
class NativeCode:
    """`digest` holds what an AAR has in `jni/` and `prefab/`, under these very paths.

    `kernels` is what a manifest says about them.
    """

    digest: Digest
    kernels: tuple[KernelEntry, ...] = ()


def platforms(settings: AndroidSettings) -> tuple[Platform, ...]:
    """What the kernels are compiled for, in the order of the ABIs."""
    return tuple(replace(ANDROID_ABIS[abi], oldest=str(settings.min_sdk)) for abi in settings.abis)


@rule(desc="Check the kernels of an Android library")
async def check_kernels(request: CheckKernelsRequest) -> CheckedKernels:
    addresses = tuple(op.address for op in request.kernels)
    await concurrently(
        compile_kernels(CompileKernelsRequest(addresses, platform))
        for platform in platforms(request.settings)
    )
    return CheckedKernels()


@rule(desc="Build the kernels of an Android library")
async def build_native_code(request: BuildNativeCodeRequest) -> NativeCode:
    settings, kernels = request.settings, request.models.kernels
    coordinates, abis = settings.coordinates, settings.abis
    names = NativeNames.of(coordinates.artifact)
    prefab = PrefabPackage(
        name=coordinates.artifact,
        version=coordinates.version,
        module=names.module,
        api=settings.min_sdk,
    )
    ops = request.models.registered_ops
    # An app's libraries do not see each other's functions, unless they name each other as needed:
    # Android's loader then takes the one that is loaded already, or loads it.
    runtime = DeviceLibrary(settings.runtime_library, (ADD_CUSTOM_OP,))
    api = LibraryApi(render_adding_function(names.function, ops), (names.function,), (runtime,))
    libraries = await concurrently(
        build_library(
            CustomOpLibraryRequest(
                tuple(op.address for op in kernels), platform, name=names.module, api=api
            )
        )
        for platform in platforms(settings)
    )
    header = render_header(
        names=names, coordinates=coordinates, runtime_library=settings.runtime_library, ops=ops
    )
    texts = {**prefab.describe(abis), prefab.header_path: header.encode()}
    files: list[FileContent | FileEntry] = [FileContent(path, text) for path, text in texts.items()]
    for abi, library in zip(abis, libraries):
        assert library.shared is not None
        (entry,) = await get_digest_entries(library.shared.digest)
        assert isinstance(entry, FileEntry)
        for folder in (os.path.join("jni", abi), prefab.library_folder(abi)):
            files.append(
                replace(entry, path=os.path.join(folder, prefab.library), is_executable=False)
            )
    builds = tuple(
        KernelBuild(os.path.join("jni", abi, prefab.library), abi, library.toolchain)
        for abi, library in zip(abis, libraries)
    )
    return NativeCode(
        await create_digest(CreateDigest(files)),
        tuple(KernelEntry(op, op.registration, builds) for op in kernels),
    )


def rules():
    return collect_rules()
