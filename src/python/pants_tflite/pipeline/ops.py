# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The ops of a model: TensorFlow's of its SavedModel, and those of the `.tflite` file."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, Digest, MergeDigests

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.export import SAVED_MODEL_DIRECTORY
from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLinesReport
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
    """Asks for the ops of `model.tflite`, which `model` holds."""

    address: Address
    model: Digest


@dataclass(frozen=True)
class ListedOps:
    ops: tuple[OpUse, ...]


@dataclass(frozen=True)
class ListSavedModelOpsRequest:
    """Asks for TensorFlow's ops of `saved_model/`, which `saved_model` holds. `code_lines` holds a
    CodeLinesReport, or nothing."""

    address: Address
    saved_model: Digest
    code_lines: Digest = EMPTY_DIGEST


@dataclass(frozen=True)
class ListedGraphOps:
    """`behind_choice` is as in a GraphOpsReport."""

    ops: tuple[GraphOpCount, ...]
    behind_choice: tuple[str, ...] = ()


@rule
async def list_model_ops(request: ListModelOpsRequest) -> ListedOps:
    environment = await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            ListOpsRequest(MODEL_FILE),
            environment,
            description=f"List the ops of {request.address}",
            input_digest=request.model,
        )
    )
    contents = await get_digest_contents(result.digest)
    return ListedOps(find_report(contents, OpsReport).ops)


@rule
async def list_saved_model_ops(request: ListSavedModelOpsRequest) -> ListedGraphOps:
    environment, digest = await concurrently(
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
        merge_digests(MergeDigests((request.saved_model, request.code_lines))),
    )
    lines = None if request.code_lines == EMPTY_DIGEST else CodeLinesReport.FILE
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            GraphOpsRequest(SAVED_MODEL_DIRECTORY, lines),
            environment,
            description=f"List TensorFlow's ops of {request.address}",
            input_digest=digest,
        )
    )
    contents = await get_digest_contents(result.digest)
    report = find_report(contents, GraphOpsReport)
    return ListedGraphOps(report.ops, report.behind_choice)


def rules():
    return collect_rules()
