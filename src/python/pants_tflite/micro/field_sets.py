# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The fields of a `tflite_micro_library`, and their values once they are checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.core.goals.package import PackageFieldSet

from pants_tflite.bundles.models import BundleFieldSet
from pants_tflite.micro.compression.target_types import MicroCompressionField
from pants_tflite.micro.generated.names import library_name
from pants_tflite.micro.npu.settings import NpuFields
from pants_tflite.micro.npu.target_types import (
    MicroMaxCpuOpsField,
    MicroMaxNpuCyclesField,
    MicroMaxSramField,
    MicroMemoryModeField,
    MicroNpuConfigField,
    MicroNpuField,
    MicroSystemConfigField,
)
from pants_tflite.micro.publishing import (
    MicroAuthorField,
    MicroDependsField,
    MicroMaintainerField,
    MicroUrlField,
    Publishing,
)
from pants_tflite.micro.target_types import (
    MicroArenaMarginField,
    MicroArenaSizeField,
    MicroBoardsField,
    MicroCpuField,
    MicroGoldenToleranceField,
    MicroLayoutField,
    MicroLibraryNameField,
    MicroMaxArenaField,
    MicroMaxFlashField,
    MicroMaxInstructionsField,
    MicroMaxRamField,
    MicroTflmField,
)


@dataclass(frozen=True)
class MicroLibraryFieldSet(PackageFieldSet, BundleFieldSet):
    required_fields = (MicroLayoutField,)
    takes_micro_only = True

    library: MicroLibraryNameField
    layout: MicroLayoutField
    author: MicroAuthorField
    maintainer: MicroMaintainerField
    url: MicroUrlField
    depends: MicroDependsField
    cpu: MicroCpuField
    tflm: MicroTflmField
    max_arena: MicroMaxArenaField
    max_flash: MicroMaxFlashField
    max_ram: MicroMaxRamField
    max_instructions: MicroMaxInstructionsField
    boards: MicroBoardsField
    arena_margin: MicroArenaMarginField
    arena_size: MicroArenaSizeField
    golden_tolerance: MicroGoldenToleranceField
    compression: MicroCompressionField
    npu: MicroNpuField
    system_config: MicroSystemConfigField
    memory_mode: MicroMemoryModeField
    npu_config: MicroNpuConfigField
    max_cpu_ops: MicroMaxCpuOpsField
    max_sram: MicroMaxSramField
    max_npu_cycles: MicroMaxNpuCyclesField

    @property
    def npu_fields(self) -> NpuFields:
        return NpuFields(
            npu=self.npu,
            system_config=self.system_config,
            memory_mode=self.memory_mode,
            npu_config=self.npu_config,
            max_cpu_ops=self.max_cpu_ops,
            max_sram=self.max_sram,
            max_npu_cycles=self.max_npu_cycles,
        )


@dataclass(frozen=True)
class MicroSettings:
    """The fields that need no other target, checked. Sizes are in bytes."""

    library: str
    layout: str
    publishing: Publishing
    cpu: Optional[str]
    max_arena: Optional[int]
    max_flash: Optional[int]
    max_ram: Optional[int]
    max_instructions: Optional[int]
    arena_margin: int
    arena_size: Optional[int]
    golden_tolerance: int

    @classmethod
    def create(cls, field_set: MicroLibraryFieldSet) -> MicroSettings:
        return cls(
            library=library_name(field_set.address, field_set.library.value),
            layout=field_set.layout.checked,
            publishing=Publishing.create(
                field_set.layout.checked,
                author=field_set.author,
                maintainer=field_set.maintainer,
                url=field_set.url,
                depends=field_set.depends,
            ),
            cpu=field_set.cpu.checked,
            max_arena=field_set.max_arena.bytes,
            max_flash=field_set.max_flash.bytes,
            max_ram=field_set.max_ram.bytes,
            max_instructions=field_set.max_instructions.count,
            arena_margin=field_set.arena_margin.checked,
            arena_size=field_set.arena_size.bytes,
            golden_tolerance=field_set.golden_tolerance.checked,
        )
