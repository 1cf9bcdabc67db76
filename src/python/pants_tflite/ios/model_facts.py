# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the generated code says about a model: its file, its tensors, its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants_tflite.bundles.golden_calls import (
    GoldenSignature,
    golden_signatures,
    has_golden_vectors,
)
from pants_tflite.bundles.models import BundleModel
from pants_tflite.sandbox.tflite.inspect_model_protocol import ModelTensor


@dataclass(frozen=True)
class TensorFacts:
    """An input or output tensor of a model, under its name in the model's signature.

    None in `shape` is a dimension of any size. `scales` and `zero_points` are empty if it is not
    quantized, and of length 1 where one scale is for the whole tensor.
    """

    name: str
    dtype: str
    shape: tuple[Optional[int], ...]
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    quantized_dimension: Optional[int] = None

    @classmethod
    def of(cls, name: str, tensor: ModelTensor) -> TensorFacts:
        quantization = tensor.quantization
        return cls(
            name=name,
            dtype=tensor.dtype,
            shape=tensor.shape_signature,
            scales=quantization.scales if quantization else (),
            zero_points=quantization.zero_points if quantization else (),
            quantized_dimension=quantization.quantized_dimension if quantization else None,
        )

    def __str__(self) -> str:
        sizes = ", ".join("?" if size is None else str(size) for size in self.shape)
        return f"{self.name} {self.dtype} [{sizes}]"


@dataclass(frozen=True)
class ModelFacts:
    """`inputs` and `outputs` are in the model's order, which is an interpreter's. `custom_ops` are
    the names of those that it uses, `select_tf_ops` of those that it takes from TensorFlow. `golden` are
    its signatures, if the bundle has golden vectors."""

    name: str
    bytes: int
    sha256: str
    inputs: tuple[TensorFacts, ...]
    outputs: tuple[TensorFacts, ...]
    labels: tuple[str, ...] = ()
    custom_ops: tuple[str, ...] = ()
    select_tf_ops: tuple[str, ...] = ()
    golden: tuple[GoldenSignature, ...] = ()
    has_golden_vectors: bool = False

    @classmethod
    def from_bundle(cls, model: BundleModel, *, golden: bool = False) -> ModelFacts:
        facts = model.facts
        return cls(
            name=model.name,
            bytes=facts.sizes.file,
            sha256=facts.sha256,
            inputs=tuple(TensorFacts.of(name, tensor) for name, tensor in facts.named_inputs),
            outputs=tuple(TensorFacts.of(name, tensor) for name, tensor in facts.named_outputs),
            labels=model.labels,
            custom_ops=facts.custom_ops,
            select_tf_ops=facts.select_tf_ops,
            golden=golden_signatures(facts) if golden else (),
            has_golden_vectors=golden and has_golden_vectors(facts),
        )
