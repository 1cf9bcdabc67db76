# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Finding out where the ops of a model come from, by what its SavedModel's export left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.target import Target

from pants_tflite.compat import collect_rules, concurrently, get_digest_contents, rule
from pants_tflite.lint.origins import Origins
from pants_tflite.lint.untrained_sources import UntrainedSource
from pants_tflite.pipeline.ops import ListSavedModelOpsRequest, list_saved_model_ops
from pants_tflite.pipeline.unverified import GraphRequest, find_graph
from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLinesReport
from pants_tflite.sandbox.saved_models.list_graph_ops_protocol import GraphOpCount


@dataclass(frozen=True)
class FindOriginsRequest:
    """Asks for the origins of the ops of `model`, a target that is made of `source`."""

    model: Target
    source: UntrainedSource


@dataclass(frozen=True)
class FoundOrigins:
    """`code_lines` is a CodeLinesReport; a SavedModel that is checked in has none. A model without a
    SavedModel has neither."""

    graph_ops: tuple[GraphOpCount, ...] = ()
    code_lines: Optional[bytes] = None
    behind_choice: tuple[str, ...] = ()

    def to_origins(self) -> Origins:
        if self.code_lines is None:
            return Origins(self.graph_ops)
        return Origins(self.graph_ops, CodeLinesReport.parse(self.code_lines), self.behind_choice)


@rule
async def find_origins(request: FindOriginsRequest) -> FoundOrigins:
    saved_model = request.source.saved_model
    if saved_model is None:
        return FoundOrigins()
    graph = await find_graph(GraphRequest(request.model, saved_model, request.source.untrained))
    listed, files = await concurrently(
        list_saved_model_ops(
            ListSavedModelOpsRequest(saved_model.address, graph.saved_model, graph.code_lines)
        ),
        get_digest_contents(graph.code_lines),
    )
    return FoundOrigins(listed.ops, files[0].content if files else None, listed.behind_choice)


def rules():
    return collect_rules()
