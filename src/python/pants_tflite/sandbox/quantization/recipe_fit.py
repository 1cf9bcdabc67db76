# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether a recipe is for this model: the library passes over an entry that matches no op."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterator

from ai_edge_quantizer.utils import tfl_flatbuffer_utils

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.quantization.recipes import Recipe
from pants_tflite.sandbox.texts import shorten

_EVERY_OP = "*"
_EVERY_SCOPE = ".*"
_LONGEST_LIST = 600


@dataclass(frozen=True)
class _ScopedOp:
    """An op's kind and the text that a `regex` is searched in, as the library has them."""

    kind: str
    scope: str


def check_fits(entries: Recipe, model: Any) -> None:
    """Raises Mistake, blaming `recipe`, if an entry that is not for every layer matches no op of the
    float `model`, an unpacked file."""
    ops = list(_ops(model))
    for index, entry in enumerate(entries):
        regex, operation = entry["regex"], entry["operation"]
        if regex == _EVERY_SCOPE:
            continue
        matching = [op for op in ops if re.search(regex, op.scope)]
        if not matching:
            names = dict.fromkeys(
                op.scope for op in ops if operation in (_EVERY_OP, op.kind)
            ) or dict.fromkeys(op.scope for op in ops)
            raise Mistake(
                f"entry {index} of the recipe is for ops that the model does not have: no op's "
                "outputs match its `regex`",
                field="recipe",
                value=regex,
                fix=(
                    "Write the recipe again, with `pants tflite-tune` if it wrote this one: the names of "
                    "the model's layers have changed. It has "
                    f"{shorten(', '.join(names), _LONGEST_LIST)}."
                ),
            )
        if operation != _EVERY_OP and all(op.kind != operation for op in matching):
            kinds = ", ".join(sorted({op.kind for op in matching}))
            raise Mistake(
                f"entry {index} of the recipe is for the operation {operation}, but what its `regex` "
                f"`{regex}` matches is {kinds}",
                field="recipe",
                value=operation,
                fix="Write the recipe again, with `pants tflite-tune` if it wrote this one: the "
                "model's layers have changed.",
            )


def _ops(model: Any) -> Iterator[_ScopedOp]:
    names = tfl_flatbuffer_utils.TFL_OP_CODE_TO_NAME
    for graph in model.subgraphs:
        inputs_and_outputs = tfl_flatbuffer_utils.get_subgraph_input_output_operators(graph)
        for op in (*(graph.operators or ()), *inputs_and_outputs):
            kind = getattr(op, "op_key", None)
            if kind is None:
                kind = names.get(model.operatorCodes[op.opcodeIndex].builtinCode, "")
            scope = tfl_flatbuffer_utils.get_op_scope(op, graph.tensors)
            yield _ScopedOp(str(getattr(kind, "value", kind)), scope)
