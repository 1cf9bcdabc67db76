# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The sizes of a library's parts in its linked self-test, as the linker tells them.

An archive holds its objects without their folders, so the self-test is linked once more, with
TFLite Micro's kernels and its runtime in an archive each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.fs import MergeDigests

from pants_tflite.cc.compilation import ArchiveObjectsRequest, CompiledObject, archive_objects
from pants_tflite.cc.linking import LinkExecutableRequest, link_executable
from pants_tflite.cc.platforms import Platform
from pants_tflite.cc.toolchain import CXX
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    get_digest_contents,
    merge_digests,
    rule,
)
from pants_tflite.micro.qemu.boards import link_flags
from pants_tflite.micro.self_test.compiled_library import CompiledLibrary
from pants_tflite.micro.self_test.part_sizes import (
    GLUE,
    KERNELS,
    MODELS,
    RUNTIME,
    ProgramParts,
    add_up,
)

_MODEL_SUFFIX = "_model.cc.o"
# Folders of a tree whose sources compute ops.
_KERNEL_FOLDERS = re.compile(r"/(?:kernels|signal|third_party)/")


@dataclass(frozen=True)
class SizePartsRequest:
    """Asks for the sizes of the parts of a library compiled for a microcontroller. `arena` is the
    size of the self-test's."""

    address: Address
    platform: Platform
    compiled: CompiledLibrary
    arena: int

    def debug_hint(self) -> str:
        return f"{self.address} for {self.platform}"


def _is_kernel(compiled: CompiledObject) -> bool:
    return _KERNEL_FOLDERS.search(compiled.path) is not None


@rule(desc="Size the parts of a TFLite Micro library")
async def size_parts(request: SizePartsRequest) -> ProgramParts:
    compiled, address, platform = request.compiled, request.address, request.platform
    kernels, runtime = await concurrently(
        archive_objects(
            ArchiveObjectsRequest(
                address=address, platform=platform, language=CXX, name=name, objects=objects
            )
        )
        for name, objects in (
            ("tflm_kernels", tuple(item for item in compiled.tflm if _is_kernel(item))),
            ("tflm_runtime", tuple(item for item in compiled.tflm if not _is_kernel(item))),
        )
    )
    own = (*compiled.start_up, *compiled.golden, *compiled.self_test, *compiled.sources)
    libraries = (kernels.digest, runtime.digest, compiled.linker_scripts)
    program = await link_executable(
        LinkExecutableRequest(
            address=address,
            platform=platform,
            language=CXX,
            name=f"{compiled.name}_parts.elf",
            objects=(*own, *compiled.kernels),
            flags=(
                "-Wl,--start-group",
                kernels.path,
                runtime.path,
                "-Wl,--end-group",
                *link_flags(platform),
                "-Wl,--print-map",
            ),
            digest=await merge_digests(MergeDigests(libraries)),
        )
    )
    parts: dict[str, Optional[str]] = {
        **{item.path: MODELS if item.path.endswith(_MODEL_SUFFIX) else GLUE for item in own},
        **{item.path: None for item in compiled.golden},
        **{item.path: KERNELS for item in compiled.kernels},
        kernels.path: KERNELS,
        runtime.path: RUNTIME,
    }
    (file,) = await get_digest_contents(program.digest)
    return add_up(file.content, program.text, parts=parts, arena=request.arena)


def rules():
    return collect_rules()
