# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The kernels of custom ops as libraries for a platform."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Iterable, Optional, Sequence

from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, CreateDigest, FileContent, MergeDigests
from pants.engine.target import Target, WrappedTargetRequest

from pants_tflite.cc.android_stubs import DeviceLibrary
from pants_tflite.cc.binary_inspection import BinaryInspection, InspectBinaryRequest, inspect_binary
from pants_tflite.cc.compilation import (
    ArchiveObjectsRequest,
    CompiledObject,
    CompileSourceRequest,
    StaticLibrary,
    archive_objects,
    compile_source,
)
from pants_tflite.cc.linking import LinkSharedLibraryRequest, SharedLibrary, link_shared_library
from pants_tflite.cc.platforms import IOS, IOS_SIMULATOR, Platform
from pants_tflite.cc.toolchain import CXX, C
from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    create_digest,
    implicitly,
    merge_digests,
    resolve_target,
    rule,
)
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.custom_ops.kernel_sources import TFLITE, KernelSourcesRequest, find_kernel_sources
from pants_tflite.custom_ops.runtimes import RuntimeHeadersRequest, find_runtime_headers
from pants_tflite.custom_ops.target_types import (
    CompilerFlagsField,
    CustomOpRuntimeField,
    DefinesField,
)
from pants_tflite.errors import Mistake

_RUNTIME_FOLDER = "__runtime__"
_API_FOLDER = "__api__"
# These link static libraries alone, whose symbols only the compiler can hide.
_HIDDEN_BY_COMPILER = (IOS, IOS_SIMULATOR)


@dataclass(frozen=True)
class PlanKernelRequest:
    """Asks how the kernel of the `tflite_custom_op` `target` is compiled for `platform`."""

    target: Target
    platform: Platform

    def debug_hint(self) -> str:
        return f"{self.target.address} for {self.platform}"


@dataclass(frozen=True)
class PlannedKernel:
    """An op, and the compilation of each of its sources."""

    op: CustomOp
    compilations: tuple[CompileSourceRequest, ...]


@dataclass(frozen=True)
class CompileKernelsRequest:
    """Asks for the objects of the `tflite_custom_op`s at `ops`, which go into one library."""

    ops: tuple[Address, ...]
    platform: Platform

    def debug_hint(self) -> str:
        return f"{', '.join(str(op) for op in self.ops)} for {self.platform}"


@dataclass(frozen=True)
class CompiledKernels:
    """The objects of `ops`, and the language that they are linked as."""

    ops: tuple[CustomOp, ...]
    objects: tuple[CompiledObject, ...]
    language: str


@dataclass(frozen=True)
class LibraryApi:
    """What a library of kernels has on top of them: C in `source`, which defines `functions` and may
    call the registration functions. It includes nothing of the runtime.

    `device_libraries` have what else it calls. A shared library shows `functions`, and hides the
    registrations.
    """

    source: str
    functions: tuple[str, ...]
    device_libraries: tuple[DeviceLibrary, ...] = ()


@dataclass(frozen=True)
class CustomOpLibraryRequest:
    """Asks for the kernels of the `tflite_custom_op`s at `ops` in one library for `platform`.

    `name` is that of the file, as in `lib<name>.so`. iOS and Cortex-M have static libraries alone.
    `api` is what others call in place of the registration functions.
    """

    ops: tuple[Address, ...]
    platform: Platform
    name: str = "custom_ops"
    shared: bool = True
    static: bool = False
    api: Optional[LibraryApi] = None

    def debug_hint(self) -> str:
        return f"{', '.join(str(op) for op in self.ops)} for {self.platform}"


@dataclass(frozen=True)
class CustomOpLibrary:
    """`shared` and `static` are what was asked for. `ops` says what registers which op; those
    functions, checked to be there, or those of an API in their place, are all that the shared
    library shows. A static one for iOS shows its symbols to what it is linked with alone.
    `toolchain` built it, of `language`."""

    ops: tuple[CustomOp, ...]
    language: str
    toolchain: str
    shared: Optional[SharedLibrary]
    static: Optional[StaticLibrary]


def compiler_flags(target: Target, platform: Platform) -> tuple[str, ...]:
    """The op's own flags, and before them what `platform` needs."""
    hidden = ("-fvisibility=hidden",) if platform.system in _HIDDEN_BY_COMPILER else ()
    return (*hidden, *(target[CompilerFlagsField].value or ()))


@rule
async def plan_kernel(request: PlanKernelRequest) -> PlannedKernel:
    target = request.target
    sources, runtime = await concurrently(
        find_kernel_sources(KernelSourcesRequest(target, TFLITE)),
        find_runtime_headers(RuntimeHeadersRequest(target[CustomOpRuntimeField])),
    )
    headers = await add_prefix(AddPrefix(runtime.digest, _RUNTIME_FOLDER))
    digests = await concurrently(
        merge_digests(MergeDigests((source.digest, headers))) for source in sources.sources
    )
    return PlannedKernel(
        CustomOp.create(target),
        tuple(
            CompileSourceRequest(
                address=source.address,
                platform=request.platform,
                language=CXX if source.is_cxx else C,
                source=source.path,
                digest=digest,
                include_dirs=(*source.include_dirs, _RUNTIME_FOLDER),
                defines=tuple(target[DefinesField].value or ()),
                flags=compiler_flags(target, request.platform),
            )
            for source, digest in zip(sources.sources, digests)
        ),
    )


def merge_compilations(kernels: Iterable[PlannedKernel]) -> tuple[CompileSourceRequest, ...]:
    """Each source once; raises where two ops want one source compiled in two ways."""
    merged: dict[str, tuple[CustomOp, CompileSourceRequest]] = {}
    for kernel in kernels:
        for compilation in kernel.compilations:
            op, other = merged.setdefault(compilation.source, (kernel.op, compilation))
            if other != compilation:
                raise Mistake(
                    message=(
                        f"`{compilation.source}` is compiled in another way for {op.address}, and "
                        "both ops go into one library"
                    ),
                    fix="Give the two ops the same `runtime`, `defines` and `flags`.",
                ).at(kernel.op.address)
    language = CXX if any(item.language == CXX for _, item in merged.values()) else C
    return tuple(replace(item, linked_with=language) for _, (_, item) in sorted(merged.items()))


@rule(desc="Compile custom ops")
async def compile_kernels(request: CompileKernelsRequest) -> CompiledKernels:
    wrapped = await concurrently(
        resolve_target(
            WrappedTargetRequest(address, description_of_origin="a custom op"), **implicitly()
        )
        for address in sorted(request.ops)
    )
    kernels = await concurrently(
        plan_kernel(PlanKernelRequest(item.target, request.platform)) for item in wrapped
    )
    compilations = merge_compilations(kernels)
    objects = await concurrently(compile_source(compilation) for compilation in compilations)
    ops = tuple(kernel.op for kernel in kernels)
    return CompiledKernels(ops, objects, compilations[0].toolchain_language)


def check_static_library(
    ops: Sequence[CustomOp], platform: Platform, name: str, inspection: BinaryInspection
) -> None:
    """Raises where the static library called `name` lacks what registers one of `ops`, or has
    something twice: what an app's linker would say much later, or not at all."""
    if inspection.clashes:
        raise Mistake(
            message=(
                f"`lib{name}.a` for {platform} was built, and several of its sources define "
                + ", ".join(f"`{symbol}`" for symbol in inspection.clashes)
            ),
            fix=(
                "Make it `static` in each, give it another name in one, or move what they share "
                f"into a source of its own. The library is of {', '.join(op.name for op in ops)}."
            ),
        ).at(ops[0].address)
    found = inspection.exports | inspection.hidden
    for op in ops:
        if op.registration not in found:
            raise Mistake(
                message=(
                    f"`lib{name}.a` for {platform} was built, and does not have "
                    f"`{op.registration}`"
                ),
                fix=(
                    'Define it in one of the sources, as `extern "C"` where that is C++, and not '
                    "`static`; or mend the name."
                ),
            ).at(op.address)


@rule(desc="Build a library of custom ops")
async def build_library(request: CustomOpLibraryRequest) -> CustomOpLibrary:
    platform, api = request.platform, request.api
    compiled = await compile_kernels(CompileKernelsRequest(request.ops, platform))
    ops, objects = compiled.ops, compiled.objects
    address = ops[0].address
    registrations = tuple(sorted(op.registration for op in ops))
    if api is not None:
        source = os.path.join(_API_FOLDER, f"{request.name}.c")
        digest = await create_digest(CreateDigest((FileContent(source, api.source.encode()),)))
        api_object = await compile_source(
            CompileSourceRequest(
                address=address,
                platform=platform,
                language=C,
                source=source,
                digest=digest,
                linked_with=compiled.language,
            )
        )
        objects = (*objects, api_object)
    shared, static = None, None
    if request.shared:
        shared = await link_shared_library(
            LinkSharedLibraryRequest(
                address=address,
                platform=platform,
                language=compiled.language,
                name=request.name,
                objects=objects,
                exports=api.functions if api else registrations,
                device_libraries=api.device_libraries if api else (),
                defined=registrations,
            )
        )
    if request.static:
        static = await archive_objects(
            ArchiveObjectsRequest(
                address=address,
                platform=platform,
                language=compiled.language,
                name=request.name,
                objects=objects,
            )
        )
        inspection = await inspect_binary(InspectBinaryRequest(address, static.digest, static.path))
        check_static_library(ops=ops, platform=platform, name=request.name, inspection=inspection)
    return CustomOpLibrary(
        ops=ops,
        language=compiled.language,
        toolchain=objects[0].toolchain,
        shared=shared,
        static=static,
    )


def rules():
    return collect_rules()
