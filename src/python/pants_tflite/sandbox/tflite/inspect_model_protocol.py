# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `inspect_model` is asked, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional

from pants_tflite.sandbox.protocol import Message

MAIN_SUBGRAPH = 0
INPUTS, OUTPUTS = "inputs", "outputs"


@dataclass(frozen=True)
class InspectionRequest(Message):
    """`field` is blamed for a damaged file, which the user calls `name`; without one, it is a step's
    result."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.tflite.inspect_model"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("inspection.json",)

    model: str
    field: Optional[str]
    name: Optional[str] = None


@dataclass(frozen=True)
class TensorQuantization:
    """real = scale * (stored - zero point); `quantized_dimension` is None if one scale is for the
    whole tensor."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    quantized_dimension: Optional[int]


@dataclass(frozen=True)
class ModelTensor:
    """An unknown dimension is 1 in `shape` and None in `shape_signature`; `dtype` is NumPy's name of
    the type."""

    name: str
    shape: tuple[int, ...]
    shape_signature: tuple[Optional[int], ...]
    dtype: str
    quantization: Optional[TensorQuantization]


@dataclass(frozen=True)
class ModelSignature:
    """`inputs` and `outputs` by the names that a caller uses."""

    subgraph: int
    inputs: Mapping[str, ModelTensor]
    outputs: Mapping[str, ModelTensor]


@dataclass(frozen=True)
class ModelOp:
    """`name` is the builtin's or the custom code, `count` that over all subgraphs."""

    name: str
    version: int
    count: int
    custom: bool


@dataclass(frozen=True)
class ModelSizes:
    """Bytes."""

    file: int
    weights: int


@dataclass(frozen=True)
class InspectionReport(Message):
    """What is in a model. `inputs` and `outputs` are the tensors of the main subgraph, in the model's
    order; `custom_ops` are custom codes, `subgraphs` says how many there are, and `tensor_dtypes`
    how many tensors are of each. `external_buffers` says whether weights lie outside of the
    flatbuffer, where a microcontroller's runtime does not find them; `metadata` are names, and
    `min_runtime_version` is None if the model does not say it."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "inspection.json"

    inputs: tuple[ModelTensor, ...]
    outputs: tuple[ModelTensor, ...]
    signatures: Mapping[str, ModelSignature]
    ops: tuple[ModelOp, ...]
    custom_ops: tuple[str, ...]
    subgraphs: int
    tensor_dtypes: Mapping[str, int]
    sizes: ModelSizes
    external_buffers: bool
    sha256: str
    description: str
    metadata: tuple[str, ...]
    min_runtime_version: Optional[str]
    schema_version: int

    def name_of(self, tensor: ModelTensor, side: str) -> str:
        """The name of a tensor of the main graph in the model's signature.

        `side` is INPUTS or OUTPUTS. The first signature that has the tensor names it, by the first
        of its names; a tensor of no signature has only the graph's own name.
        """
        for _, signature in sorted(self.signatures.items()):
            if signature.subgraph == MAIN_SUBGRAPH:
                named = signature.inputs if side == INPUTS else signature.outputs
                for name, other in sorted(named.items()):
                    if other.name == tensor.name:
                        return name
        return tensor.name

    @property
    def named_inputs(self) -> tuple[tuple[str, ModelTensor], ...]:
        """The main graph's inputs in the model's order, which is an interpreter's, with their
        names."""
        return tuple((self.name_of(tensor, INPUTS), tensor) for tensor in self.inputs)

    @property
    def named_outputs(self) -> tuple[tuple[str, ModelTensor], ...]:
        """The main graph's outputs in the model's order, with their names."""
        return tuple((self.name_of(tensor, OUTPUTS), tensor) for tensor in self.outputs)
