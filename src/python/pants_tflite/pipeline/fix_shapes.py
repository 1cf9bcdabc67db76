# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Fixing the shapes of a SavedModel's inputs, for a `tflite_model` that asks for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pants.engine.addresses import Address
from pants.util.frozendict import FrozenDict

from pants_tflite.compat import collect_rules, rule
from pants_tflite.fields import Shape
from pants_tflite.pipeline.export import SAVED_MODEL_DIRECTORY, ExportedSavedModel
from pants_tflite.sandbox.saved_models.fix_shapes_protocol import FixShapesRequest
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program

# Of the made-up sample that compares the SavedModel before and after.
_SEED = 0


@dataclass(frozen=True)
class FixModelShapesRequest:
    """Asks for a SavedModel whose inputs have these shapes, by name, with the same signatures that a
    conversion would take from it."""

    address: Address
    saved_model: ExportedSavedModel
    signatures: tuple[str, ...]
    shapes: FrozenDict[str, Shape]


@rule(desc="Fix the shapes of a SavedModel")
async def fix_model_shapes(request: FixModelShapesRequest) -> ExportedSavedModel:
    saved_model = request.saved_model
    if not request.shapes:
        return saved_model
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            FixShapesRequest(
                saved_model=SAVED_MODEL_DIRECTORY,
                signatures=request.signatures,
                shapes=request.shapes,
                seed=_SEED,
                threads=1,
            ),
            saved_model.environment,
            description=f"Fix the shapes of {request.address}",
            input_digest=saved_model.digest,
            code_lines=saved_model.code_lines,
        )
    )
    return replace(saved_model, digest=result.digest)


def rules():
    return collect_rules()
