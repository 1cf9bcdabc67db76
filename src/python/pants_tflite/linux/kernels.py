# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The kernels of custom ops in a Linux archive: one shared library in `lib/`."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, FileEntry

from pants_tflite.bundles.manifests import KernelEntry
from pants_tflite.cc.platforms import PLATFORMS
from pants_tflite.compat import collect_rules, create_digest, get_digest_entries, rule
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.custom_ops.libraries import CustomOpLibraryRequest, build_library
from pants_tflite.sandbox.tflite.manifest_protocol import KernelBuild
from pants_tflite.subsystems.zig import Zig

LIBRARIES_DIRECTORY = "lib"


def library_name(archive_name: str) -> str:
    """What the library is called, without `lib` and `.so`.

    The suffix keeps it apart from the system's libraries, such as libm.so.
    """
    return f"{archive_name}_ops"


@dataclass(frozen=True)
class BuildArchiveKernelsRequest:
    """Asks for the kernels of `ops` for `platform`, as the archives called `name` have them."""

    ops: tuple[CustomOp, ...]
    platform: str
    name: str

    def debug_hint(self) -> str:
        return f"{self.name} for {self.platform}"


@dataclass(frozen=True)
class ArchiveKernels:
    """`digest` holds the library at its path in the archive, and `glibc` is the oldest that it runs
    with. `entries` is what a manifest says. All fields are empty if there are no kernels."""

    digest: Digest = EMPTY_DIGEST
    entries: tuple[KernelEntry, ...] = ()
    glibc: str = ""


@rule(desc="Build the kernels of a Linux archive")
async def build_archive_kernels(request: BuildArchiveKernelsRequest, zig: Zig) -> ArchiveKernels:
    if not request.ops:
        return ArchiveKernels()
    library = await build_library(
        CustomOpLibraryRequest(
            tuple(op.address for op in request.ops),
            PLATFORMS[request.platform],
            name=library_name(request.name),
        )
    )
    assert library.shared is not None
    (entry,) = await get_digest_entries(library.shared.digest)
    assert isinstance(entry, FileEntry)
    path = os.path.join(LIBRARIES_DIRECTORY, os.path.basename(library.shared.path))
    digest = await create_digest(CreateDigest((replace(entry, path=path, is_executable=False),)))
    builds = (KernelBuild(path, request.platform, library.toolchain),)
    entries = tuple(KernelEntry(op, op.registration, builds) for op in request.ops)
    return ArchiveKernels(digest, entries, zig.glibc[request.platform])


def rules():
    return collect_rules()
