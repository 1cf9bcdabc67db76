# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a self-test on a device needs to know of a model's golden vectors, for code that is generated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Container, Mapping, Optional

from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.sandbox.constants import MAIN_SIGNATURE, RANDOM_OPS
from pants_tflite.sandbox.tflite.inspect_model_protocol import MAIN_SUBGRAPH, ModelTensor

_TEXT = "string"


@dataclass(frozen=True)
class GoldenSignature:
    """A signature under the name that golden files have for it.

    `inputs` and `outputs` are by name. If it `is_main`, they are all of the main graph's, in the order
    of an interpreter's indices. `reason` says why a device cannot compare its outputs with those of the
    build; None if it can.
    """

    name: str
    inputs: Mapping[str, ModelTensor]
    outputs: Mapping[str, ModelTensor]
    is_main: bool
    reason: Optional[str]

    @property
    def tensors(self) -> tuple[ModelTensor, ...]:
        return (*self.inputs.values(), *self.outputs.values())

    def other_dtypes(self, known: Container[str]) -> list[str]:
        """The types of its tensors that are not among the known ones, sorted."""
        return sorted({tensor.dtype for tensor in self.tensors if tensor.dtype not in known})

    @property
    def has_open_shapes(self) -> bool:
        """Whether the model leaves a size of an input open."""
        return any(None in tensor.shape_signature for tensor in self.inputs.values())


def has_golden_vectors(facts: ModelDescription) -> bool:
    """Whether something ran the model in the build, or the one that it was compiled from."""
    return facts.verification.not_run is None or facts.golden_model is not None


def golden_signatures(facts: ModelDescription) -> tuple[GoldenSignature, ...]:
    """All of a model's, in the order of their names."""
    if not facts.signatures:
        inputs = {tensor.name: tensor for tensor in facts.inputs}
        outputs = {tensor.name: tensor for tensor in facts.outputs}
        return (_signature(facts, MAIN_SIGNATURE, inputs, outputs, is_main=True),)
    found = []
    for name, signature in sorted(facts.signatures.items()):
        inputs = _in_order(signature.inputs, facts.inputs)
        outputs = _in_order(signature.outputs, facts.outputs)
        is_main = (
            signature.subgraph == MAIN_SUBGRAPH
            and [tensor.name for tensor in inputs.values()] == [it.name for it in facts.inputs]
            and [tensor.name for tensor in outputs.values()] == [it.name for it in facts.outputs]
        )
        found.append(_signature(facts, name, inputs, outputs, is_main=is_main))
    return tuple(found)


def _in_order(
    named: Mapping[str, ModelTensor], graph: tuple[ModelTensor, ...]
) -> dict[str, ModelTensor]:
    """The tensors in the order of `graph`, if that has them, or else of their names."""
    order = {tensor.name: index for index, tensor in enumerate(graph)}
    return dict(sorted(named.items(), key=lambda item: (order.get(item[1].name, -1), item[0])))


def _signature(
    facts: ModelDescription,
    name: str,
    inputs: Mapping[str, ModelTensor],
    outputs: Mapping[str, ModelTensor],
    *,
    is_main: bool,
) -> GoldenSignature:
    found = GoldenSignature(name, inputs, outputs, is_main, None)
    random = [op.name for op in facts.ops if op.name in RANDOM_OPS]
    if not has_golden_vectors(facts):
        reason = f"the build did not run the model: {facts.verification.not_run}"
    elif name in facts.verification.skipped:
        reason = "the build did not run it, as the model's target says"
    elif random:
        reason = f"it draws random numbers by {', '.join(random)}"
    elif any(tensor.dtype == _TEXT for tensor in found.tensors):
        reason = "it has text, which is not compared"
    else:
        return found
    return GoldenSignature(name, inputs, outputs, is_main, reason)
