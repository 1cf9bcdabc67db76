# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Stand-ins for libraries that are on the device alone, to link against: Android's own libc and
libm without an NDK, and what an app brings along."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, FileContent, MergeDigests

from pants_tflite.cc.android_symbols import LIBC, LIBM, render_stub
from pants_tflite.cc.platforms import Platform
from pants_tflite.cc.tool_processes import ToolProcessRequest, run_tool
from pants_tflite.cc.toolchain import Toolchain
from pants_tflite.cc.toolchain_selection import ZigToolchainRequest, find_zig_toolchain
from pants_tflite.cc.zig_toolchain import ANDROID_LIBRARIES, HELPERS_LIBRARY, STUBS_FOLDER
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.errors import TfLiteError

_SYMBOLS = dict(zip(ANDROID_LIBRARIES, (LIBC, LIBM)))


@dataclass(frozen=True)
class DeviceLibrary:
    """A shared library that the loader finds on the device under `name`, and what it has."""

    name: str
    symbols: tuple[str, ...]


@dataclass(frozen=True)
class AndroidStubsRequest:
    address: Address
    platform: Platform


@dataclass(frozen=True)
class AndroidStubs:
    """`digest` holds the stand-ins where the toolchain's `linker_libraries` say."""

    digest: Digest


@dataclass(frozen=True)
class StubRequest:
    """Asks for a stand-in for `library`, made of names alone, for what `toolchain` links."""

    address: Address
    toolchain: Toolchain
    library: DeviceLibrary


@dataclass(frozen=True)
class Stub:
    """`digest` holds the stand-in alone, at `path`."""

    digest: Digest
    path: str


@rule
async def make_stub(request: StubRequest) -> Stub:
    toolchain, name = request.toolchain, request.library.name
    source = f"{name}.s"
    content = FileContent(source, render_stub(request.library.symbols).encode())
    digest = await create_digest(CreateDigest((content,)))
    output = os.path.join(STUBS_FOLDER, name)
    result = await run_tool(
        ToolProcessRequest(
            address=request.address,
            toolchain=toolchain,
            argv=toolchain.link_stub(source, output, name=name),
            digest=digest,
            output=output,
            description=f"Make a stand-in for {name} of {toolchain.platform}",
        )
    )
    if result.exit_code != 0:
        raise TfLiteError(f"{name} of {toolchain.platform}: {result.text}")
    return Stub(result.digest, output)


@dataclass(frozen=True)
class CompilerHelpersRequest:
    """Asks for what `toolchain`'s compiler calls by itself, as a library."""

    address: Address
    toolchain: Toolchain


@dataclass(frozen=True)
class CompilerHelpers:
    digest: Digest


@rule
async def compile_helpers(request: CompilerHelpersRequest) -> CompilerHelpers:
    toolchain = request.toolchain
    compiled, archive = (os.path.join(STUBS_FOLDER, n) for n in ("helpers.o", HELPERS_LIBRARY))
    digest = EMPTY_DIGEST
    for argv, output, verb in (
        (toolchain.compile_helpers(compiled), compiled, "Compile"),
        # Out of a library the linker takes the object only if something in it is called.
        (toolchain.archive((compiled,), archive), archive, "Archive"),
    ):
        result = await run_tool(
            ToolProcessRequest(
                address=request.address,
                toolchain=toolchain,
                argv=argv,
                digest=digest,
                output=output,
                description=f"{verb} the compiler's helpers for {toolchain.platform}",
            )
        )
        if result.exit_code != 0:
            raise TfLiteError(f"The compiler's helpers of {toolchain.platform}: {result.text}")
        digest = result.digest
    return CompilerHelpers(digest)


@rule
async def make_android_stubs(request: AndroidStubsRequest) -> AndroidStubs:
    toolchain = await find_zig_toolchain(ZigToolchainRequest(request.platform), **implicitly())
    stubs = await concurrently(
        make_stub(StubRequest(request.address, toolchain, DeviceLibrary(name, symbols)))
        for name, symbols in _SYMBOLS.items()
    )
    digests = [stub.digest for stub in stubs]
    if toolchain.helpers:
        helpers = await compile_helpers(CompilerHelpersRequest(request.address, toolchain))
        digests.append(helpers.digest)
    return AndroidStubs(await merge_digests(MergeDigests(digests)))


def rules():
    return collect_rules()
