# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which ops make the error of a quantized model, for a test of it that failed."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.target import Target

from pants_tflite.compat import collect_rules, rule
from pants_tflite.evaluation.layer_errors import FindLayerErrorsRequest, find_layer_errors
from pants_tflite.pipeline.plan import PlanModelRequest, TfLiteModelFieldSet, plan_model
from pants_tflite.sandbox.modes import DEFAULT_MODE
from pants_tflite.sandbox.scoring.judge_protocol import BlamedLayer
from pants_tflite.target_types import SelectTfOpsField, TfLiteModelTarget


@dataclass(frozen=True)
class BlameLayersRequest:
    """Asks for the ops that make the error of a model, against its float model."""

    target: Target


@dataclass(frozen=True)
class BlamedLayers:
    """The worst first; none of a model that is not quantized here."""

    layers: tuple[BlamedLayer, ...] = ()


@rule
async def blame_layers(request: BlameLayersRequest) -> BlamedLayers:
    target = request.target
    # What is not from a SavedModel has no float model to compare with, and the walk is LiteRT's.
    if not isinstance(target, TfLiteModelTarget) or target[SelectTfOpsField].ops:
        return BlamedLayers()
    field_set = TfLiteModelFieldSet.create(target)
    plan = await plan_model(PlanModelRequest(field_set))
    if plan.quantization.mode == DEFAULT_MODE and not plan.quantization.may_calibrate:
        return BlamedLayers()
    found = await find_layer_errors(FindLayerErrorsRequest(field_set))
    return BlamedLayers(
        tuple(
            BlamedLayer(
                op=layer.op,
                tensor=layer.tensor,
                layer=layer.layer,
                isolated=layer.isolated or 0.0,
                accumulated=layer.accumulated,
            )
            for layer in found.report.makers
        )
    )


def rules():
    return collect_rules()
