# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A program that counts the instructions of a library's models on a board of QEMU's.

It has the library's own objects, and calls the models with the golden vectors of the self-test.
"""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, FileContent, MergeDigests

from pants_tflite.cc.compilation import StaticLibrary
from pants_tflite.cc.linking import Executable, LinkExecutableRequest, link_executable
from pants_tflite.cc.platforms import Platform
from pants_tflite.cc.toolchain import CXX
from pants_tflite.compat import collect_rules, create_digest, merge_digests, rule
from pants_tflite.micro.generated.cpp import fill
from pants_tflite.micro.qemu.boards import Counter, link_flags
from pants_tflite.micro.self_test.compiled_library import CompiledLibrary
from pants_tflite.micro.tflm.tflm_library import CompileMicroSourceRequest, compile_micro_source

_SOURCE = "self_test/count.cc"
_INTERVAL_HEADER = "self_test/interval.h"


@dataclass(frozen=True)
class BuildCountingProgramRequest:
    """Asks for the program for a board with this `counter`. `models` are the models' names, and none
    has more than `most_ops` ops."""

    address: Address
    platform: Platform
    counter: Counter
    compiled: CompiledLibrary
    library: StaticLibrary
    models: tuple[str, ...]
    most_ops: int

    def debug_hint(self) -> str:
        return f"{self.address} for {self.platform}"


def render_interval_header(counter: Counter) -> str:
    """What measures with a board's counter."""
    return fill(counter.header, **counter.values)


def render_counting_program(library: str, models: tuple[str, ...], *, most_ops: int) -> str:
    """The program's own source."""
    return fill(
        "count.cc.in",
        library=library,
        # C++ does not allow an empty array.
        most_ops=str(max(1, most_ops)),
        models="".join(f"    &{model}::kGolden,\n" for model in models),
    )


@rule(desc="Build a program that counts instructions")
async def build_counting_program(request: BuildCountingProgramRequest) -> Executable:
    compiled, platform = request.compiled, request.platform
    text = render_counting_program(compiled.name, request.models, most_ops=request.most_ops)
    interval = FileContent(_INTERVAL_HEADER, render_interval_header(request.counter).encode())
    headers = await create_digest(CreateDigest((interval,)))
    counting = await compile_micro_source(
        CompileMicroSourceRequest(
            address=request.address,
            platform=platform,
            source=_SOURCE,
            digest=await create_digest(CreateDigest((FileContent(_SOURCE, text.encode()),))),
            headers=await merge_digests(MergeDigests((compiled.headers, headers))),
            include_dirs=compiled.include_dirs,
            defines=compiled.tools.tree.defines,
        )
    )
    return await link_executable(
        LinkExecutableRequest(
            address=request.address,
            platform=platform,
            language=CXX,
            name=f"{compiled.name}_count.elf",
            objects=(*compiled.start_up, *compiled.golden, counting),
            libraries=(request.library,),
            flags=link_flags(platform),
            digest=compiled.linker_scripts,
        )
    )


def rules():
    return collect_rules()
