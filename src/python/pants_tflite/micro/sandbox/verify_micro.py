# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Verifies a model that LiteRT refuses with the one runtime that runs it, TFLite Micro.

It writes what `verify` writes: the report, which says why LiteRT does not run the model, and golden
inputs and outputs. Every call starts from a model that has just been loaded.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np

from pants_tflite.micro.sandbox.measure import explain
from pants_tflite.micro.sandbox.micro_interpreter import run_calls, tflm_version
from pants_tflite.micro.sandbox.op_support import find_lacks, generous_arena
from pants_tflite.micro.sandbox.verify_micro_protocol import VerifyMicroRequest
from pants_tflite.sandbox.coverage.attempts import attempt
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.interpreter.interpreter_libraries import LITERT
from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Signature, Tensor
from pants_tflite.sandbox.tflite.model_reader import read_model
from pants_tflite.sandbox.verification.output_checks import check_finite
from pants_tflite.sandbox.verification.signature_runs import GoldenFiles, Run, golden_calls
from pants_tflite.sandbox.verification.type_checks import check_custom_ops
from pants_tflite.sandbox.verification.verification_samples import SignatureSamples, Source
from pants_tflite.sandbox.verification.verify_protocol import VerificationReport, VerifiedSamples

TOOL = "tflite-micro"
Feed = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class MainGraph:
    """The only graph that TFLite Micro calls, with the names of its tensors in its own order. The
    sizes in `signature` are fixed: this runtime cannot change them."""

    signature: Signature
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @classmethod
    def create(cls, model: Model, *, field: str, name: str | None = None) -> MainGraph:
        """Raises Mistake, blaming `field`, if no signature, or not the one of that name, is of the main
        graph."""
        graph = model.subgraphs[0]
        found = sorted(
            (s for s in model.callables if s.subgraph == 0 and name in (None, s.name)),
            key=lambda s: s.name,
        )
        if not found:
            raise Mistake(
                "no signature calls its main graph, the only one that TFLite Micro runs",
                field=field,
                fix="Convert the model again with the signature first that the device is to call.",
            )
        signature = found[0]

        def in_order(indices: Sequence[int], named: Sequence[tuple[str, Tensor]]) -> list[str]:
            tensors = [graph.tensors[index] for index in indices]
            return [next(name for name, t in named if t is tensor) for tensor in tensors]

        def fixed(named: Sequence[tuple[str, Tensor]]) -> tuple[tuple[str, Tensor], ...]:
            return tuple((name, replace(t, shape_signature=t.shape)) for name, t in named)

        return cls(
            replace(signature, inputs=fixed(signature.inputs), outputs=fixed(signature.outputs)),
            tuple(in_order(graph.inputs, signature.inputs)),
            tuple(in_order(graph.outputs, signature.outputs)),
        )


def litert_refusal(path: Path, model: Model, graph: MainGraph, feed: Feed) -> str | None:
    """Why LiteRT does not run the model, in a sentence; None if it does."""

    def refusal() -> str | None:
        try:
            loaded = LoadedModel(path, model, field=None)
            loaded.run(graph.signature, feed)
        except Mistake as error:
            return error.message.rstrip(".")
        # Some models crash LiteRT not before it frees what it allocated for them.
        del loaded
        gc.collect()
        return None

    tried = attempt(refusal)
    if tried.succeeded:
        reason: str | None = tried.value
        return reason
    # By which signal may vary, and equal models have equal reports.
    return f"{LITERT} crashes on the model"


def run_micro(
    model: Model,
    data: bytes,
    graph: MainGraph,
    runs: Sequence[Sequence[Feed]],
    *,
    field: str,
    litert_runs_it: bool = False,
) -> list[list[Feed]]:
    """The stored outputs of each call by name; the calls of one run are in turn.

    Raises Mistake if TFLite Micro refuses the model.
    """
    arena = generous_arena(model)

    def call(run: Sequence[Feed]) -> list[list[np.ndarray]]:
        inputs = [[feed[name] for name in graph.inputs] for feed in run]
        return run_calls(data=data, arena=arena, calls=inputs, outputs=len(graph.outputs))

    tried = attempt(lambda: [call(run) for run in runs])
    if not tried.succeeded:
        lacks = find_lacks(model, data)
        causes = "; ".join(f"{lack.op}: {lack.cause}" for lack in lacks) or explain(tried)
        raise Mistake(
            f"TFLite Micro {tflm_version()} does not run the model"
            f"{'' if litert_runs_it else ' either'}: {causes}",
            field=field,
            fix="Convert the model again, with ops that a runtime has.",
        )
    return [[dict(zip(graph.outputs, outputs)) for outputs in run] for run in tried.value]


def check_outputs(
    graph: MainGraph, results: Sequence[Feed], samples: SignatureSamples, source: Source
) -> None:
    """Raises Mistake if real samples yield what is not a number."""
    if samples.made_up:
        return
    check_finite(
        graph.signature.name,
        {name: np.stack([result[name] for result in results]) for name in graph.outputs},
        who="the model",
        field=source.field,
        fix="Fix the model, or verify it with samples that it is made for.",
    )


def write_golden(
    samples: SignatureSamples, runs: Sequence[Sequence[Feed]], results: Sequence[Sequence[Feed]]
) -> None:
    """Writes the first calls, as `verify` does."""

    def stacked(calls: Sequence[Sequence[Feed]]) -> dict[str, np.ndarray]:
        first = golden_calls(calls, sequence=samples.sequence)
        return {name: np.stack([call[name] for call in first]) for name in first[0]}

    golden = GoldenFiles()
    run = Run(stacked(runs), stacked(results), outputs={})
    golden.add(samples.signature.name, run, sequence=samples.sequence)
    golden.write()


def main(request: VerifyMicroRequest) -> None:
    path = Path(request.model)
    model = read_model(path)
    check_custom_ops(model, request.custom_ops)
    graph = MainGraph.create(model, field="source")
    source = Source.read(
        None,
        request.dataset,
        field=request.dataset_field,
        max_samples=request.max_samples,
        seed=request.seed,
    )
    (samples,) = source.for_signatures([graph.signature])
    runs: list[list[dict[str, np.ndarray]]] = list(samples.stored_runs())
    refusal = litert_refusal(path, model, graph, runs[0][0])
    if refusal is None:
        raise Mistake(
            f"{LITERT} runs the model",
            field=request.runtime_field,
            fix=(
                f"Leave `{request.runtime_field}` out. LiteRT then verifies the model for bundles of "
                "every kind, and TFLite Micro is compared with it."
            ),
        )
    results = run_micro(model, path.read_bytes(), graph, runs, field="source")
    check_outputs(graph, [call for run in results for call in run], samples, source)
    write_golden(samples, runs, results)
    write_report(
        VerificationReport(
            kernels=TOOL,
            mode=None,
            not_run=None,
            outputs=(),
            samples=VerifiedSamples(samples.count, source.name, sequences=samples.sequence),
            tolerance=None,
            tools={TOOL: tflm_version()},
            micro_only=refusal,
            keeps_state=model.keeps_state,
        )
    )


if __name__ == "__main__":
    run(main, VerifyMicroRequest)
