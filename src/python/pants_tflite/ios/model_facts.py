# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the generated code says of a model: its file, its tensors, its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional

from pants_tflite.bundles.models import BundleModel


@dataclass(frozen=True)
class TensorFacts:
    """A tensor that a model takes or gives, under its name in the model's signature.

    None in `shape` is a dimension of any size. `scales` and `zero_points` are empty where it is not
    quantized, and of length 1 where one scale is for the whole tensor.
    """

    name: str
    dtype: str
    shape: tuple[Optional[int], ...]
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    quantized_dimension: Optional[int] = None

    @classmethod
    def from_json(cls, tensor: Mapping[str, Any], name: str) -> TensorFacts:
        """`tensor` is as `model.json` has it."""
        quantization = tensor["quantization"] or {}
        return cls(
            name=name,
            dtype=tensor["dtype"],
            shape=tuple(tensor["shape_signature"]),
            scales=tuple(quantization.get("scales", ())),
            zero_points=tuple(quantization.get("zero_points", ())),
            quantized_dimension=quantization.get("quantized_dimension"),
        )

    def __str__(self) -> str:
        sizes = ", ".join("?" if size is None else str(size) for size in self.shape)
        return f"{self.name} {self.dtype} [{sizes}]"


@dataclass(frozen=True)
class ModelFacts:
    """`inputs` and `outputs` are in the model's order, which is an interpreter's. `custom_ops` are
    the names of those that it uses."""

    name: str
    bytes: int
    sha256: str
    inputs: tuple[TensorFacts, ...]
    outputs: tuple[TensorFacts, ...]
    labels: tuple[str, ...] = ()
    custom_ops: tuple[str, ...] = ()

    @classmethod
    def from_bundle(cls, model: BundleModel) -> ModelFacts:
        facts = model.facts
        return cls(
            name=model.name,
            bytes=facts["sizes"]["file"],
            sha256=facts["sha256"],
            inputs=_tensors(facts, "inputs"),
            outputs=_tensors(facts, "outputs"),
            labels=model.labels,
            custom_ops=tuple(facts["custom_ops"]),
        )


def _tensors(facts: Mapping[str, Any], side: str) -> tuple[TensorFacts, ...]:
    """The main graph's `inputs` or `outputs`, named as its first signature names them."""
    names: dict[str, str] = {}
    signatures = facts["signatures"]
    for signature in (signatures[key] for key in sorted(signatures)):
        if signature["subgraph"] == 0:
            for argument, tensor in sorted(signature[side].items()):
                names.setdefault(tensor["name"], argument)
    return tuple(
        TensorFacts.from_json(tensor, names.get(tensor["name"], tensor["name"]))
        for tensor in facts[side]
    )
