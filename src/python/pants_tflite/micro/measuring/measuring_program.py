# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A program that runs models with custom ops on this machine, to measure them.

TFLite Micro's wheel cannot load a kernel, which is bound to the version of TFLite Micro that it was
compiled with. The program is compiled from one tree, kernels and all.
"""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, FileContent, MergeDigests

from pants_tflite.cc.compilation import ArchiveObjectsRequest, archive_objects
from pants_tflite.cc.linking import LinkExecutableRequest, link_executable
from pants_tflite.cc.platforms import host_platform
from pants_tflite.cc.toolchain import CXX
from pants_tflite.compat import collect_rules, concurrently, create_digest, merge_digests, rule
from pants_tflite.micro.generated.rendering import (
    INCLUDE_DIRECTORY,
    render_measuring_program,
    render_op_resolver,
)
from pants_tflite.micro.kernels import MicroKernels
from pants_tflite.micro.tflm.tflm_library import (
    CompileMicroKernelsRequest,
    CompileMicroSourceRequest,
    CompileTflmRequest,
    compile_micro_kernels,
    compile_micro_source,
    compile_tflm,
)
from pants_tflite.micro.tflm.tflm_tree import TflmTree

_NAME = "measure"
# A manifest's name for a tree of TFLite Micro.
RUNTIME = "tflm"


@dataclass(frozen=True)
class BuildMeasuringProgramRequest:
    """Asks for a program with `kernels` and the ops that the resolver's `methods` add."""

    address: Address
    tree: TflmTree
    methods: tuple[str, ...]
    kernels: MicroKernels

    def debug_hint(self) -> str:
        return str(self.address)


@dataclass(frozen=True)
class MeasuringProgram:
    """The program at `path` in `digest`; `version` is that of its TFLite Micro. See
    templates/measure.cc.in for how it is called."""

    digest: Digest
    path: str
    version: str


@rule(desc="Build a program that measures models with custom ops")
async def build_measuring_program(request: BuildMeasuringProgramRequest) -> MeasuringProgram:
    address, tree, platform = request.address, request.tree, host_platform()
    texts = (
        *render_op_resolver(_NAME, request.methods, request.kernels.ops),
        render_measuring_program(_NAME),
    )
    digest = await create_digest(
        CreateDigest(FileContent(path, text.encode()) for path, text in texts)
    )
    headers = await merge_digests(MergeDigests((digest, tree.headers)))
    include_dirs = (INCLUDE_DIRECTORY, *tree.include_dirs)
    tflm, kernels, *own = await concurrently(
        compile_tflm(CompileTflmRequest(address, tree, platform)),
        compile_micro_kernels(CompileMicroKernelsRequest(tree, platform, request.kernels)),
        *(
            compile_micro_source(
                CompileMicroSourceRequest(
                    address=address,
                    platform=platform,
                    source=path,
                    digest=digest,
                    headers=headers,
                    include_dirs=include_dirs,
                    defines=tree.defines,
                )
            )
            for path, _ in texts
            if path.endswith(".cc")
        ),
    )
    library = await archive_objects(
        ArchiveObjectsRequest(
            address=address, platform=platform, language=CXX, name=RUNTIME, objects=tflm.objects
        )
    )
    program = await link_executable(
        LinkExecutableRequest(
            address=address,
            platform=platform,
            language=CXX,
            name=_NAME,
            objects=(*own, *kernels.objects),
            libraries=(library,),
        )
    )
    return MeasuringProgram(program.digest, program.path, tree.version)


def rules():
    return collect_rules()
