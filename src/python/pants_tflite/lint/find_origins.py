# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Finding out where the ops of a model come from, by what its SavedModel's export left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

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
from pants_tflite.lint.origins import Origins
from pants_tflite.pipeline.export import (
    ExportSavedModelRequest,
    SavedModelFieldSet,
    export_saved_model,
)
from pants_tflite.pipeline.ops import ListGraphOpsRequest, list_graph_ops
from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLinesReport
from pants_tflite.sandbox.saved_models.list_graph_ops_protocol import GraphOpCount


@dataclass(frozen=True)
class FindOriginsRequest:
    """Asks for the origins of ops of models that are made of `saved_model`, a target that yields one."""

    saved_model: Target
    untrained: bool


@dataclass(frozen=True)
class FoundOrigins:
    """`code_lines` is a CodeLinesReport; a SavedModel that is checked in has none."""

    graph_ops: tuple[GraphOpCount, ...]
    code_lines: Optional[bytes]

    def to_origins(self) -> Origins:
        if self.code_lines is None:
            return Origins(self.graph_ops)
        return Origins(self.graph_ops, CodeLinesReport.parse(self.code_lines))


@rule
async def find_origins(request: FindOriginsRequest) -> FoundOrigins:
    target = request.saved_model
    name = await resolve_environment_name(
        EnvironmentNameRequest.from_target(target), **implicitly()
    )
    exported, listed = await concurrently(
        export_saved_model(
            ExportSavedModelRequest(SavedModelFieldSet.create(target), request.untrained),
            **implicitly({name: EnvironmentName}),
        ),
        list_graph_ops(ListGraphOpsRequest(target, request.untrained)),
    )
    files = await get_digest_contents(exported.code_lines)
    return FoundOrigins(listed.ops, files[0].content if files else None)


def rules():
    return collect_rules()
