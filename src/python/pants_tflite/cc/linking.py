# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Objects and static libraries into shared libraries and programs."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Iterable

from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, FileContent, MergeDigests

from pants_tflite.cc.android_stubs import (
    AndroidStubsRequest,
    DeviceLibrary,
    Stub,
    StubRequest,
    make_android_stubs,
    make_stub,
)
from pants_tflite.cc.android_symbols import ANDROID_SYMBOLS
from pants_tflite.cc.binary_inspection import InspectBinaryRequest, inspect_binary
from pants_tflite.cc.compilation import CompiledObject, StaticLibrary
from pants_tflite.cc.platforms import ANDROID, LINUX, MACOS, Platform
from pants_tflite.cc.tool_processes import ToolProcessRequest, run_tool
from pants_tflite.cc.toolchain import VERSION_SCRIPT, Toolchain
from pants_tflite.cc.toolchain_selection import ToolchainRequest, choose_toolchain
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.sandbox.binaries.inspect_binary_protocol import BinaryImage
from pants_tflite.subsystems.android_ndk import ANDROID_NDK_HOME

_LINKED = "__linked__"
# The messages of lld and zig's own linker, and of GNU ld.
_UNDEFINED = re.compile(r"undefined symbol: (.+)|undefined reference to `(.+)'")
# The other systems only get static libraries.
_SHARED_LIBRARY_SYSTEMS = (ANDROID, LINUX, MACOS)


@dataclass(frozen=True)
class LinkSharedLibraryRequest:
    """Links `lib<name>.so` (`.dylib` on macOS), which shows the symbols `exports` and no others.

    `imports` are symbols that whatever loads the library brings; none but these and the system's
    own may be missing. `device_libraries` are loaded along with it: it names them as needed. Of
    `libraries` it takes what the objects need. `defined` are functions that the objects have, and
    that another in the library calls. `flags` are for the compiler driver, or for the linker where
    no NDK is there.
    """

    address: Address
    platform: Platform
    language: str
    name: str
    objects: tuple[CompiledObject, ...]
    exports: tuple[str, ...]
    imports: tuple[str, ...] = ()
    device_libraries: tuple[DeviceLibrary, ...] = ()
    libraries: tuple[StaticLibrary, ...] = ()
    defined: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert self.platform.system in _SHARED_LIBRARY_SYSTEMS, f"{self.platform} loads none"
        assert not (
            self.device_libraries and self.platform.is_mach_o
        ), "there are only stubs of ELF"

    def debug_hint(self) -> str:
        return f"{self.file_name} for {self.platform}"

    @property
    def file_name(self) -> str:
        return f"lib{self.name}.{'dylib' if self.platform.is_mach_o else 'so'}"


@dataclass(frozen=True)
class SharedLibrary:
    """`digest` holds only the library, at `path`; `image` is what was found in it."""

    digest: Digest
    path: str
    toolchain: str
    image: BinaryImage


@dataclass(frozen=True)
class LinkExecutableRequest:
    """Links a program. `digest` holds what `flags` name, such as a linker script."""

    address: Address
    platform: Platform
    language: str
    name: str
    objects: tuple[CompiledObject, ...]
    libraries: tuple[StaticLibrary, ...] = ()
    flags: tuple[str, ...] = ()
    digest: Digest = EMPTY_DIGEST

    def debug_hint(self) -> str:
        return f"{self.name} for {self.platform}"


@dataclass(frozen=True)
class Executable:
    """`text` is what the linker printed."""

    digest: Digest
    path: str
    toolchain: str
    text: str = ""


def render_version_script(exports: tuple[str, ...]) -> str:
    """Shows `exports` to whatever loads the library, and hides all else."""
    shown = "".join(f"    {symbol};\n" for symbol in sorted(exports))
    return "{\n" + (f"  global:\n{shown}" if shown else "") + "  local:\n    *;\n};\n"


def missing_mistake(file: str, platform: Platform, names: Iterable[str]) -> Mistake:
    """The mistake if a library lacks symbols that it must have."""
    listed = ", ".join(f"`{name}`" for name in sorted(names))
    return Mistake(
        f"`{file}` for {platform} was built, and does not have {listed}",
        fix='Define it in one of the sources, as `extern "C"` where that is C++, and neither `static` '
        "nor hidden; or mend the name.",
    )


def undefined_mistake(
    file: str, toolchain: Toolchain, names: Iterable[str], output: str = ""
) -> Mistake:
    """The mistake if a library or program calls functions that nothing defines."""
    if toolchain.stands_in_for_ndk:
        fix = (
            f"Without an Android NDK a kernel may only call plain functions of libc and libm. Set "
            f"`[android-ndk].path` or `{ANDROID_NDK_HOME}`, or do without them; `assert` is gone "
            "with the define `NDEBUG`."
        )
    else:
        fix = "Add the target whose source defines it to the `dependencies`, or fix its name."
    listed = ", ".join(f"`{name}`" for name in sorted(set(names)))
    message = f"`{file}` for {toolchain.platform} needs {listed}, which nothing defines"
    return Mistake(message, fix=fix, detail=output)


def link_mistake(
    file: str, toolchain: Toolchain, output: str, *, defined: Iterable[str] = ()
) -> Mistake:
    """The mistake if objects do not link; `output` is all that the linker printed.

    `defined` are functions that the objects are to have.
    """
    undefined = [symbol or other for symbol, other in _UNDEFINED.findall(output)]
    missing = set(defined) & set(undefined)
    if missing:
        return missing_mistake(file, toolchain.platform, missing)
    if undefined:
        return undefined_mistake(file=file, toolchain=toolchain, names=undefined, output=output)
    return Mistake(
        f"`{file}` does not link for {toolchain.platform} with {toolchain.name}",
        fix="Mend what the linker complains of, below.",
        detail=output,
    )


def symbol_mistake(
    request: LinkSharedLibraryRequest, toolchain: Toolchain, image: BinaryImage
) -> Mistake | None:
    """The mistake if the linked library lacks exports, or has imports from no known library."""
    missing = set(request.exports) - set(image.exports)
    if missing:
        return missing_mistake(request.file_name, request.platform, missing)
    if not request.imports or image.format != "elf":
        return None
    # The linker let everything pass. Symbols of a system library carry that library's version.
    known = {*request.imports, *(ANDROID_SYMBOLS if toolchain.stands_in_for_ndk else ())}
    undefined = [
        symbol.name
        for symbol in image.imports
        if symbol.version is None and not symbol.weak and symbol.name not in known
    ]
    return undefined_mistake(request.file_name, toolchain, undefined) if undefined else None


@rule(desc="Link a shared library")
async def link_shared_library(request: LinkSharedLibraryRequest) -> SharedLibrary:
    toolchain = await choose_toolchain(
        ToolchainRequest(request.address, request.platform, request.language), **implicitly()
    )
    script = FileContent(VERSION_SCRIPT, render_version_script(request.exports).encode())
    digests = [await create_digest(CreateDigest((script,)))]
    if toolchain.linker_libraries:
        stubs = await make_android_stubs(AndroidStubsRequest(request.address, request.platform))
        digests.append(stubs.digest)
    on_device = await concurrently(
        make_stub(StubRequest(request.address, toolchain, library))
        for library in request.device_libraries
    )
    libraries: tuple[StaticLibrary | Stub, ...] = (*request.libraries, *on_device)
    digests += [*(item.digest for item in request.objects), *(item.digest for item in libraries)]
    digest = await merge_digests(MergeDigests(digests))
    output = os.path.join(_LINKED, request.file_name)
    result = await run_tool(
        ToolProcessRequest(
            address=request.address,
            toolchain=toolchain,
            argv=toolchain.link_shared(
                tuple(item.path for item in request.objects),
                output,
                language=request.language,
                name=request.file_name,
                libraries=tuple(item.path for item in libraries),
                allow_undefined=bool(request.imports),
                flags=request.flags,
            ),
            digest=digest,
            output=output,
            description=f"Link {request.file_name} for {request.platform}",
        )
    )
    if result.exit_code != 0:
        raise link_mistake(request.file_name, toolchain, result.text, defined=request.defined).at(
            request.address
        )
    inspection = await inspect_binary(InspectBinaryRequest(request.address, result.digest, output))
    (image,) = inspection.images
    mistake = symbol_mistake(request, toolchain, image)
    if mistake is not None:
        raise mistake.at(request.address)
    return SharedLibrary(digest=result.digest, path=output, toolchain=toolchain.name, image=image)


@rule(desc="Link a program")
async def link_executable(request: LinkExecutableRequest) -> Executable:
    toolchain = await choose_toolchain(
        ToolchainRequest(request.address, request.platform, request.language), **implicitly()
    )
    inputs: tuple[CompiledObject | StaticLibrary, ...] = (*request.objects, *request.libraries)
    digest = await merge_digests(MergeDigests((request.digest, *(item.digest for item in inputs))))
    output = os.path.join(_LINKED, request.name)
    result = await run_tool(
        ToolProcessRequest(
            address=request.address,
            toolchain=toolchain,
            argv=toolchain.link_executable(
                tuple(item.path for item in request.objects),
                output,
                language=request.language,
                libraries=tuple(item.path for item in request.libraries),
                flags=request.flags,
            ),
            digest=digest,
            output=output,
            description=f"Link {request.name} for {request.platform}",
        )
    )
    if result.exit_code != 0:
        raise link_mistake(request.name, toolchain, result.text).at(request.address)
    return Executable(result.digest, output, toolchain.name, result.text)


def rules():
    return collect_rules()
