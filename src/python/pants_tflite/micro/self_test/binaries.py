# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a bundle has besides sources: the static library and the self-test for its processor."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Optional

from pants.engine.fs import CreateDigest, Digest, MergeDigests

from pants_tflite.cc.platforms import PLATFORMS
from pants_tflite.compat import (
    collect_rules,
    create_digest,
    get_digest_entries,
    merge_digests,
    rule,
)
from pants_tflite.micro.checks import check_flash
from pants_tflite.micro.field_sets import MicroLibraryFieldSet, MicroSettings
from pants_tflite.micro.self_test.self_test_program import (
    BuildSelfTestRequest,
    BuiltSelfTest,
    build_self_test,
)

_LIBRARIES = "lib"


@dataclass(frozen=True)
class BuiltMicroBinariesRequest:
    """Asks for what a bundle has in addition to sources if `tflm` and `cpu` are set."""

    field_set: MicroLibraryFieldSet


@dataclass(frozen=True)
class BuiltMicroBinaries:
    """`digest` holds `lib/<cpu>/lib<library>.a` and `lib/<cpu>/<library>_self_test.elf`, or nothing
    if the bundle is sources."""

    digest: Digest
    self_test: Optional[BuiltSelfTest] = None
    platform: Optional[str] = None

    @property
    def library_path(self) -> Optional[str]:
        """Where the static library is in the bundle."""
        if self.self_test is None or self.platform is None:
            return None
        return _place(self.platform, self.self_test.library.path)


def _place(cpu: str, path: str) -> str:
    return os.path.join(_LIBRARIES, cpu, os.path.basename(path))


@rule(desc="Compile a TFLite Micro library for its processor")
async def build_micro_binaries(request: BuiltMicroBinariesRequest) -> BuiltMicroBinaries:
    field_set = request.field_set
    cpu = MicroSettings.create(field_set).cpu
    if cpu is None or field_set.tflm.value is None:
        return BuiltMicroBinaries(await create_digest(CreateDigest(())))
    built = await build_self_test(BuildSelfTestRequest(field_set, PLATFORMS[cpu]))
    flash = {
        f"models, code and constants with {built.tools.tree.kernels} kernels": built.flash_bytes
    }
    check_flash(field_set.max_flash, flash)
    digest = await merge_digests(MergeDigests((built.library.digest, built.program.digest)))
    entries = await get_digest_entries(digest)
    placed = await create_digest(
        CreateDigest(replace(entry, path=_place(cpu, entry.path)) for entry in entries)
    )
    return BuiltMicroBinaries(placed, built, cpu)


def rules():
    return collect_rules()
