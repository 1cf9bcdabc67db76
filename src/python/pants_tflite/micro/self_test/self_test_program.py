# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A library and its self-test, compiled together with TFLite Micro for one platform."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.fs import Digest, MergeDigests

from pants_tflite.cc.compilation import (
    ArchiveObjectsRequest,
    StaticLibrary,
    archive_objects,
)
from pants_tflite.cc.linking import Executable, LinkExecutableRequest, link_executable
from pants_tflite.cc.platforms import Platform
from pants_tflite.cc.toolchain import CXX
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    get_digest_contents,
    merge_digests,
    rule,
)
from pants_tflite.micro.field_sets import MicroLibraryFieldSet
from pants_tflite.micro.qemu.boards import link_flags
from pants_tflite.micro.self_test.compiled_library import (
    CompiledLibrary,
    CompileLibraryRequest,
    MicroTools,
    compile_library,
)
from pants_tflite.micro.self_test.elf_sizes import ElfSizes, elf_sizes


@dataclass(frozen=True)
class BuildSelfTestRequest:
    """Asks for a library and its self-test for `platform`; the fields name a tree of TFLite Micro."""

    field_set: MicroLibraryFieldSet
    platform: Platform

    def debug_hint(self) -> str:
        return f"{self.field_set.address} for {self.platform}"


@dataclass(frozen=True)
class BuiltSelfTest:
    """`library` holds TFLite Micro and kernels of custom ops too. `golden_bytes` of the program's
    `sizes` are golden vectors."""

    compiled: CompiledLibrary
    library: StaticLibrary
    program: Executable
    sizes: ElfSizes
    golden_bytes: int

    @property
    def tools(self) -> MicroTools:
        return self.compiled.tools


@dataclass(frozen=True)
class SizeFilesRequest:
    """Asks how large ELF files are together: objects or programs, all that `digest` holds."""

    digest: Digest


@rule
async def size_files(request: SizeFilesRequest) -> ElfSizes:
    contents = await get_digest_contents(request.digest)
    sizes = [elf_sizes(file.content) for file in contents]
    return ElfSizes(
        sum(size.text for size in sizes),
        sum(size.data for size in sizes),
        sum(size.bss for size in sizes),
    )


@rule(desc="Link a TFLite Micro library and its self-test")
async def build_self_test(request: BuildSelfTestRequest) -> BuiltSelfTest:
    field_set, platform = request.field_set, request.platform
    address = field_set.address
    compiled = await compile_library(CompileLibraryRequest(field_set, platform))
    library = await archive_objects(
        ArchiveObjectsRequest(
            address=address,
            platform=platform,
            language=CXX,
            name=compiled.name,
            objects=(*compiled.sources, *compiled.kernels, *compiled.tflm),
        )
    )
    program = await link_executable(
        LinkExecutableRequest(
            address=address,
            platform=platform,
            language=CXX,
            name=f"{compiled.name}_self_test.elf",
            objects=(*compiled.start_up, *compiled.golden, *compiled.self_test),
            libraries=(library,),
            flags=link_flags(platform),
            digest=compiled.linker_scripts,
        )
    )
    golden_digest = await merge_digests(MergeDigests(item.digest for item in compiled.golden))
    sizes, golden_sizes = await concurrently(
        size_files(SizeFilesRequest(program.digest)),
        size_files(SizeFilesRequest(golden_digest)),
    )
    return BuiltSelfTest(
        compiled=compiled,
        library=library,
        program=program,
        sizes=sizes,
        golden_bytes=golden_sizes.flash,
    )


def rules():
    return collect_rules()
