# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the generated library says about its models, read out of their descriptions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Sequence

from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.sandbox.cpp_types import CPP_TYPES
from pants_tflite.sandbox.tflite.inspect_model_protocol import ModelTensor

_VARIABLE_OP = "VAR_HANDLE"
# Those whose kernels keep something from call to call.
_STATEFUL_OPS = frozenset(
    {
        "ASSIGN_VARIABLE",
        "CIRCULAR_BUFFER",
        "SignalDelay",
        "SignalFilterBankSpectralSubtraction",
        "SignalFramer",
        "SignalOverlapAdd",
        "SignalStacker",
    }
)


@dataclass(frozen=True)
class LibraryTensor:
    """An input or output of the main graph, the only one that TFLite Micro runs."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    scale: Optional[float]
    zero_point: int

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        return self.elements * CPP_TYPES[self.dtype].bytes


@dataclass(frozen=True)
class LibraryModel:
    """A model in a library: `facts` is its `model.json`, `arena` what TFLite Micro measured.

    `smallest_arena` is None if the user said the arena's size. If the model `has_variables`, an
    interpreter needs room for them; if it `keeps_state`, a call may depend on those before.
    If it is for an NPU, `planned_arena` says how many bytes Vela planned for its tensors.
    """

    name: str
    sha256: str
    size: int
    inputs: tuple[LibraryTensor, ...]
    outputs: tuple[LibraryTensor, ...]
    labels: tuple[str, ...]
    smallest_arena: Optional[int]
    arena_margin: int
    arena_size: int
    has_variables: bool
    keeps_state: bool
    planned_arena: Optional[int] = None

    @classmethod
    def create(
        cls, name: str, facts: ModelDescription, labels: Sequence[str], arena: Mapping[str, Any]
    ) -> LibraryModel:
        ops = {op.name for op in facts.ops if op.count}
        return cls(
            name=name,
            sha256=facts.sha256,
            size=facts.sizes.file,
            inputs=tuple(_library_tensor(name, it) for name, it in facts.named_inputs),
            outputs=tuple(_library_tensor(name, it) for name, it in facts.named_outputs),
            labels=tuple(labels),
            smallest_arena=arena["smallest"],
            arena_margin=arena["margin_percent"],
            arena_size=arena["bytes"],
            has_variables=_VARIABLE_OP in ops,
            keeps_state=facts.verification.keeps_state or bool(ops & _STATEFUL_OPS),
            planned_arena=arena.get("planned_tensors"),
        )


@dataclass(frozen=True)
class Library:
    """`methods` add the ops to the resolver, sorted; `kernels` are custom ops that it gets as well.
    `tolerance_lsb` is for the self-test. All models at the same time work in `shared_arena_size`, if
    they are set up in the order of `set_up_order`."""

    name: str
    models: tuple[LibraryModel, ...]
    methods: tuple[str, ...]
    tolerance_lsb: int
    shared_arena_size: int
    kernels: tuple[CustomOp, ...] = ()

    @property
    def set_up_order(self) -> tuple[LibraryModel, ...]:
        return tuple(sorted(self.models, key=lambda model: (-model.arena_size, model.name)))

    @property
    def op_count(self) -> int:
        return len(self.methods) + len(self.kernels)


def _library_tensor(name: str, tensor: ModelTensor) -> LibraryTensor:
    quantization = tensor.quantization
    whole = quantization is not None and quantization.quantized_dimension is None
    return LibraryTensor(
        name=name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        scale=quantization.scales[0] if quantization and whole else None,
        zero_point=quantization.zero_points[0] if quantization and whole else 0,
    )
