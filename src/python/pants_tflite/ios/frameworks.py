# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Building an XCFramework: its source compiled for every platform, and the files around that."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, CreateDigest, Digest, FileContent, FileEntry, MergeDigests
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.contents import LayOutModelsRequest, lay_out_models
from pants_tflite.bundles.models import BundleModels
from pants_tflite.cc.compilation import (
    ArchiveObjectsRequest,
    CompileSourceRequest,
    StaticLibrary,
    archive_objects,
    compile_source,
)
from pants_tflite.cc.toolchain import C
from pants_tflite.cc.universal_binary import JoinSlicesRequest, join_slices
from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    create_digest,
    get_digest_entries,
    merge_digests,
    rule,
)
from pants_tflite.ios.c_header import render_header, render_module_map
from pants_tflite.ios.c_source import render_source
from pants_tflite.ios.model_facts import ModelFacts
from pants_tflite.ios.property_lists import (
    PRIVACY_FILE,
    framework_plist,
    privacy_manifest,
    xcframework_plist,
)
from pants_tflite.ios.settings import FrameworkSettings
from pants_tflite.ios.slices import SLICES, Slice, ios_platform


@dataclass(frozen=True)
class BuildXcframeworkRequest:
    """Asks for `<name>.xcframework` with the models in every slice.

    `libraries` are static ones, by the names of their platforms (`slices.PLATFORM_NAMES`): their
    objects go into the frameworks' binaries. That is how kernels of custom ops get in (see
    `kernels`). `links` are the system's libraries that those need, beyond what every app has. The facts
    of models tell of golden vectors if `golden` does; the XCFramework has none.
    """

    address: Address
    settings: FrameworkSettings
    models: BundleModels
    libraries: FrozenDict[str, tuple[StaticLibrary, ...]] = FrozenDict()
    links: tuple[str, ...] = ()
    golden: bool = False

    def debug_hint(self) -> str:
        return f"{self.settings.name}.xcframework of {self.address}"

    @property
    def facts(self) -> tuple[ModelFacts, ...]:
        return tuple(
            ModelFacts.from_bundle(model, golden=self.golden) for model in self.models.models
        )

    @property
    def header(self) -> str:
        return render_header(self.settings, custom_ops=bool(self.models.kernels))


@dataclass(frozen=True)
class Xcframework:
    """`digest` holds the XCFramework, a directory, and nothing else."""

    digest: Digest


@dataclass(frozen=True)
class BuildFrameworkRequest:
    """Asks for the framework in one slice of an XCFramework."""

    xcframework: BuildXcframeworkRequest
    slice: Slice

    def debug_hint(self) -> str:
        return f"{self.slice.identifier} of {self.xcframework.address}"


@dataclass(frozen=True)
class Framework:
    """`digest` holds the framework, a directory, in the directory of its slice."""

    digest: Digest


@dataclass(frozen=True)
class FrameworkLibraryRequest:
    """Asks for the code of a framework for one platform."""

    xcframework: BuildXcframeworkRequest
    platform: str


@dataclass(frozen=True)
class FrameworkBinaryRequest:
    """Asks for the binary of the framework in one slice, which may be for several platforms."""

    xcframework: BuildXcframeworkRequest
    slice: Slice


@dataclass(frozen=True)
class FrameworkBinary:
    """`digest` holds only the binary, under the framework's name."""

    digest: Digest


@rule
async def build_framework_library(request: FrameworkLibraryRequest) -> StaticLibrary:
    xcframework = request.xcframework
    settings, address = xcframework.settings, xcframework.address
    platform = ios_platform(request.platform, settings.min_ios)
    source = f"{settings.name}.c"
    texts = {
        f"{settings.name}.h": xcframework.header,
        source: render_source(settings, xcframework.facts),
    }
    sources = await create_digest(
        CreateDigest(FileContent(path, text.encode()) for path, text in texts.items())
    )
    compiled = await compile_source(
        CompileSourceRequest(
            address=address,
            platform=platform,
            language=C,
            source=source,
            digest=sources,
            flags=("-fvisibility=hidden",),
        )
    )
    return await archive_objects(
        ArchiveObjectsRequest(
            address=address,
            platform=platform,
            language=C,
            name=settings.name,
            objects=(compiled,),
            libraries=xcframework.libraries.get(request.platform, ()),
        )
    )


@rule
async def build_framework_binary(request: FrameworkBinaryRequest) -> FrameworkBinary:
    xcframework = request.xcframework
    name = xcframework.settings.name
    libraries = await concurrently(
        build_framework_library(FrameworkLibraryRequest(xcframework, platform))
        for platform in request.slice.platforms
    )
    digest = libraries[0].digest
    if len(libraries) > 1:
        joined = await join_slices(JoinSlicesRequest(xcframework.address, name, libraries))
        digest = joined.digest
    entries = await get_digest_entries(digest)
    files = [entry for entry in entries if isinstance(entry, FileEntry)]
    return FrameworkBinary(
        await create_digest(CreateDigest(replace(entry, path=name) for entry in files))
    )


@rule(desc="Build a framework")
async def build_framework(request: BuildFrameworkRequest) -> Framework:
    xcframework = request.xcframework
    settings = xcframework.settings
    module_map = render_module_map(settings, xcframework.links)
    described = CreateDigest(
        (
            FileContent(f"Headers/{settings.name}.h", xcframework.header.encode()),
            FileContent("Info.plist", framework_plist(settings, request.slice)),
            FileContent("Modules/module.modulemap", module_map.encode()),
            FileContent(PRIVACY_FILE, privacy_manifest()),
        )
    )
    binary, models, files = await concurrently(
        build_framework_binary(FrameworkBinaryRequest(xcframework, request.slice)),
        lay_out_models(LayOutModelsRequest(xcframework.models)),
        create_digest(described),
    )
    content = await merge_digests(MergeDigests((binary.digest, models.digest, files)))
    prefix = f"{request.slice.identifier}/{settings.name}.framework"
    return Framework(await add_prefix(AddPrefix(content, prefix)))


@rule(desc="Build an XCFramework")
async def build_xcframework(request: BuildXcframeworkRequest) -> Xcframework:
    settings = request.settings
    frameworks = await concurrently(
        build_framework(BuildFrameworkRequest(request, each)) for each in SLICES
    )
    plist = FileContent("Info.plist", xcframework_plist(settings, SLICES))
    described = await create_digest(CreateDigest((plist,)))
    content = await merge_digests(
        MergeDigests((described, *(framework.digest for framework in frameworks)))
    )
    return Xcframework(await add_prefix(AddPrefix(content, f"{settings.name}.xcframework")))


def rules():
    return collect_rules()
