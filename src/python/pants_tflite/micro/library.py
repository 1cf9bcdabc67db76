# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the generated library says of its models, read out of their descriptions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Optional, Sequence

from pants_tflite.micro.cpp import TENSOR_TYPES

# How the golden files call a model without signatures; see sandbox/verify.py.
_NO_SIGNATURE = "main"


@dataclass(frozen=True)
class LibraryTensor:
    """An input or output of the main subgraph.

    `golden_key` is its name in the golden files, None where no call of the model names it.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    scale: Optional[float]
    zero_point: int
    golden_key: Optional[str]

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        return self.elements * TENSOR_TYPES[self.dtype][1]


@dataclass(frozen=True)
class LibraryModel:
    """A model in a library: `facts` is its `model.json`, `arena` what TFLite Micro measured."""

    name: str
    sha256: str
    size: int
    inputs: tuple[LibraryTensor, ...]
    outputs: tuple[LibraryTensor, ...]
    labels: tuple[str, ...]
    smallest_arena: int
    arena_margin: int
    arena_size: int

    @classmethod
    def create(
        cls, name: str, facts: Mapping[str, Any], labels: Sequence[str], arena: Mapping[str, Any]
    ) -> LibraryModel:
        signature = _main_signature(facts)
        return cls(
            name=name,
            sha256=facts["sha256"],
            size=facts["sizes"]["file"],
            inputs=tuple(_tensors(facts, "inputs", signature)),
            outputs=tuple(_tensors(facts, "outputs", signature)),
            labels=tuple(labels),
            smallest_arena=arena["smallest"],
            arena_margin=arena["margin_percent"],
            arena_size=arena["bytes"],
        )


@dataclass(frozen=True)
class Library:
    """`methods` add the ops to the resolver, sorted; `tolerance_lsb` is for the self-test."""

    name: str
    models: tuple[LibraryModel, ...]
    methods: tuple[str, ...]
    tolerance_lsb: int


def _main_signature(facts: Mapping[str, Any]) -> Optional[str]:
    """The signature that calls the one graph that TFLite Micro runs, if there is one."""
    for name, signature in sorted(facts["signatures"].items()):
        if signature["subgraph"] == 0:
            return str(name)
    return None


def _tensors(
    facts: Mapping[str, Any], kind: str, signature: Optional[str]
) -> Iterator[LibraryTensor]:
    arguments = {}
    if signature is not None:
        named = facts["signatures"][signature][kind]
        arguments = {tensor["name"]: name for name, tensor in sorted(named.items(), reverse=True)}
    for tensor in facts[kind]:
        argument = arguments.get(tensor["name"])
        key = None if argument is None else f"{signature}/{argument}"
        if not facts["signatures"]:
            key = f"{_NO_SIGNATURE}/{tensor['name']}"
        quantization = tensor["quantization"]
        whole = quantization is not None and quantization["quantized_dimension"] is None
        yield LibraryTensor(
            name=argument or tensor["name"],
            dtype=tensor["dtype"],
            shape=tuple(tensor["shape"]),
            scale=quantization["scales"][0] if whole else None,
            zero_point=quantization["zero_points"][0] if whole else 0,
            golden_key=key,
        )
