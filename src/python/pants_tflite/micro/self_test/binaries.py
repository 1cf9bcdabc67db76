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
    concurrently,
    create_digest,
    get_digest_entries,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.micro.checks import check_flash, check_ram
from pants_tflite.micro.counting.budgets import check_instructions
from pants_tflite.micro.counting.instruction_counts import (
    CountedInstructions,
    CountInstructionsRequest,
    count_instructions,
)
from pants_tflite.micro.field_sets import MicroLibraryFieldSet, MicroSettings
from pants_tflite.micro.models import MicroModelsRequest, build_micro_models
from pants_tflite.micro.self_test.part_sizes import ProgramParts
from pants_tflite.micro.self_test.parts_program import SizePartsRequest, size_parts
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
    instructions: Optional[CountedInstructions] = None
    parts: Optional[ProgramParts] = None

    @property
    def lines(self) -> tuple[str, ...]:
        """What was found out about them, for people."""
        sizes = (self.parts.render(),) if self.parts is not None else ()
        return (*sizes, *(self.instructions.render() if self.instructions is not None else ()))

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
    platform = PLATFORMS[cpu]
    built, counted = await concurrently(
        build_self_test(BuildSelfTestRequest(field_set, platform)),
        count_instructions(CountInstructionsRequest(field_set, platform), **implicitly()),
    )
    check_instructions(field_set.max_instructions, counted, built.tools.kernels)
    models = await build_micro_models(MicroModelsRequest(field_set))
    parts = await size_parts(
        SizePartsRequest(
            address=field_set.address,
            platform=platform,
            compiled=built.compiled,
            arena=models.largest_arena,
        )
    )
    counted_as = f"That is the self-test for {cpu} with {built.tools.kernels} kernels, without its golden vectors."
    check_flash(field_set.max_flash, parts.flash, counted=counted_as)
    check_ram(field_set.max_ram, parts.ram, counted=counted_as)
    digest = await merge_digests(MergeDigests((built.library.digest, built.program.digest)))
    entries = await get_digest_entries(digest)
    placed = await create_digest(
        CreateDigest(replace(entry, path=_place(cpu, entry.path)) for entry in entries)
    )
    return BuiltMicroBinaries(placed, built, cpu, counted, parts)


def rules():
    return collect_rules()
