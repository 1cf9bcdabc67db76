# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The ops of a model: TensorFlow's of its SavedModel, and those of the `.tflite` file."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.environment import EnvironmentName
from pants.engine.target import Target

from pants_tflite.compat import (
    EnvironmentNameRequest,
    collect_rules,
    concurrently,
    get_digest_contents,
    implicitly,
    resolve_environment_name,
    rule,
)
from pants_tflite.pipeline.build import BuiltModel
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.export import (
    SAVED_MODEL_DIRECTORY,
    ExportSavedModelRequest,
    SavedModelFieldSet,
    export_saved_model,
)
from pants_tflite.sandbox.saved_models.list_graph_ops_protocol import (
    GraphOpCount,
    GraphOpsReport,
    GraphOpsRequest,
)
from pants_tflite.sandbox.tflite.list_ops_protocol import ListOpsRequest, OpsReport, OpUse
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import (
    RunProgramRequest,
    find_report,
    run_program,
)


@dataclass(frozen=True)
class ListModelOpsRequest:
    """Asks for the ops of a built model."""

    address: Address
    model: BuiltModel


@dataclass(frozen=True)
class ListedOps:
    ops: tuple[OpUse, ...]


@dataclass(frozen=True)
class ListGraphOpsRequest:
    """Asks for TensorFlow's ops of a target that yields a SavedModel, trained or `untrained`."""

    target: Target
    untrained: bool = False


@dataclass(frozen=True)
class ListedGraphOps:
    ops: tuple[GraphOpCount, ...]


@rule
async def list_model_ops(request: ListModelOpsRequest) -> ListedOps:
    environment = await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            ListOpsRequest(MODEL_FILE),
            environment,
            description=f"List the ops of {request.address}",
            input_digest=request.model.digest,
        )
    )
    contents = await get_digest_contents(result.digest)
    return ListedOps(find_report(contents, OpsReport).ops)


@rule
async def list_graph_ops(request: ListGraphOpsRequest) -> ListedGraphOps:
    target = request.target
    name, environment = await concurrently(
        resolve_environment_name(EnvironmentNameRequest.from_target(target), **implicitly()),
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
    )
    exported = await export_saved_model(
        ExportSavedModelRequest(SavedModelFieldSet.create(target), request.untrained),
        **implicitly({name: EnvironmentName}),
    )
    result = await run_program(
        RunProgramRequest.create(
            target.address,
            GraphOpsRequest(SAVED_MODEL_DIRECTORY),
            environment,
            description=f"List TensorFlow's ops of {target.address}",
            input_digest=exported.digest,
        )
    )
    contents = await get_digest_contents(result.digest)
    return ListedGraphOps(find_report(contents, GraphOpsReport).ops)


def rules():
    return collect_rules()
