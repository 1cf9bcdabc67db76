# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Kernels that sanitizers watch while they run: built by the machine's own GCC, whose sanitizers zig
lacks."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import Digest, MergeDigests
from pants.engine.process import Process
from pants.engine.target import Target
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pants_tflite.cc.compilation import compile_mistake
from pants_tflite.cc.linking import link_mistake
from pants_tflite.cc.platforms import LINUX, host_platform
from pants_tflite.cc.system_tools import SystemToolsRequest, find_system_tools
from pants_tflite.cc.tool_processes import ToolProcessRequest, run_tool
from pants_tflite.cc.toolchain import CXX, C, Toolchain
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    execute_process_or_raise,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.custom_ops.libraries import PlanKernelRequest, merge_compilations, plan_kernel
from pants_tflite.custom_ops.target_types import SanitizersField
from pants_tflite.errors import Mistake

_SEARCH_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
_PROGRAMS = ("gcc", "g++", "ar")
_FOLDER = "__sanitized__"
# A sanitizer's own library must be loaded first, and finds C++'s next to it.
_PRELOADED = {"address": ("libasan.so", "libstdc++.so"), "undefined": ()}


@dataclass(frozen=True)
class SanitizingCompilerRequest:
    address: Address
    sanitizers: tuple[str, ...]


@dataclass(frozen=True)
class SanitizingCompiler:
    """`preload` are paths of libraries that a process must load before what this compiler built."""

    toolchain: Toolchain
    preload: tuple[str, ...]


@dataclass(frozen=True)
class SanitizedKernelRequest:
    """Asks for the kernel of the `tflite_custom_op` `target`, watched by `sanitizers`.

    `address` is that of the test.
    """

    address: Address
    target: Target
    sanitizers: tuple[str, ...]


@dataclass(frozen=True)
class SanitizedKernel:
    """`digest` holds the shared library, at `path`; `env` is for the process that loads it."""

    digest: Digest
    path: str
    env: FrozenDict[str, str]


@dataclass(frozen=True)
class SanitizedObjectRequest:
    """Asks for one source of a kernel as an object, compiled as `argv` says."""

    address: Address
    toolchain: Toolchain
    argv: tuple[str, ...]
    digest: Digest
    source: str
    output: str


@dataclass(frozen=True)
class SanitizedObject:
    digest: Digest


@rule(desc="Find a compiler with sanitizers", level=LogLevel.DEBUG)
async def find_sanitizing_compiler(request: SanitizingCompilerRequest) -> SanitizingCompiler:
    platform = host_platform()
    tools = await find_system_tools(SystemToolsRequest(_PROGRAMS, _SEARCH_PATH))
    if platform.system != LINUX or not tools.paths:
        raise Mistake(
            message=f"sanitizers need Linux, and {', '.join(_PROGRAMS)} in {':'.join(_SEARCH_PATH)}",
            fix="Install GCC (g++ and binutils), or leave `sanitizers` out.",
            field=SanitizersField.alias,
            value=", ".join(request.sanitizers),
        ).at(request.address)
    gcc, gxx, ar = tools.paths
    env = FrozenDict({"PATH": os.pathsep.join(_SEARCH_PATH), **tools.to_env()})
    names = [name for sanitizer in request.sanitizers for name in _PRELOADED[sanitizer]]
    found = await concurrently(
        execute_process_or_raise(
            **implicitly(
                Process(
                    argv=(gcc, f"-print-file-name={name}"),
                    env=env,
                    description=f"Find {name}",
                    level=LogLevel.DEBUG,
                )
            )
        )
        for name in names
    )
    sanitize = f"-fsanitize={','.join(request.sanitizers)}"
    watching = (sanitize, "-fno-sanitize-recover=all")
    toolchain = Toolchain(
        name=tools.description,
        platform=platform,
        drivers=FrozenDict({C: (gcc, *watching), CXX: (gxx, *watching)}),
        archiver=(ar,),
        compile_flags=("-O1", "-fPIC", "-fno-omit-frame-pointer"),
        env=env,
    )
    preload = tuple(result.stdout.decode().strip() for result in found)
    return SanitizingCompiler(toolchain, preload)


@rule
async def compile_sanitized(request: SanitizedObjectRequest) -> SanitizedObject:
    toolchain = request.toolchain
    result = await run_tool(
        ToolProcessRequest(
            address=request.address,
            toolchain=toolchain,
            argv=request.argv,
            digest=request.digest,
            output=request.output,
            description=f"Compile {request.source} with sanitizers",
        )
    )
    if result.exit_code != 0:
        raise compile_mistake(request.source, toolchain, result.text).at(request.address)
    return SanitizedObject(result.digest)


@rule(desc="Build a kernel with sanitizers")
async def build_sanitized_kernel(request: SanitizedKernelRequest) -> SanitizedKernel:
    address = request.address
    compiler, kernel = await concurrently(
        find_sanitizing_compiler(SanitizingCompilerRequest(address, request.sanitizers)),
        plan_kernel(PlanKernelRequest(request.target, host_platform())),
    )
    toolchain = compiler.toolchain
    compilations = merge_compilations((kernel,))
    outputs = [os.path.join(_FOLDER, f"{item.source}.o") for item in compilations]
    objects = await concurrently(
        compile_sanitized(
            SanitizedObjectRequest(
                address=item.address,
                toolchain=toolchain,
                argv=toolchain.compile(
                    item.source,
                    output,
                    language=item.language,
                    include_dirs=item.include_dirs,
                    defines=item.defines,
                    # Line numbers, for the reports of sanitizers.
                    flags=(*item.flags, "-g"),
                ),
                digest=item.digest,
                source=item.source,
                output=output,
            )
        )
        for item, output in zip(compilations, outputs)
    )
    digest = await merge_digests(MergeDigests(item.digest for item in objects))
    name = "libsanitized.so"
    library = os.path.join(_FOLDER, name)
    linked = await run_tool(
        ToolProcessRequest(
            address=address,
            toolchain=toolchain,
            argv=toolchain.link_shared_with_debug_info(
                tuple(outputs),
                library,
                language=compilations[0].toolchain_language,
                flags=("-lm",),
            ),
            digest=digest,
            output=library,
            description=f"Link {name} for {address}",
        )
    )
    if linked.exit_code != 0:
        raise link_mistake(name, toolchain, linked.text).at(address)
    return SanitizedKernel(
        linked.digest,
        library,
        FrozenDict(
            {
                # Python itself does not free all of its memory before the process ends.
                "ASAN_OPTIONS": "detect_leaks=0",
                "LD_PRELOAD": ":".join(compiler.preload),
                "UBSAN_OPTIONS": "print_stacktrace=1",
            }
        ),
    )


def rules():
    return collect_rules()
