# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs the ops of a quantized graph one by one, each on the float model's values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Collection, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.evaluation.walked_graph import WalkedGraph
from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel
from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Signature
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.separate_ops import SeparateOps, separate_ops

_FILE = Path("ops.tflite")


@dataclass(frozen=True)
class LoneOps:
    """The ops as one model, which is None if there are none; `notes` says why some are not in it, by
    their positions in the graph."""

    loaded: LoadedModel | None
    signature: Signature | None
    ops: SeparateOps
    notes: Mapping[int, str]

    @classmethod
    def load(
        cls, path: Path, model: Model, graph: WalkedGraph, kernels: Sequence[Kernel]
    ) -> LoneOps:
        content = path.read_bytes()
        subgraph = graph.signature.subgraph

        def load(positions: Collection[int], notes: Mapping[int, str]) -> LoneOps:
            ops = separate_ops(content, model, subgraph, positions)
            if not positions:
                return cls(None, None, ops, notes)
            _FILE.write_bytes(ops.content)
            separate = parse_model(ops.content)
            loaded = LoadedModel.with_reference_kernels(
                _FILE, separate, field=None, custom_kernels=kernels
            )
            loaded.allocate()
            return cls(loaded, separate.signatures[0], ops, notes)

        try:
            return load(graph.isolated, {})
        except Mistake:
            notes = {}
            for position in graph.isolated:
                try:
                    load((position,), {})
                except Mistake as error:
                    notes[position] = error.message
            return load([p for p in graph.isolated if p not in notes], notes)

    def reset(self) -> None:
        if self.loaded is not None:
            self.loaded.reset()

    def run(self, stored: Callable[[int], np.ndarray]) -> dict[int, np.ndarray]:
        """What the ops yield, by the graph's tensors, as those store it. `stored` says what the
        tensors that go into them are to hold."""
        if self.loaded is None or self.signature is None:
            return {}
        feed = {name: stored(index) for name, index in self.ops.inputs.items()}
        results = self.loaded.run(self.signature, feed)
        return {index: results[name] for name, index in self.ops.outputs.items()}
