# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Finds which ops of a quantized model make its error, and which only inherit it.

Both models run on the same samples with LiteRT's reference kernels. Each tensor of the quantized one
is compared with the float model's twice: as the model runs (accumulated), and as the op yields it
when it is given the float model's values, in the quantization of its own inputs (isolated).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.evaluation.error_sums import TensorErrors
from pants_tflite.sandbox.evaluation.find_layer_errors_protocol import (
    LayerError,
    LayerErrorReport,
    LayerErrorsRequest,
    UnmatchedTensor,
)
from pants_tflite.sandbox.evaluation.graph_matching import pair_arguments
from pants_tflite.sandbox.evaluation.lone_ops import LoneOps
from pants_tflite.sandbox.evaluation.outstanding import outstanding
from pants_tflite.sandbox.evaluation.walked_graph import WalkedGraph, unmatched_tensor
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel
from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel, interpreter_library
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.model_reader import read_model
from pants_tflite.sandbox.tflite.origins import layer_of
from pants_tflite.sandbox.tflite.quantized_values import dequantize, quantize
from pants_tflite.sandbox.verification.verification_samples import SignatureSamples, Source

_OTHER_SHAPE = "its shape is another one than that of the float model's tensor"
_INSIDE = "the ops of the graphs that it runs are not walked one by one"


@dataclass(frozen=True)
class File:
    """A model's file and what is in it."""

    path: Path
    model: Model

    @classmethod
    def read(cls, path: str) -> File:
        return cls(Path(path), read_model(Path(path)))

    def load(self, kernels: Sequence[Kernel]) -> LoadedModel:
        return LoadedModel.with_reference_kernels(
            self.path, self.model, field=None, custom_kernels=kernels, keeps_tensors=True
        )


@dataclass(frozen=True)
class FloatValues:
    """The values in the float model after a run, by the tensors of the quantized graph."""

    graph: WalkedGraph
    loaded: LoadedModel

    def real(self, index: int) -> np.ndarray:
        return self.loaded.tensor(
            self.graph.matches[index].tensor, self.graph.float_signature.subgraph
        )

    def stored(self, index: int) -> np.ndarray:
        """The same, as the quantized graph's tensor would store it."""
        tensor, value = self.graph.graph.tensors[index], self.real(index)
        if tensor.quantization is None:
            return value.astype(tensor.dtype)
        return quantize(value, tensor)


@dataclass
class Walk:
    """The errors of one signature's tensors so far, by their indices."""

    graph: WalkedGraph
    loaded: LoadedModel
    lone: LoneOps
    values: FloatValues
    sums: dict[int, TensorErrors] = field(default_factory=dict)
    other_shapes: set[int] = field(default_factory=set)

    def run(self, samples: SignatureSamples) -> None:
        """Calls both models with all samples."""
        tensors = dict(self.graph.signature.inputs)
        signatures = self.graph.signature, self.graph.float_signature
        names = pair_arguments(*signatures, "inputs")
        for calls in samples.batching.runs(samples.inputs):
            for each in (self.loaded, self.values.loaded, self.lone):
                each.reset()
            for feed in calls:
                stored = {name: quantize(array, tensors[name]) for name, array in feed.items()}
                self.loaded.run(self.graph.signature, stored)
                self.values.loaded.run(
                    self.graph.float_signature, {names[name]: feed[name] for name in feed}
                )
                self._compare(self.lone.run(self.values.stored))

    def _compare(self, alone: Mapping[int, np.ndarray]) -> None:
        for result in self.graph.results:
            index, tensor = result.index, result.tensor
            stored = self.loaded.tensor(index, self.graph.signature.subgraph)
            expected, running = self.values.real(index), dequantize(stored, tensor)
            if running.shape != expected.shape:
                self.other_shapes.add(index)
                continue
            lone = dequantize(alone[index], tensor) if index in alone else None
            errors = self.sums.setdefault(index, TensorErrors.create())
            errors.add(expected, running, lone)

    @property
    def layers(self) -> Iterator[LayerError]:
        compared = [
            (result, self.sums[result.index])
            for result in self.graph.results
            if result.index in self.sums
            and result.index not in self.other_shapes
            and self.sums[result.index].signal.count
        ]
        isolated = [
            errors.isolated.relative(errors.signal) if errors.isolated.count else None
            for _, errors in compared
        ]
        notes = {**self.graph.notes, **self.lone.notes}
        for (result, errors), error, stands_out in zip(compared, isolated, outstanding(isolated)):
            yield LayerError(
                index=result.position,
                op=result.op.code.name,
                tensor=result.tensor.name,
                layer=layer_of(result.tensor.name),
                signature=self.graph.signature.name,
                float_tensor=self.graph.float_graph.tensors[result.match.tensor].name,
                accumulated=errors.accumulated.relative(errors.signal),
                isolated=error,
                matched_by=result.match.by,
                stands_out=stands_out,
                note=notes.get(result.position),
            )

    @property
    def unmatched(self) -> Iterator[UnmatchedTensor]:
        yield from self.graph.unmatched
        for result in self.graph.results:
            if result.index in self.other_shapes:
                yield unmatched_tensor(
                    position=result.position,
                    op=result.op,
                    tensor=result.tensor,
                    signature=self.graph.signature.name,
                    reason=_OTHER_SHAPE,
                )


def reason_not_to_walk(file: File, kernels: Sequence[Kernel]) -> str | None:
    """Why the ops of a model cannot be compared one by one, if they cannot."""
    if file.model.select_tf_ops:
        return f"it takes the ops {', '.join(file.model.select_tf_ops)} from TensorFlow"
    lacking = sorted(set(file.model.custom_ops) - {kernel.op for kernel in kernels})
    if lacking:
        return f"there is no kernel for the custom ops {', '.join(lacking)}"
    return None


def pair_signatures(
    file: File, float_file: File, all_samples: Sequence[SignatureSamples], source: Source
) -> tuple[list[tuple[SignatureSamples, WalkedGraph]], dict[str, str]]:
    """What is to be walked, and why the other signatures are not."""
    partners = {signature.name: signature for signature in float_file.model.callables}
    pairs, left_out = [], {}
    for samples in all_samples:
        name = samples.signature.name
        partner = partners.get(name)
        if partner is None:
            left_out[name] = "the float model has no such signature"
        elif len(pair_arguments(samples.signature, partner, "inputs")) != len(partner.inputs):
            left_out[name] = "the float model's signature has other inputs"
        elif samples.made_up and source.dataset is not None:
            left_out[name] = "the dataset has no samples for it"
        else:
            graph = WalkedGraph.create(file.model, samples.signature, float_file.model, partner)
            left_out.update({inside: _INSIDE for inside in graph.graphs_inside})
            pairs.append((samples, graph))
    return pairs, left_out


def main(request: LayerErrorsRequest) -> None:
    file, float_file = File.read(request.model), File.read(request.float_model)
    kernels = Kernel.of_all(request.kernels)
    source = Source.read(
        None,
        request.dataset,
        field=request.dataset_field,
        max_samples=request.max_samples,
        seed=request.seed,
    )
    walks, not_walked, count = [], {}, 0
    reason = reason_not_to_walk(file, kernels) or reason_not_to_walk(float_file, kernels)
    if reason is not None:
        not_walked = {signature.name: reason for signature in file.model.callables}
    else:
        samples = source.for_signatures(file.model.callables)
        pairs, not_walked = pair_signatures(file, float_file, samples, source)
        for samples_of_one, graph in pairs:
            print(f"Walking `{graph.signature.name}`.", file=sys.stderr, flush=True)
            walks.append(
                Walk(
                    graph=graph,
                    loaded=file.load(kernels),
                    lone=LoneOps.load(file.path, file.model, graph, kernels),
                    values=FloatValues(graph, float_file.load(kernels)),
                )
            )
            walks[-1].run(samples_of_one)
            count = max(count, samples_of_one.count)
    write_report(
        LayerErrorReport(
            layers=tuple(layer for each in walks for layer in each.layers),
            unmatched=tuple(tensor for each in walks for tensor in each.unmatched),
            not_walked=not_walked,
            samples=count,
            source=source.name,
            tools=interpreter_library(file.model).tools,
        )
    )


if __name__ == "__main__":
    run(main, LayerErrorsRequest)
