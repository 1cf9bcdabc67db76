# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The fields about an NPU, checked with each other, and budgets on what Vela reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from pants_tflite.errors import Mistake
from pants_tflite.micro.npu.accelerators import (
    DEFAULT_MEMORY_MODE,
    Accelerator,
    default_system_config,
)
from pants_tflite.micro.npu.compilation import CompiledForNpu
from pants_tflite.micro.npu.target_types import (
    MicroMaxCpuOpsField,
    MicroMaxNpuCyclesField,
    MicroMaxSramField,
    MicroMemoryModeField,
    MicroNpuConfigField,
    MicroNpuField,
    MicroSystemConfigField,
)
from pants_tflite.sizes import format_size


@dataclass(frozen=True)
class NpuFields:
    """The fields of a library that are about an NPU."""

    npu: MicroNpuField
    system_config: MicroSystemConfigField
    memory_mode: MicroMemoryModeField
    npu_config: MicroNpuConfigField
    max_cpu_ops: MicroMaxCpuOpsField
    max_sram: MicroMaxSramField
    max_npu_cycles: MicroMaxNpuCyclesField


def find_accelerator(fields: NpuFields) -> Optional[Accelerator]:
    """What models are compiled for, if for anything.

    Raises if a field that is about an NPU is there without one, or a configuration without the names of
    the sections to take.
    """
    npu = fields.npu.checked
    others: tuple[Any, ...] = (fields.system_config, fields.memory_mode, fields.npu_config)
    budgets: tuple[Any, ...] = (fields.max_cpu_ops, fields.max_sram, fields.max_npu_cycles)
    if npu is None:
        for field in (*others, *budgets):
            if field.value is not None:
                raise Mistake.of(
                    field,
                    message=f"Vela compiles nothing without `{fields.npu.alias}`",
                    fix=f'Name the NPU, as in `{fields.npu.alias}="ethos-u55-128"`, or leave '
                    f"`{field.alias}` out.",
                )
        return None
    fields.max_cpu_ops.check()
    fields.max_npu_cycles.check()
    # Raises if it is no size.
    _ = fields.max_sram.bytes
    if fields.npu_config.value is not None:
        for named in (fields.system_config, fields.memory_mode):
            if named.value is None:
                raise Mistake.of(
                    fields.npu_config,
                    message=f"nothing says which section of that file is the `{named.alias}`",
                    fix=f"Name the section in `{named.alias}`.",
                )
    return Accelerator(
        npu,
        fields.system_config.value or default_system_config(npu),
        fields.memory_mode.value or DEFAULT_MEMORY_MODE,
    )


def check_budgets(fields: NpuFields, name: str, compiled: CompiledForNpu) -> None:
    """Raises if nothing of the model called `name` runs on the NPU, or more than a budget allows."""
    report, cpu_ops = compiled.report, compiled.cpu_ops
    listed = "".join(f"\n- {op.describe()}" for op in cpu_ops)
    if not compiled.npu_ops:
        raise Mistake.of(
            fields.npu,
            message=f"nothing of {name} runs on the NPU. Vela leaves these ops to the processor:{listed}",
            fix=(
                "Quantize the model to int8, the type that Ethos-U computes in, or put it into a "
                f"library without `{fields.npu.alias}`."
            ),
        )
    most = fields.max_cpu_ops.checked
    if most is not None and len(cpu_ops) > most:
        raise Mistake.of(
            fields.max_cpu_ops,
            message=f"Vela leaves {len(cpu_ops)} ops of {name} to the processor:{listed}",
            fix="Replace them in the model's code, convert to int8 inputs and outputs, or allow more.",
        )
    sram = fields.max_sram.bytes
    if sram is not None and report.sram > sram:
        raise Mistake.of(
            fields.max_sram,
            message=(
                f"the tensors of {name} take {format_size(report.sram)} of SRAM as Vela lays them out, "
                f"which is {format_size(report.sram - sram)} too many"
            ),
            fix="Make the model's largest tensors smaller, or allow more.",
        )
    cycles = fields.max_npu_cycles.checked
    if cycles is not None and report.cycles > cycles:
        raise Mistake.of(
            fields.max_npu_cycles,
            message=(
                f"an inference of {name} takes {report.cycles:,} cycles of {report.accelerator}, as Vela "
                f"estimates, which is {report.cycles - cycles:,} too many; {report.npu_cycles:,} are the "
                "NPU's own work, and the others its waits for memory"
            ),
            fix="Make the model smaller, choose an NPU with more multipliers, or allow more.",
        )
