# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Running a model's signatures on their samples, and the golden files that this yields.

`golden_input.npz` and `golden_output.npz` hold the inputs and outputs of a few calls, as the
tensors store them (int8 for an int8 input): `<signature>/<name>` of shape (calls, …the tensor's
full shape). A model without signatures has one called `main`, with its tensors' names. They are
made with LiteRT's reference kernels, so that any device can be compared with them. A model that
keeps a state is loaded afresh for each call; an array `<signature>/sequence` says that the calls of
this signature are one sequence instead, with a fresh state only before the first.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Iterable, Mapping, Sequence, TypeVar

import numpy as np

from pants_tflite.sandbox.harness import OUTPUT_DIR
from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import SEQUENCE, write_npz
from pants_tflite.sandbox.samples.seeded_samples import MADE_UP_SAMPLES, made_up_fix
from pants_tflite.sandbox.verification.verification_samples import SignatureSamples, Source

Call = TypeVar("Call")
GOLDEN_CALLS = 4
GOLDEN_CALLS_OF_SEQUENCE = 32


@dataclass(frozen=True)
class Run:
    """The inputs and outputs of one signature: the first calls as stored, all outputs as rows."""

    golden_input: Mapping[str, np.ndarray]
    golden_output: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]


def golden_calls(runs: Iterable[Sequence[Call]], *, sequence: bool) -> list[Call]:
    """The calls that golden files hold: some of the first sequence, or else the first ones."""
    if sequence:
        return list(next(iter(runs)))[:GOLDEN_CALLS_OF_SEQUENCE]
    return list(itertools.islice((call for run in runs for call in run), GOLDEN_CALLS))


def run_signature(loaded: LoadedModel, samples: SignatureSamples) -> Run:
    """Calls a signature with all of its samples."""
    results: list[list[dict[str, np.ndarray]]] = []
    rows: list[dict[str, np.ndarray]] = []
    for calls in samples.stored_runs():
        loaded.reset()
        results.append([loaded.run(samples.signature, feed) for feed in calls])
        rows += [samples.real_outputs(result) for result in results[-1]]
    feeds = golden_calls(samples.stored_runs(), sequence=samples.sequence)
    golden = golden_calls(results, sequence=samples.sequence)
    return Run(
        {name: np.stack([feed[name] for feed in feeds]) for name in feeds[0]},
        {name: np.stack([result[name] for result in golden]) for name in golden[0]},
        samples.batching.collect(rows, samples.count),
    )


def run_samples(loaded: LoadedModel, samples: SignatureSamples, source: Source) -> Run:
    """The same. Raises Mistake, saying so, where the model does not take made-up samples."""
    try:
        return run_signature(loaded, samples)
    except Mistake as error:
        if not samples.made_up or not loaded.is_ready():
            raise
        name = samples.signature.name
        raise Mistake(
            f"the signature `{name}` does not run on the {MADE_UP_SAMPLES}: {error.message}",
            field=source.field,
            fix=made_up_fix(source.field, name),
        ) from error


@dataclass(frozen=True)
class GoldenFiles:
    """The arrays of both files, to which signatures are added one by one."""

    inputs: dict[str, np.ndarray] = field(default_factory=dict)
    outputs: dict[str, np.ndarray] = field(default_factory=dict)

    def add(self, signature: str, run: Run, *, sequence: bool) -> None:
        for arrays, added in ((self.inputs, run.golden_input), (self.outputs, run.golden_output)):
            arrays.update({f"{signature}/{name}": array for name, array in added.items()})
            if sequence:
                arrays[f"{signature}/{SEQUENCE}"] = np.array(True)

    def write(self) -> None:
        write_npz(OUTPUT_DIR / "golden_input.npz", self.inputs)
        write_npz(OUTPUT_DIR / "golden_output.npz", self.outputs)
