# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The kernels of custom ops as a library carries them: their micro variants, in one folder."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Iterable, Mapping

from pants.backend.cc.target_types import CC_HEADER_FILE_EXTENSIONS
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, FileEntry
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.fields import BundleModelsField
from pants_tflite.compat import collect_rules, create_digest, get_digest_entries, rule
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.custom_ops.kernel_sources import KernelSource
from pants_tflite.custom_ops.micro_sources import CustomOpSourcesRequest, find_micro_sources
from pants_tflite.errors import Mistake

# Sources in this folder have it on their include path.
KERNEL_DIRECTORY = "src/kernels"


@dataclass(frozen=True)
class MicroKernelsRequest:
    """Asks for the micro variants of `ops`, which all have one; `address` is what they go into."""

    address: Address
    ops: tuple[CustomOp, ...]


@dataclass(frozen=True)
class MicroKernels:
    """`digest` holds `sources` and `headers` below KERNEL_DIRECTORY, each where an `#include` of it
    looks. `sources_of` are those of each op, by its name. `compilations` are the same sources at
    their paths in the repository, where the compiler's complaints should find them."""

    ops: tuple[CustomOp, ...] = ()
    digest: Digest = EMPTY_DIGEST
    sources: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    sources_of: FrozenDict[str, tuple[str, ...]] = FrozenDict()
    compilations: tuple[KernelSource, ...] = ()
    defines: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(op.name for op in self.ops)


def place_files(
    address: Address, paths: Iterable[str], include_dirs: Iterable[str]
) -> Mapping[str, str]:
    """Where each file goes in a library: relative to the folder that it is included from.

    Raises if two files of different folders would be included under the same path.
    """
    # Prefer the innermost folder.
    folders = sorted(include_dirs, key=len, reverse=True)
    taken: dict[str, str] = {}
    for path in sorted(paths):
        folder = next((each for each in folders if path.startswith(f"{each}/")), "")
        place = os.path.join(KERNEL_DIRECTORY, os.path.relpath(path, folder or "."))
        other = taken.setdefault(place, path)
        if other != path:
            raise Mistake(
                message=(
                    f"the kernels of its custom ops have `{other}` and `{path}`, which are both "
                    f"included as `{os.path.relpath(path, folder or '.')}`"
                ),
                fix="Rename one of the files, or move it to another folder.",
                field=BundleModelsField.alias,
            ).at(address)
    return {path: place for place, path in taken.items()}


@rule(desc="Find the kernels of custom ops for a microcontroller")
async def find_micro_kernels(request: MicroKernelsRequest) -> MicroKernels:
    if not request.ops:
        return MicroKernels()
    addresses = tuple(op.address for op in request.ops)
    found = await find_micro_sources(CustomOpSourcesRequest(addresses))
    entries = await get_digest_entries(found.digest)
    files = [entry for entry in entries if isinstance(entry, FileEntry)]
    places = place_files(request.address, [file.path for file in files], found.include_dirs)
    digest = await create_digest(
        CreateDigest(replace(file, path=places[file.path]) for file in files)
    )
    return MicroKernels(
        ops=found.ops,
        digest=digest,
        sources=tuple(sorted(places[source.path] for source in found.sources)),
        headers=tuple(sorted(p for p in places.values() if p.endswith(CC_HEADER_FILE_EXTENSIONS))),
        sources_of=FrozenDict(
            {op: tuple(places[path] for path in paths) for op, paths in found.paths.items()}
        ),
        compilations=found.sources,
        defines=found.defines,
        flags=found.flags,
    )


def rules():
    return collect_rules()
