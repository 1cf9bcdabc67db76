# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The fields of a `tflite_micro_library` that are about an NPU."""

from __future__ import annotations

from pants.engine.target import AsyncFieldMixin, StringField
from pants.util.strutil import help_text

from pants_tflite.fields import AddressField, OptionalChoiceField, OptionalIntegerField
from pants_tflite.micro.npu.accelerators import (
    ACCELERATORS,
    DEFAULT_MEMORY_MODE,
    SYSTEM_CONFIGS,
)
from pants_tflite.sizes import SIZE_HELP, SizeField

_DEFAULTS = ", ".join(f"{config} for ethos-{name}" for name, config in SYSTEM_CONFIGS.items())


class MicroNpuField(OptionalChoiceField):
    alias = "npu"
    valid_choices = ACCELERATORS
    help = help_text(
        f"""
        The Arm Ethos-U NPU that Vela compiles the models for: one of {", ".join(ACCELERATORS)}. The
        models are verified and measured before; no host runs what Vela makes of them.

        Defaults to none: TFLite Micro's kernels run the models as they are.

        Example: `npu="ethos-u55-128"`.
        """
    )


class MicroSystemConfigField(StringField, AsyncFieldMixin):
    alias = "system_config"
    help = help_text(
        f"""
        How fast the chip with the `npu` is and how it reaches its memory: the name of a section
        `System_Config.…` in `npu_config`, or in Vela's own `vela.ini`.

        Defaults to {_DEFAULTS}, all of which have SRAM and flash; with `npu_config` it must be given.

        Example: `system_config="Ethos_U55_Deep_Embedded"`.
        """
    )


class MicroMemoryModeField(StringField, AsyncFieldMixin):
    alias = "memory_mode"
    help = help_text(
        f"""
        Where Vela puts the models and their tensors: the name of a section `Memory_Mode.…` in
        `npu_config`, or in Vela's own `vela.ini`.

        Defaults to {DEFAULT_MEMORY_MODE}: models are in flash, and tensors in the SRAM that the NPU
        shares with the processor. With `npu_config` it must be given.

        Example: `memory_mode="Sram_Only"`.
        """
    )


class MicroNpuConfigField(AddressField):
    alias = "npu_config"
    target_aliases = ("file",)
    help = help_text(
        """
        The address of a `file` that is a configuration of Vela for a chip of your own, written as
        Vela's `vela.ini` is. `system_config` and `memory_mode` name sections in it.

        Defaults to none: the sections are those of Vela's own file.

        Example: `npu_config="//boards:chip.ini"`.
        """
    )


class MicroMaxCpuOpsField(OptionalIntegerField):
    alias = "max_cpu_ops"
    minimum = 0
    help = help_text(
        """
        How many ops of any model Vela may leave to the processor. The build fails if there are more, and
        names them with their layers and Vela's reasons.

        Defaults to no limit.

        Example: `max_cpu_ops=0`.
        """
    )


class MicroMaxSramField(SizeField):
    alias = "max_sram"
    help = help_text(
        f"""
        How much SRAM Vela may use for the tensors of any model: {SIZE_HELP}. The build fails if that is
        more.

        Defaults to no limit.

        Example: `max_sram="256KiB"`.
        """
    )


class MicroMaxNpuCyclesField(OptionalIntegerField):
    alias = "max_npu_cycles"
    help = help_text(
        """
        How many cycles of the NPU one inference of any model may take, as Vela estimates it, with the
        waits for memory. The build fails if it takes more.

        Defaults to no limit.

        Example: `max_npu_cycles=2_000_000`.
        """
    )


NPU_FIELDS = (
    MicroNpuField,
    MicroSystemConfigField,
    MicroMemoryModeField,
    MicroNpuConfigField,
    MicroMaxCpuOpsField,
    MicroMaxSramField,
    MicroMaxNpuCyclesField,
)
