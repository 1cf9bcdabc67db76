# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The runtimes of coverage that are Ethos-U NPUs, by their names: Vela, asked what it leaves to the processor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional, Sequence

from pants.engine.target import Target
from pants.engine.unions import UnionRule

from pants_tflite.compat import collect_rules, concurrently, rule
from pants_tflite.coverage.runtimes import Coverage, RuntimeProbe
from pants_tflite.errors import Mistake, TfLiteError
from pants_tflite.micro.field_sets import MicroLibraryFieldSet
from pants_tflite.micro.npu.accelerators import ACCELERATORS, Accelerator, default_system_config
from pants_tflite.micro.npu.compilation import (
    CompiledForNpu,
    CompileForNpuRequest,
    CpuOp,
    NpuConfig,
    compile_for_npu,
)
from pants_tflite.micro.npu.models import NpuConfigRequest, find_npu_config
from pants_tflite.micro.npu.settings import find_accelerator
from pants_tflite.micro.npu.target_types import (
    MicroMaxCpuOpsField,
    MicroNpuConfigField,
    MicroNpuField,
)
from pants_tflite.pipeline.ops import ListModelOpsRequest, list_model_ops
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport, RefusedOp
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse

_NO_REASON = "Vela does not say why"


@dataclass(frozen=True)
class EthosUProbe(RuntimeProbe):
    """Asks Vela, for the NPU called `runtime`."""

    runtimes = ACCELERATORS


@dataclass(frozen=True)
class ChipRequest:
    """Asks what Vela is to assume for the NPU called `runtime`: what the `bundle` says, if it has that NPU."""

    runtime: str
    bundle: Optional[Target]


@dataclass(frozen=True)
class Chip:
    """`max_cpu_ops` is the budget of a bundle that has one."""

    accelerator: Accelerator
    config: Optional[NpuConfig] = None
    max_cpu_ops: Optional[int] = None


@rule
async def find_chip(request: ChipRequest) -> Chip:
    bundle = request.bundle
    if bundle is not None and bundle.get(MicroNpuField).value == request.runtime:
        fields = MicroLibraryFieldSet.create(bundle).npu_fields
        accelerator = find_accelerator(fields)
        assert accelerator is not None
        found = await find_npu_config(NpuConfigRequest(bundle[MicroNpuConfigField]))
        return Chip(accelerator, found.config, fields.max_cpu_ops.checked)
    return Chip(Accelerator(request.runtime, default_system_config(request.runtime)))


def to_report(runtime: str, ops: Sequence[OpUse], compiled: CompiledForNpu) -> CoverageReport:
    """What Vela says of a model with these `ops`, which a processor runs where the NPU does not."""
    indices = {op.tensor: index for index, op in enumerate(ops)}
    known = [op for op in compiled.cpu_ops if op.use.tensor in indices]
    # Vela made them of others, and says of none which.
    made = [op for op in compiled.cpu_ops if op not in known]
    remark = f"Vela leaves {len(compiled.cpu_ops)} ops to the processor" if compiled.cpu_ops else ""
    if made:
        remark += ", and made some of them itself: " + ", ".join(op.describe() for op in made)
    if not compiled.npu_ops:
        remark = "nothing of the model runs on the NPU"
    return CoverageReport(
        runtime=runtime,
        loads=compiled.npu_ops > 0,
        refused=tuple(_refused(indices[op.use.tensor], op) for op in known),
        remark=remark,
        answered_by=f"Vela {compiled.report.vela}",
    )


def _refused(index: int, op: CpuOp) -> RefusedOp:
    return RefusedOp(index, op.use.op, op.use.tensor, op.reason or _NO_REASON)


def within_budget(report: CoverageReport, chip: Chip, left: int) -> CoverageReport:
    """The report, in which a model is not taken if more ops are `left` to the processor than the budget allows."""
    most = chip.max_cpu_ops
    if not report.loads or most is None or left <= most:
        return report
    remark = f"{report.remark}, of which `{MicroMaxCpuOpsField.alias}` allows {most}"
    return replace(report, loads=False, remark=remark)


def refused_as_a_whole(runtime: str, mistake: Mistake) -> CoverageReport:
    """The report on a model that Vela does not compile."""
    *_, last = mistake.detail.strip().splitlines() or [""]
    return CoverageReport(runtime, False, (), f"{mistake.message}: {last}".rstrip(": "), "Vela")


@rule(desc="Ask Vela for the ops of a model")
async def probe_ethos_u(request: EthosUProbe) -> Coverage:
    chip, listed = await concurrently(
        find_chip(ChipRequest(request.runtime, request.bundle)),
        list_model_ops(ListModelOpsRequest(request.address, request.model)),
    )
    try:
        compiled = await compile_for_npu(
            CompileForNpuRequest(
                address=request.address,
                digest=request.model,
                accelerator=chip.accelerator,
                config=chip.config,
            )
        )
    except TfLiteError as error:
        # What else is wrong is about the library's fields, and not about the model.
        if error.mistake is None or error.mistake.field != MicroNpuField.alias:
            raise
        return Coverage(refused_as_a_whole(request.runtime, error.mistake))
    report = to_report(request.runtime, listed.ops, compiled)
    return Coverage(within_budget(report, chip, len(compiled.cpu_ops)))


def rules():
    return (*collect_rules(), UnionRule(RuntimeProbe, EthosUProbe))
