# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The ops of a model with their bytes and their errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.environment import EnvironmentName
from pants.engine.target import Target

from pants_tflite.compat import (
    EnvironmentNameRequest,
    collect_rules,
    get_digest_contents,
    implicitly,
    resolve_environment_name,
    rule,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.evaluation.layer_errors import FindLayerErrorsRequest, find_layer_errors
from pants_tflite.evaluation.models import EvaluatedTarget
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.plan import PlanModelRequest, TfLiteModelFieldSet, plan_model
from pants_tflite.reporting.names import in_short
from pants_tflite.sandbox.evaluation.find_layer_errors_protocol import (
    LayerError,
    LayerErrorReport,
)
from pants_tflite.sandbox.modes import DEFAULT_MODE
from pants_tflite.sandbox.reporting.report_protocol import ReportedOp
from pants_tflite.sandbox.tflite.weigh_model_protocol import WeighRequest, WeightReport
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program

_MAIN = 0


@dataclass(frozen=True)
class WeighModelRequest:
    """Asks how the bytes of a built model are shared out among its ops."""

    model: EvaluatedTarget


@dataclass(frozen=True)
class WeighedModel:
    report: WeightReport


@dataclass(frozen=True)
class ModelErrorsRequest:
    """Asks where the error of a model comes from, if it is a quantized `tflite_model`."""

    target: Target


@dataclass(frozen=True)
class ModelErrors:
    """`report` is None for a model without a float model to compare it with; `note` says why it is for
    one that has it."""

    report: Optional[LayerErrorReport] = None
    note: Optional[str] = None


@rule
async def weigh_model(request: WeighModelRequest) -> WeighedModel:
    environment = await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    address = request.model.address
    result = await run_program(
        RunProgramRequest.create(
            address,
            WeighRequest(MODEL_FILE),
            environment,
            description=f"Weigh the ops of the model {address}",
            input_digest=request.model.model,
        )
    )
    return WeighedModel(find_report(await get_digest_contents(result.digest), WeightReport))


@rule
async def find_model_errors(request: ModelErrorsRequest) -> ModelErrors:
    target = request.target
    if not TfLiteModelFieldSet.is_applicable(target):
        return ModelErrors()
    field_set = TfLiteModelFieldSet.create(target)
    plan = await plan_model(PlanModelRequest(field_set))
    if plan.quantization.mode == DEFAULT_MODE and not plan.quantization.may_calibrate:
        return ModelErrors()
    environment = await resolve_environment_name(
        EnvironmentNameRequest.from_target(target), **implicitly()
    )
    try:
        errors = await find_layer_errors(
            FindLayerErrorsRequest(field_set), **implicitly({environment: EnvironmentName})
        )
    except TfLiteError as error:
        return ModelErrors(note=f"The errors of its layers are not known: {in_short(error)}")
    return ModelErrors(errors.report)


def join_ops(weights: WeightReport, errors: Optional[LayerErrorReport]) -> tuple[ReportedOp, ...]:
    """The ops of all graphs. Errors are those of the main graph, from the first signature that runs it."""
    by_tensor: dict[tuple[int, str], LayerError] = {}
    for error in errors.layers if errors else ():
        by_tensor.setdefault((error.index, error.tensor), error)
    ops = []
    for op in weights.ops:
        layer = by_tensor.get((op.index, op.tensor)) if op.subgraph == _MAIN else None
        ops.append(
            ReportedOp(
                subgraph=op.subgraph,
                index=op.index,
                op=op.op,
                tensor=op.tensor,
                layer=op.layer,
                folded=op.folded,
                stored=op.stored,
                accumulated=layer.accumulated if layer else None,
                isolated=layer.isolated if layer else None,
                stands_out=bool(layer and layer.stands_out),
            )
        )
    return tuple(ops)


def rules():
    return collect_rules()
