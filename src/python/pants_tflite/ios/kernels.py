# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The kernels of a framework's custom ops, and what adds them to an interpreter, as libraries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence

from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, FileContent
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.manifests import KernelEntry
from pants_tflite.bundles.models import BundleModels
from pants_tflite.cc.compilation import (
    ArchiveObjectsRequest,
    CompileSourceRequest,
    StaticLibrary,
    archive_objects,
    compile_source,
)
from pants_tflite.cc.toolchain import CXX, C
from pants_tflite.compat import collect_rules, concurrently, create_digest, rule
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.custom_ops.libraries import CustomOpLibraryRequest, build_library
from pants_tflite.custom_ops.registration_code import RegisteredOp, render_adding_function
from pants_tflite.ios.settings import FrameworkSettings
from pants_tflite.ios.slices import PLATFORM_NAMES, SLICES, ios_platform
from pants_tflite.sandbox.tflite.manifest_protocol import KernelBuild


@dataclass(frozen=True)
class BuildKernelsRequest:
    """Asks for the kernels of the custom ops of `models`, for every platform of a framework."""

    address: Address
    settings: FrameworkSettings
    models: BundleModels

    def debug_hint(self) -> str:
        return f"custom ops of {self.address}"


@dataclass(frozen=True)
class FrameworkKernels:
    """`libraries` and `links` are as `BuildXcframeworkRequest` takes them, `entries` are for the
    manifest; all are empty if there are no custom ops."""

    libraries: FrozenDict[str, tuple[StaticLibrary, ...]] = FrozenDict()
    links: tuple[str, ...] = ()
    entries: tuple[KernelEntry, ...] = ()


@dataclass(frozen=True)
class BuildPlatformKernelsRequest:
    kernels: BuildKernelsRequest
    platform: str

    def debug_hint(self) -> str:
        return f"custom ops of {self.kernels.address} for {self.platform}"


@dataclass(frozen=True)
class PlatformKernels:
    """`library` has the kernels and what adds them; `toolchain` and `language` are the kernels'."""

    library: StaticLibrary
    toolchain: str
    language: str


def render_source(settings: FrameworkSettings, ops: Sequence[RegisteredOp]) -> str:
    """The C source that adds `ops` to an interpreter's options, as the header declares it.

    It is an object of its own in the framework's binary: only in an app that calls it does a linker
    look for TensorFlow Lite's C library.
    """
    return render_adding_function(f"{settings.name}AddCustomOps", ops)


@rule
async def build_platform_kernels(request: BuildPlatformKernelsRequest) -> PlatformKernels:
    kernels = request.kernels
    address, settings, models = kernels.address, kernels.settings, kernels.models
    platform = ios_platform(request.platform, settings.min_ios)
    name = f"{settings.name}CustomOps"
    source = FileContent(f"{name}.c", render_source(settings, models.registered_ops).encode())
    sources = await create_digest(CreateDigest((source,)))
    compiled, library = await concurrently(
        compile_source(
            CompileSourceRequest(
                address=address,
                platform=platform,
                language=C,
                source=source.path,
                digest=sources,
            )
        ),
        build_library(
            CustomOpLibraryRequest(
                tuple(op.address for op in models.kernels), platform, shared=False, static=True
            )
        ),
    )
    assert library.static is not None
    joined = await archive_objects(
        ArchiveObjectsRequest(
            address=address,
            platform=platform,
            language=C,
            name=name,
            objects=(compiled,),
            libraries=(library.static,),
        )
    )
    return PlatformKernels(joined, library.toolchain, library.language)


def kernel_entries(
    settings: FrameworkSettings, ops: Sequence[CustomOp], toolchains: Mapping[str, str]
) -> tuple[KernelEntry, ...]:
    """What the manifest says about `ops`; `toolchains` are by the names of the platforms."""
    builds = tuple(
        KernelBuild(each.binary(settings.name), platform, toolchains[platform])
        for each in SLICES
        for platform in each.platforms
    )
    return tuple(KernelEntry(op, op.registration, builds) for op in ops)


@rule(desc="Build a framework's custom ops")
async def build_kernels(request: BuildKernelsRequest) -> FrameworkKernels:
    if not request.models.kernels:
        return FrameworkKernels()
    built = await concurrently(
        build_platform_kernels(BuildPlatformKernelsRequest(request, platform))
        for platform in PLATFORM_NAMES
    )
    by_platform = dict(zip(PLATFORM_NAMES, built))
    toolchains = {platform: kernels.toolchain for platform, kernels in by_platform.items()}
    return FrameworkKernels(
        FrozenDict({platform: (kernels.library,) for platform, kernels in by_platform.items()}),
        links=("c++",) if any(kernels.language == CXX for kernels in built) else (),
        entries=kernel_entries(request.settings, request.models.kernels, toolchains),
    )


def rules():
    return collect_rules()
