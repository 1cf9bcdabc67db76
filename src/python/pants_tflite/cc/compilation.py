# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Sources into objects, objects into static libraries: one process each."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import Digest, MergeDigests

from pants_tflite.cc.platforms import Platform
from pants_tflite.cc.tool_processes import ToolProcessRequest, run_tool
from pants_tflite.cc.toolchain import CXX, Toolchain
from pants_tflite.cc.toolchain_selection import ToolchainRequest, choose_toolchain
from pants_tflite.compat import collect_rules, implicitly, merge_digests, rule
from pants_tflite.errors import Mistake

_OBJECTS = "__objects__"
_LIBRARIES = "__libraries__"
# As clang and as gcc say it.
_MISSING_HEADER = re.compile(r"fatal error: '?([^':\n]+)'?(?: file not found|: No such file)")


@dataclass(frozen=True)
class CompileSourceRequest:
    """Compiles `source`, a path in `digest`, which holds the headers too.

    `language` is the source's own; `linked_with` is C++ where C goes into one library or program
    with C++, so that one toolchain makes both.
    """

    address: Address
    platform: Platform
    language: str
    source: str
    digest: Digest
    include_dirs: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    linked_with: str | None = None

    def debug_hint(self) -> str:
        return f"{self.source} for {self.platform}"

    @property
    def toolchain_language(self) -> str:
        return CXX if CXX in (self.language, self.linked_with) else self.language


@dataclass(frozen=True)
class CompiledObject:
    """`digest` holds the object alone, at `path`; `toolchain` is the name of what made it."""

    digest: Digest
    path: str
    toolchain: str


@dataclass(frozen=True)
class ArchiveObjectsRequest:
    """Puts objects, in their order, into the static library `lib<name>.a`, and after them those
    of other `libraries` (see `Toolchain.archive` for what can)."""

    address: Address
    platform: Platform
    language: str
    name: str
    objects: tuple[CompiledObject, ...]
    libraries: tuple[StaticLibrary, ...] = ()

    def debug_hint(self) -> str:
        return f"lib{self.name}.a for {self.platform}"


@dataclass(frozen=True)
class StaticLibrary:
    """`digest` holds the library alone, at `path`."""

    digest: Digest
    path: str
    toolchain: str


def compile_mistake(source: str, toolchain: Toolchain, output: str) -> Mistake:
    """What is wrong with a source that does not compile; `output` is all that the compiler said."""
    header = _MISSING_HEADER.search(output)
    if header:
        message = f"`{source}` includes `{header[1]}`, which is not there"
        fix = (
            f"Add the target that owns `{header[1]}` to the sources' `dependencies`, or the runtime "
            "or include folder that it comes from."
        )
    else:
        message = f"`{source}` does not compile for {toolchain.platform} with {toolchain.name}"
        fix = "Mend what the compiler complains of, below."
    return Mistake(message, fix, detail=output)


@rule(desc="Compile C or C++")
async def compile_source(request: CompileSourceRequest) -> CompiledObject:
    toolchain = await choose_toolchain(
        ToolchainRequest(request.address, request.platform, request.toolchain_language),
        **implicitly(),
    )
    output = os.path.join(_OBJECTS, f"{request.source}.o")
    result = await run_tool(
        ToolProcessRequest(
            address=request.address,
            toolchain=toolchain,
            argv=toolchain.compile(
                request.source,
                output,
                language=request.language,
                include_dirs=request.include_dirs,
                defines=request.defines,
                flags=request.flags,
            ),
            digest=request.digest,
            output=output,
            description=f"Compile {request.source} for {request.platform}",
        )
    )
    if result.exit_code != 0:
        raise compile_mistake(request.source, toolchain, result.text).at(request.address)
    return CompiledObject(result.digest, output, toolchain.name)


@rule(desc="Make a static library")
async def archive_objects(request: ArchiveObjectsRequest) -> StaticLibrary:
    toolchain = await choose_toolchain(
        ToolchainRequest(request.address, request.platform, request.language), **implicitly()
    )
    inputs: tuple[CompiledObject | StaticLibrary, ...] = (*request.objects, *request.libraries)
    digest = await merge_digests(MergeDigests(item.digest for item in inputs))
    output = os.path.join(_LIBRARIES, f"lib{request.name}.a")
    result = await run_tool(
        ToolProcessRequest(
            address=request.address,
            toolchain=toolchain,
            argv=toolchain.archive(
                tuple(item.path for item in request.objects),
                output,
                libraries=tuple(item.path for item in request.libraries),
            ),
            digest=digest,
            output=output,
            description=f"Archive lib{request.name}.a for {request.platform}",
        )
    )
    if result.exit_code != 0:
        raise Mistake(
            f"`lib{request.name}.a` cannot be made for {request.platform} with {toolchain.name}",
            "Look at what the archiver says, below.",
            detail=result.text,
        ).at(request.address)
    return StaticLibrary(result.digest, output, toolchain.name)


def rules():
    return collect_rules()
