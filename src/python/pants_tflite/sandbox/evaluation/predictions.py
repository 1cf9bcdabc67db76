# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Running a dataset through a model part by part, for every runtime."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable, Iterator, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.constants import DEFAULT_SIGNATURE
from pants_tflite.sandbox.evaluation.evaluate_protocol import PREDICTIONS_FILE, PredictionsReport
from pants_tflite.sandbox.harness import OUTPUT_DIR, write_report
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import OUTPUT_PREFIX, Dataset
from pants_tflite.sandbox.samples.npz_streams import DatasetReader, NpzWriter
from pants_tflite.sandbox.samples.sample_dataset_protocol import ArrayInfo
from pants_tflite.sandbox.tflite.flatbuffer_model import Signature
from pants_tflite.sandbox.verification.verification_samples import SignatureSamples, Source

# What becomes of samples: an array of shape (N, …) for each output, in real numbers.
RunSamples = Callable[[SignatureSamples], Mapping[str, np.ndarray]]


def find_signature(signatures: Sequence[Signature], name: str | None) -> Signature:
    """The signature called `name`; without a name the usual one, or the only one there is."""
    by_name = {signature.name: signature for signature in signatures}
    names = ", ".join(sorted(by_name))
    if name is None and len(by_name) > 1 and DEFAULT_SIGNATURE not in by_name:
        raise Mistake(
            f"the model has several signatures: {names}",
            field="signature",
            fix="Name the one to evaluate in `signature`.",
        )
    if name is None:
        return by_name.get(DEFAULT_SIGNATURE, signatures[0])
    if name not in by_name:
        raise Mistake(
            f"the model has no such signature; it has {names}",
            field="signature",
            value=name,
            fix="Name one of them, or leave `signature` out.",
        )
    return by_name[name]


class SampleStream:
    """The samples of a file for one signature, part by part."""

    def __init__(
        self, dataset: str, signature: Signature, *, field: str, max_samples: int | None
    ) -> None:
        self._reader = DatasetReader(Path(dataset))
        self._signature, self._field = signature, field
        self.count = min(max_samples or len(self._reader), len(self._reader))
        self.sequence = self._reader.sequence

    def __iter__(self) -> Iterator[SignatureSamples]:
        """Raises Mistake, blaming the dataset, if samples do not fit the model."""
        first = next(self._reader.parts(count=1, rows=1))
        batch = self._fit(first).batching.size
        # Each part is whole batches, so that calls are those of one run over all samples.
        for part in self._reader.parts(self.count, self._reader.rows_at_a_time(batch)):
            yield self._fit(part)

    def _fit(self, part: Dataset) -> SignatureSamples:
        """The same arrays that verification would make of these samples."""
        source = Source(name="", field=self._field, max_samples=len(part), seed=0, dataset=part)
        (samples,) = source.for_signatures([self._signature])
        return samples


def check_has_inputs(signature: Signature) -> None:
    if not signature.inputs:
        raise Mistake(
            f"the signature `{signature.name}` has no inputs, so that no sample goes into it",
            field="signature",
            value=signature.name,
            fix="Name another one in `signature`.",
        )


def write_predictions(
    stream: SampleStream,
    run: RunSamples,
    *,
    runtime: str,
    signature: Signature,
    kernels: str,
    tools: Mapping[str, str],
) -> None:
    """Runs all samples, and writes `predictions.npz` and its report."""
    print(f"Running {stream.count} samples.", file=sys.stderr, flush=True)
    with NpzWriter(OUTPUT_DIR / PREDICTIONS_FILE) as writer:
        for samples in stream:
            outputs = run(samples)
            writer.add({f"{OUTPUT_PREFIX}{name}": array for name, array in outputs.items()})
    write_report(
        PredictionsReport(
            count=stream.count,
            outputs=tuple(
                ArrayInfo(
                    name[len(OUTPUT_PREFIX) :], shape, "string" if dtype.kind == "O" else dtype.name
                )
                for name, (shape, dtype) in writer.shapes.items()
            ),
            runtime=runtime,
            signature=signature.name,
            kernels=kernels,
            tools=tools,
            sequence=stream.sequence,
        )
    )
