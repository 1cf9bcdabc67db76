# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""One signature of a quantized model and of its float model, side by side: which ops are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Mapping

from pants_tflite.sandbox.evaluation.find_layer_errors_protocol import UnmatchedTensor
from pants_tflite.sandbox.evaluation.graph_matching import Match, match_tensors
from pants_tflite.sandbox.tflite.computed_values import fixed_tensors, keeps_state
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Op, Signature, Subgraph, Tensor
from pants_tflite.sandbox.tflite.origins import layer_of
from pants_tflite.sandbox.tflite.separate_ops import fed_inputs

# Ops that run other graphs of the model, whose ops are not walked.
_CALLS_OF_GRAPHS = ("CALL", "IF", "STABLEHLO_COMPOSITE", "WHILE")
_KEEPS_STATE = "it keeps a value from call to call, outside of its tensors"
_NO_PARTNER = "the float model has no tensor of this name, and no op that this one stands for"


@dataclass(frozen=True)
class Result:
    """What an op of the quantized graph yields, next to the float model's tensor."""

    position: int
    op: Op
    index: int
    tensor: Tensor
    match: Match


@dataclass(frozen=True)
class WalkedGraph:
    """`matches` are the float graph's tensors by the indices of the quantized one's, and `results`
    the tensors to compare, in the order of the ops. `isolated` are the positions of ops that can run
    alone; `notes` says why others cannot."""

    signature: Signature
    float_signature: Signature
    graph: Subgraph
    float_graph: Subgraph
    matches: Mapping[int, Match]
    results: tuple[Result, ...]
    unmatched: tuple[UnmatchedTensor, ...]
    isolated: tuple[int, ...]
    notes: Mapping[int, str]
    graphs_inside: tuple[str, ...]

    @classmethod
    def create(
        cls, model: Model, signature: Signature, float_model: Model, float_signature: Signature
    ) -> WalkedGraph:
        graph = model.subgraphs[signature.subgraph]
        float_graph = float_model.subgraphs[float_signature.subgraph]
        matches = match_tensors((graph, signature), (float_graph, float_signature))
        results, unmatched = [], []
        for position, op, index in _computed(graph):
            tensor, match = graph.tensors[index], matches.get(index)
            if match is None:
                if tensor.quantization is not None or tensor.dtype.startswith("float"):
                    unmatched.append(
                        unmatched_tensor(
                            position=position,
                            op=op,
                            tensor=tensor,
                            signature=signature.name,
                            reason=_NO_PARTNER,
                        )
                    )
            elif float_graph.tensors[match.tensor].dtype.startswith("float"):
                results.append(Result(position, op, index, tensor, match))
        notes = {}
        for position in dict.fromkeys(result.position for result in results):
            reason = _reason_not_alone(graph, position, float_graph, matches)
            if reason is not None:
                notes[position] = reason
        return cls(
            signature=signature,
            float_signature=float_signature,
            graph=graph,
            float_graph=float_graph,
            matches=matches,
            results=tuple(results),
            unmatched=tuple(unmatched),
            isolated=tuple(
                sorted({result.position for result in results if result.position not in notes})
            ),
            notes=notes,
            graphs_inside=tuple(
                f"{op.code.name} `{graph.tensors[op.outputs[0]].name}`"
                for op in graph.ops
                if op.code.name in _CALLS_OF_GRAPHS and op.outputs
            ),
        )


def _computed(graph: Subgraph) -> Iterator[tuple[int, Op, int]]:
    """What ops compute from inputs, but for DEQUANTIZE, which changes no value."""
    fixed = fixed_tensors(graph)
    for position, op in enumerate(graph.ops):
        if op.code.name != "DEQUANTIZE":
            yield from ((position, op, index) for index in op.outputs if index not in fixed)


def unmatched_tensor(
    *, position: int, op: Op, tensor: Tensor, signature: str, reason: str
) -> UnmatchedTensor:
    return UnmatchedTensor(
        index=position,
        op=op.code.name,
        tensor=tensor.name,
        layer=layer_of(tensor.name),
        signature=signature,
        reason=reason,
    )


def _reason_not_alone(
    graph: Subgraph, position: int, float_graph: Subgraph, matches: Mapping[int, Match]
) -> str | None:
    """Why an op cannot be given the float model's values, if it cannot."""
    op = graph.ops[position]
    if keeps_state(graph, op):
        return _KEEPS_STATE
    for index in fed_inputs(graph, position):
        tensor = graph.tensors[index]
        if index not in matches:
            return f"its input `{tensor.name}` has no partner in the float model"
        dtype = float_graph.tensors[matches[index].tensor].dtype
        is_real = tensor.quantization is not None or tensor.dtype.startswith("float")
        if dtype.startswith("float") != is_real or not is_real and dtype != tensor.dtype:
            return f"its input `{tensor.name}` is {dtype} in the float model"
    return None
