# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A library and its self-test, compiled together with TFLite Micro for one platform."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.fs import Digest, DigestSubset, MergeDigests, PathGlobs

from pants_tflite.cc.compilation import ArchiveObjectsRequest, StaticLibrary, archive_objects
from pants_tflite.cc.linking import Executable, LinkExecutableRequest, link_executable
from pants_tflite.cc.platforms import Platform
from pants_tflite.cc.toolchain import CXX
from pants_tflite.cc.toolchain_selection import ToolchainRequest, choose_toolchain
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.micro.field_sets import MicroLibraryFieldSet
from pants_tflite.micro.generated.sources import MicroSourcesRequest, render_sources
from pants_tflite.micro.qemu.boards import BOARDS, LINK_FLAGS
from pants_tflite.micro.qemu.start_up import StartUpFilesRequest, find_start_up_files
from pants_tflite.micro.self_test.elf_sizes import ElfSizes, elf_sizes
from pants_tflite.micro.tflm.tflm_library import (
    CompileMicroKernelsRequest,
    CompileMicroSourceRequest,
    CompileTflmRequest,
    compile_micro_kernels,
    compile_micro_source,
    compile_tflm,
)
from pants_tflite.micro.tflm.tflm_tree import TflmTree, TflmTreeRequest, find_tflm_tree

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
        """The least flash of an application with these models, and of the small self-test."""
        return self.sizes.flash - self.golden_bytes


@dataclass(frozen=True)
class SizeFilesRequest:
    """Asks how large ELF files are together: objects or programs, all that `digest` holds."""

    digest: Digest


@rule
async def find_micro_tools(request: MicroToolsRequest) -> MicroTools:
    field = request.field_set.tflm
    tree, toolchain = await concurrently(
        find_tflm_tree(TflmTreeRequest(field, field.value or "")),
        choose_toolchain(ToolchainRequest(field.address, request.platform, CXX), **implicitly()),
    )
    return MicroTools(tree, toolchain.name)


@rule
async def size_files(request: SizeFilesRequest) -> ElfSizes:
    contents = await get_digest_contents(request.digest)
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
    tools = await find_micro_tools(MicroToolsRequest(field_set, platform))
    start_up, sources, tflm = await concurrently(
        find_start_up_files(StartUpFilesRequest(platform)),
        render_sources(MicroSourcesRequest(field_set)),
        compile_tflm(CompileTflmRequest(address, tools.tree, platform)),
    )
    own_headers = PathGlobs((*sources.headers, *sources.self_test_headers))
    digest, headers = await concurrently(
        merge_digests(MergeDigests((sources.digest, start_up.digest))),
        digest_subset_to_digest(DigestSubset(sources.digest, own_headers)),
    )
    headers = await merge_digests(MergeDigests((tools.tree.headers, headers)))
    include_dirs = (sources.include_directory, *tools.tree.include_dirs)
    own = (*sources.sources, *sources.self_test_sources, *start_up.sources)
    kernels, *objects = await concurrently(
        compile_micro_kernels(CompileMicroKernelsRequest(tools.tree, platform, sources.kernels)),
        *(
            compile_micro_source(
                CompileMicroSourceRequest(
                    address=address,
                    platform=platform,
                    source=source,
                    digest=digest,
                    headers=headers,
                    include_dirs=include_dirs,
                    defines=tools.tree.defines,
                )
            )
            for source in own
        ),
    )
    by_source = dict(zip(own, objects))
    library = await archive_objects(
        ArchiveObjectsRequest(
            address=address,
            platform=platform,
            language=CXX,
            name=sources.library,
            objects=(
                *(by_source[source] for source in sources.sources),
                *kernels.objects,
                *tflm.objects,
            ),
        )
    )
    program = await link_executable(
        LinkExecutableRequest(
            address=address,
            platform=platform,
            language=CXX,
            name=f"{sources.library}_self_test.elf",
            objects=tuple(by_source[s] for s in (*start_up.sources, *sources.self_test_sources)),
            libraries=(library,),
            flags=LINK_FLAGS if platform.name in BOARDS else (),
            digest=start_up.digest,
        )
    )
    golden = [by_source[source] for source in own if source.endswith(_GOLDEN_SUFFIX)]
    golden_digest = await merge_digests(MergeDigests(item.digest for item in golden))
    sizes, golden_sizes = await concurrently(
        size_files(SizeFilesRequest(program.digest)),
        size_files(SizeFilesRequest(golden_digest)),
    )
    return BuiltSelfTest(
        library=library, program=program, sizes=sizes, golden_bytes=golden_sizes.flash, tools=tools
    )


def rules():
    return collect_rules()
