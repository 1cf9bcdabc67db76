# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""TFLite Micro itself, compiled from a source tree, and kernels of custom ops: one cached process for
each source."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import Digest, DigestSubset, MergeDigests, PathGlobs

from pants_tflite.cc.compilation import CompiledObject, CompileSourceRequest, compile_source
from pants_tflite.cc.platforms import Platform
from pants_tflite.cc.toolchain import CXX, C
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    merge_digests,
    rule,
)
from pants_tflite.micro.kernels import MicroKernels
from pants_tflite.micro.tflm.tflm_tree import TflmTree

# What TFLite Micro and all that is linked with it are compiled with.
DEFINES = ("NDEBUG", "TF_LITE_STATIC_MEMORY")
C_FLAGS = ("-Os", "-ffunction-sections", "-fdata-sections")
CXX_FLAGS = (*C_FLAGS, "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics")


@dataclass(frozen=True)
class CompileTflmRequest:
    """Asks for all of TFLite Micro for `platform`; `address` is blamed for a tree that does not
    compile."""

    address: Address
    tree: TflmTree
    platform: Platform

    def debug_hint(self) -> str:
        return f"{self.platform}, for {self.address}"


@dataclass(frozen=True)
class CompiledTflm:
    objects: tuple[CompiledObject, ...]


@dataclass(frozen=True)
class CompileMicroKernelsRequest:
    """Asks for kernels of custom ops, compiled together with `tree`."""

    tree: TflmTree
    platform: Platform
    kernels: MicroKernels


@dataclass(frozen=True)
class CompiledMicroKernels:
    objects: tuple[CompiledObject, ...]


@dataclass(frozen=True)
class CompileMicroSourceRequest:
    """Compiles `source`, a path in `digest`, with TFLite Micro's options.

    `headers` is all that it may include in addition to what is in the compiler, and `defines` are
    those of the tree.
    """

    address: Address
    platform: Platform
    source: str
    digest: Digest
    headers: Digest
    include_dirs: tuple[str, ...]
    defines: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        return C if self.source.endswith(".c") else CXX


@rule
async def compile_micro_source(request: CompileMicroSourceRequest) -> CompiledObject:
    # Only this source, so that editing another source does not recompile this one.
    source = await digest_subset_to_digest(
        DigestSubset(request.digest, PathGlobs((request.source,)))
    )
    digest = await merge_digests(MergeDigests((source, request.headers)))
    return await compile_source(
        CompileSourceRequest(
            address=request.address,
            platform=request.platform,
            language=request.language,
            source=request.source,
            digest=digest,
            include_dirs=request.include_dirs,
            defines=(*DEFINES, *request.defines),
            flags=C_FLAGS if request.language == C else CXX_FLAGS,
            linked_with=CXX,
        )
    )


@rule(desc="Compile TFLite Micro")
async def compile_tflm(request: CompileTflmRequest) -> CompiledTflm:
    tree = request.tree
    objects = await concurrently(
        compile_micro_source(
            CompileMicroSourceRequest(
                address=request.address,
                platform=request.platform,
                source=source,
                digest=tree.digest,
                headers=tree.headers,
                include_dirs=tree.include_dirs,
                defines=tree.defines,
            )
        )
        for source in tree.sources
    )
    return CompiledTflm(objects)


@rule(desc="Compile kernels of custom ops for TFLite Micro")
async def compile_micro_kernels(request: CompileMicroKernelsRequest) -> CompiledMicroKernels:
    tree, kernels = request.tree, request.kernels
    # A kernel's own warnings are its author's, those of TFLite Micro's headers are not.
    headers = tuple(flag for folder in tree.include_dirs for flag in ("-isystem", folder))
    digests = await concurrently(
        merge_digests(MergeDigests((source.digest, tree.headers)))
        for source in kernels.compilations
    )
    objects = await concurrently(
        compile_source(
            CompileSourceRequest(
                address=source.address,
                platform=request.platform,
                language=CXX if source.is_cxx else C,
                source=source.path,
                digest=digest,
                include_dirs=source.include_dirs,
                defines=(*DEFINES, *tree.defines, *kernels.defines),
                flags=(*(CXX_FLAGS if source.is_cxx else C_FLAGS), *headers, *kernels.flags),
                linked_with=CXX,
            )
        )
        for source, digest in zip(kernels.compilations, digests)
    )
    return CompiledMicroKernels(objects)


def rules():
    return collect_rules()
