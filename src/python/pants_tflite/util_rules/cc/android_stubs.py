# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Stand-ins for Android's libc and libm, to link against without an NDK."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, FileContent, MergeDigests
from pants.engine.rules import Get, MultiGet, collect_rules, rule

from pants_tflite.errors import TfLiteError
from pants_tflite.util_rules.cc.android_symbols import LIBC, LIBM, render_stub
from pants_tflite.util_rules.cc.platforms import Platform
from pants_tflite.util_rules.cc.tool_processes import FallibleToolResult, ToolProcessRequest
from pants_tflite.util_rules.cc.toolchain import Toolchain
from pants_tflite.util_rules.cc.toolchains import ZigToolchainRequest
from pants_tflite.util_rules.cc.zig_toolchain import ANDROID_LIBRARIES, STUBS_FOLDER

_SYMBOLS = dict(zip(ANDROID_LIBRARIES, (LIBC, LIBM)))


@dataclass(frozen=True)
class AndroidStubsRequest:
    address: Address
    platform: Platform


@dataclass(frozen=True)
class AndroidStubs:
    """`digest` holds the stand-ins where the toolchain's `linker_libraries` say."""

    digest: Digest


@dataclass(frozen=True)
class AndroidStubRequest:
    """One stand-in, `library`, made of names alone."""

    address: Address
    platform: Platform
    library: str


@dataclass(frozen=True)
class AndroidStub:
    digest: Digest


@rule
async def make_android_stub(request: AndroidStubRequest) -> AndroidStub:
    source = f"{request.library}.s"
    content = FileContent(source, render_stub(_SYMBOLS[request.library]).encode())
    toolchain, digest = await MultiGet(
        Get(Toolchain, ZigToolchainRequest(request.platform)),
        Get(Digest, CreateDigest((content,))),
    )
    output = os.path.join(STUBS_FOLDER, request.library)
    result = await Get(
        FallibleToolResult,
        ToolProcessRequest(
            request.address,
            toolchain,
            toolchain.link_stub(source, output, name=request.library),
            digest,
            output,
            f"Make a stand-in for {request.library} of {request.platform}",
        ),
    )
    if result.exit_code != 0:
        raise TfLiteError(f"{request.library} of {request.platform}: {result.text}")
    return AndroidStub(result.digest)


@rule
async def make_android_stubs(request: AndroidStubsRequest) -> AndroidStubs:
    stubs = await MultiGet(
        Get(AndroidStub, AndroidStubRequest(request.address, request.platform, library))
        for library in ANDROID_LIBRARIES
    )
    return AndroidStubs(await Get(Digest, MergeDigests(stub.digest for stub in stubs)))


def rules():
    return collect_rules()
