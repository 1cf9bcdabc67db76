# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A library and its self-test, compiled together with TFLite Micro for one platform."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.fs import (
    Digest,
    DigestContents,
    DigestSubset,
    MergeDigests,
    PathGlobs,
)
from pants.engine.rules import Get, MultiGet, collect_rules, rule

from pants_tflite.micro.elf_sizes import ElfSizes, elf_sizes
from pants_tflite.micro.field_sets import MicroLibraryFieldSet
from pants_tflite.micro.qemu.boards import BOARDS, LINK_FLAGS
from pants_tflite.micro.qemu.start_up import StartUpFiles, StartUpFilesRequest
from pants_tflite.micro.sources import MicroSources, MicroSourcesRequest
from pants_tflite.micro.tflm_library import (
    CompiledMicroKernels,
    CompiledTflm,
    CompileMicroKernelsRequest,
    CompileMicroSourceRequest,
    CompileTflmRequest,
)
from pants_tflite.micro.tflm_tree import TflmTree, TflmTreeRequest
from pants_tflite.util_rules.cc.compilation import (
    ArchiveObjectsRequest,
    CompiledObject,
    StaticLibrary,
)
from pants_tflite.util_rules.cc.linking import Executable, LinkExecutableRequest
from pants_tflite.util_rules.cc.platforms import Platform
from pants_tflite.util_rules.cc.toolchain import CXX, Toolchain
from pants_tflite.util_rules.cc.toolchains import ToolchainRequest

_GOLDEN_SUFFIX = "_golden.cc"


@dataclass(frozen=True)
class MicroToolsRequest:
    """Asks for what compiles a library for `platform`, and for errors before any model is built."""

    field_set: MicroLibraryFieldSet
    platform: Platform


@dataclass(frozen=True)
class MicroTools:
    tree: TflmTree
    toolchain: str


@dataclass(frozen=True)
class BuildSelfTestRequest:
    """Asks for a library and its self-test for `platform`; the fields name a tree of TFLite Micro."""

    field_set: MicroLibraryFieldSet
    platform: Platform

    def debug_hint(self) -> str:
        return f"{self.field_set.address} for {self.platform}"


@dataclass(frozen=True)
class BuiltSelfTest:
    """`library` holds TFLite Micro and kernels of custom ops too. `golden_bytes` of the program's `sizes` are golden vectors."""

    library: StaticLibrary
    program: Executable
    sizes: ElfSizes
    golden_bytes: int
    tools: MicroTools

    @property
    def flash_bytes(self) -> int:
        """What an application with these models takes at least, and the small self-test."""
        return self.sizes.flash - self.golden_bytes


@dataclass(frozen=True)
class SizeFilesRequest:
    """Asks how large ELF files are together: objects or programs, all that `digest` holds."""

    digest: Digest


@rule
async def find_micro_tools(request: MicroToolsRequest) -> MicroTools:
    field = request.field_set.tflm
    tree, toolchain = await MultiGet(
        Get(TflmTree, TflmTreeRequest(field.address, field.alias, field.value or "")),
        Get(Toolchain, ToolchainRequest(field.address, request.platform, CXX)),
    )
    return MicroTools(tree, toolchain.name)


@rule
async def size_files(request: SizeFilesRequest) -> ElfSizes:
    contents = await Get(DigestContents, Digest, request.digest)
    sizes = [elf_sizes(file.content) for file in contents]
    return ElfSizes(
        sum(size.text for size in sizes),
        sum(size.data for size in sizes),
        sum(size.bss for size in sizes),
    )


@rule(desc="Compile a TFLite Micro library and its self-test")
async def build_self_test(request: BuildSelfTestRequest) -> BuiltSelfTest:
    field_set, platform = request.field_set, request.platform
    address = field_set.address
    tools = await Get(MicroTools, MicroToolsRequest(field_set, platform))
    start_up, sources, tflm = await MultiGet(
        Get(StartUpFiles, StartUpFilesRequest(platform)),
        Get(MicroSources, MicroSourcesRequest(field_set)),
        Get(CompiledTflm, CompileTflmRequest(address, tools.tree, platform)),
    )
    own_headers = PathGlobs((*sources.headers, *sources.self_test_headers))
    digest, headers = await MultiGet(
        Get(Digest, MergeDigests((sources.digest, start_up.digest))),
        Get(Digest, DigestSubset(sources.digest, own_headers)),
    )
    headers = await Get(Digest, MergeDigests((tools.tree.headers, headers)))
    include_dirs = (sources.include_directory, *tools.tree.include_dirs)
    own = (*sources.sources, *sources.self_test_sources, *start_up.sources)
    kernels, *objects = await MultiGet(
        Get(
            CompiledMicroKernels,
            CompileMicroKernelsRequest(tools.tree, platform, sources.kernels),
        ),
        *(
            Get(
                CompiledObject,
                CompileMicroSourceRequest(address, platform, source, digest, headers, include_dirs),
            )
            for source in own
        ),
    )
    by_source = dict(zip(own, objects))
    library = await Get(
        StaticLibrary,
        ArchiveObjectsRequest(
            address,
            platform,
            CXX,
            sources.library,
            (
                *(by_source[source] for source in sources.sources),
                *kernels.objects,
                *tflm.objects,
            ),
        ),
    )
    program = await Get(
        Executable,
        LinkExecutableRequest(
            address,
            platform,
            CXX,
            f"{sources.library}_self_test.elf",
            tuple(by_source[s] for s in (*start_up.sources, *sources.self_test_sources)),
            libraries=(library,),
            flags=LINK_FLAGS if platform.name in BOARDS else (),
            digest=start_up.digest,
        ),
    )
    golden = [by_source[source] for source in own if source.endswith(_GOLDEN_SUFFIX)]
    golden_digest = await Get(Digest, MergeDigests(item.digest for item in golden))
    sizes, golden_sizes = await MultiGet(
        Get(ElfSizes, SizeFilesRequest(program.digest)),
        Get(ElfSizes, SizeFilesRequest(golden_digest)),
    )
    return BuiltSelfTest(library, program, sizes, golden_sizes.flash, tools)


def rules():
    return collect_rules()
