# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The objects of a library, of its self-test and of TFLite Micro for one platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Mapping

from pants.engine.fs import Digest, DigestSubset, MergeDigests, PathGlobs

from pants_tflite.cc.compilation import CompiledObject
from pants_tflite.cc.platforms import Platform
from pants_tflite.cc.toolchain import CXX
from pants_tflite.cc.toolchain_selection import ToolchainRequest, choose_toolchain
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.micro.field_sets import MicroLibraryFieldSet
from pants_tflite.micro.generated.sources import MicroSourcesRequest, render_sources
from pants_tflite.micro.qemu.start_up import StartUpFilesRequest, find_start_up_files
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

    @property
    def kernels(self) -> str:
        """Which kernels of TFLite Micro the tree has: "reference", or a name such as "cmsis_nn"."""
        return self.tree.kernels


@dataclass(frozen=True)
class CompileLibraryRequest:
    """Asks for the objects of a library and its self-test; the fields name a tree of TFLite Micro."""

    field_set: MicroLibraryFieldSet
    platform: Platform

    def debug_hint(self) -> str:
        return f"{self.field_set.address} for {self.platform}"


@dataclass(frozen=True)
class CompiledLibrary:
    """The objects of a library, `kernels` being those of custom ops, and of what makes it a self-test.

    `headers`, `include_dirs` and `linker_scripts` are for other programs with the library.
    """

    name: str
    tools: MicroTools
    sources: tuple[CompiledObject, ...]
    kernels: tuple[CompiledObject, ...]
    tflm: tuple[CompiledObject, ...]
    start_up: tuple[CompiledObject, ...]
    golden: tuple[CompiledObject, ...]
    self_test: tuple[CompiledObject, ...]
    headers: Digest
    include_dirs: tuple[str, ...]
    linker_scripts: Digest


@rule
async def find_micro_tools(request: MicroToolsRequest) -> MicroTools:
    field = request.field_set.tflm
    tree, toolchain = await concurrently(
        find_tflm_tree(TflmTreeRequest(field, field.value or "")),
        choose_toolchain(ToolchainRequest(field.address, request.platform, CXX), **implicitly()),
    )
    return MicroTools(tree, toolchain.name)


def _select(
    objects: Mapping[str, CompiledObject], sources: Iterable[str], *, golden: bool
) -> tuple[CompiledObject, ...]:
    """The objects of those sources that hold golden vectors, or of all others."""
    return tuple(objects[source] for source in sources if source.endswith(_GOLDEN_SUFFIX) == golden)


@rule(desc="Compile a TFLite Micro library and its self-test")
async def compile_library(request: CompileLibraryRequest) -> CompiledLibrary:
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
    return CompiledLibrary(
        name=sources.library,
        tools=tools,
        sources=tuple(by_source[source] for source in sources.sources),
        kernels=kernels.objects,
        tflm=tflm.objects,
        start_up=tuple(by_source[source] for source in start_up.sources),
        golden=_select(by_source, sources.self_test_sources, golden=True),
        self_test=_select(by_source, sources.self_test_sources, golden=False),
        headers=headers,
        include_dirs=include_dirs,
        linker_scripts=start_up.digest,
    )


def rules():
    return collect_rules()
