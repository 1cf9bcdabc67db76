# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The models of a library as an NPU gets them: compiled by Vela here, or before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from pants.engine.addresses import Address
from pants.engine.fs import DigestSubset, PathGlobs
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.models import BundleModel
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    get_digest_contents,
    implicitly,
    rule,
)
from pants_tflite.micro.changed_models import ChangedModelRequest, describe_changed_model
from pants_tflite.micro.npu.accelerators import Accelerator
from pants_tflite.micro.npu.compilation import (
    CompiledForNpu,
    CompileForNpuRequest,
    NpuConfig,
    compile_for_npu,
)
from pants_tflite.micro.npu.sandbox.plan_arena_protocol import PlanArenaRequest as PlanRequest
from pants_tflite.micro.npu.sandbox.plan_arena_protocol import PlannedArena
from pants_tflite.micro.npu.settings import NpuFields, check_budgets
from pants_tflite.micro.npu.target_types import MicroNpuConfigField
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.sandbox.constants import ETHOS_U
from pants_tflite.sandbox.protocol import to_plain
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.references import ReferencedFileRequest, find_referenced_file
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program

NUMERICS = (
    "Nothing here can run an Ethos-U op: the outputs of the compiled model were not compared with "
    "anything. The model before Vela was verified, and the golden vectors are its."
)
_COMPILED_BEFORE = (
    "Vela compiled the model before it came here, and nothing here can run an Ethos-U op: its outputs "
    "were not compared with anything, and "
)
WITHOUT_GOLDEN = f"{_COMPILED_BEFORE}there are no golden vectors."
BORROWED_GOLDEN = f"{_COMPILED_BEFORE}the golden vectors are those of the model before Vela."


@dataclass(frozen=True)
class NpuConfigRequest:
    """Asks for the file that a library's field names."""

    field: MicroNpuConfigField


@dataclass(frozen=True)
class FoundNpuConfig:
    config: Optional[NpuConfig]


@dataclass(frozen=True)
class PlanArenaRequest:
    """Asks for the tensor arena of a model with an Ethos-U op."""

    address: Address
    model: BundleModel


@dataclass(frozen=True)
class ShipNpuModelRequest:
    """Asks for a model as the NPU gets it, within the budgets of `fields`. Without an `accelerator` it is one that Vela
    compiled before."""

    address: Address
    model: BundleModel
    accelerator: Optional[Accelerator]
    config: Optional[NpuConfig]
    fields: NpuFields


@dataclass(frozen=True)
class NpuModel:
    """`model` is what to ship; `compiled` is Vela's result, if it ran here."""

    model: BundleModel
    compiled: Optional[CompiledForNpu]
    arena: PlannedArena

    @property
    def manifest(self) -> FrozenDict[str, Any]:
        """The manifest's entry."""
        if self.compiled is None:
            borrowed = self.model.facts.golden_model
            return FrozenDict.deep_freeze(
                {"numerics": BORROWED_GOLDEN, "golden_model": borrowed}
                if borrowed is not None
                else {"numerics": WITHOUT_GOLDEN}
            )
        plain = to_plain(self.compiled.report)
        del plain["refused"]
        cpu_ops = [
            {"op": op.use.op, "layer": op.use.layer, "tensor": op.use.tensor, "reason": op.reason}
            for op in self.compiled.cpu_ops
        ]
        entry = {**plain, "npu_ops": self.compiled.npu_ops, "cpu_ops": cpu_ops}
        return FrozenDict.deep_freeze({**entry, "numerics": NUMERICS})


def has_npu_op(model: BundleModel) -> bool:
    """Whether Vela compiled the model."""
    return ETHOS_U in model.facts.custom_ops


@rule
async def find_npu_config(request: NpuConfigRequest) -> FoundNpuConfig:
    field = request.field
    if field.value is None:
        return FoundNpuConfig(None)
    file = await find_referenced_file(ReferencedFileRequest(field, field.value))
    return FoundNpuConfig(NpuConfig(file.digest, file.path))


@rule(desc="Plan the tensor arena of a model for an Ethos-U NPU")
async def plan_npu_arena(request: PlanArenaRequest) -> PlannedArena:
    environment, model = await concurrently(
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
        digest_subset_to_digest(DigestSubset(request.model.digest, PathGlobs((MODEL_FILE,)))),
    )
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            PlanRequest(MODEL_FILE),
            environment,
            description=f"Plan the tensor arena of {request.model.address} with its NPU op",
            input_digest=model,
        )
    )
    return find_report(await get_digest_contents(result.digest), PlannedArena)


@rule(desc="Compile a library's model for its NPU")
async def ship_npu_model(request: ShipNpuModelRequest) -> NpuModel:
    model, accelerator = request.model, request.accelerator
    if accelerator is None:
        arena = await plan_npu_arena(PlanArenaRequest(request.address, model))
        return NpuModel(model, None, arena)
    compiled = await compile_for_npu(
        CompileForNpuRequest(
            address=request.address,
            digest=model.digest,
            accelerator=accelerator,
            config=request.config,
        )
    )
    check_budgets(request.fields, model.name, compiled)
    changed = await describe_changed_model(ChangedModelRequest(model, compiled.digest, "Vela"))
    shipped = changed.model
    arena = await plan_npu_arena(PlanArenaRequest(request.address, shipped))
    return NpuModel(shipped, compiled, arena)


def rules():
    return collect_rules()
