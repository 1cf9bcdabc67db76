# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs a SavedModel on samples and writes its inputs and outputs: `out/reference.npz`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

import numpy as np

from pants_tflite.sandbox.constants import SEEDED
from pants_tflite.sandbox.harness import OUTPUT_DIR, run, user_traceback
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.batching import cast, fit
from pants_tflite.sandbox.samples.npz_files import LABEL, Dataset, fingerprint, write_npz
from pants_tflite.sandbox.samples.seeded_samples import seeded_samples
from pants_tflite.sandbox.saved_models.loading import call_signature, load_saved_model
from pants_tflite.sandbox.saved_models.record_protocol import RecordRequest
from pants_tflite.sandbox.saved_models.saved_model_signatures import (
    Signature,
    choose_signatures,
    read_signatures,
)
from pants_tflite.sandbox.saved_models.tensorflow_runtime import seed_training, start_tensorflow

MAX_SEEDED_SAMPLES = 16


def main(request: RecordRequest) -> None:
    start_tensorflow(threads=request.threads)
    seed_training(request.seed)
    path = Path(request.saved_model)
    loaded = load_saved_model(path, field="saved_model")
    signatures = read_signatures(path)
    names = choose_signatures(signatures, request.signatures)
    dataset = Dataset.read(Path(request.dataset)) if request.dataset else None
    arrays = {"source": np.array([fingerprint(dataset.to_arrays()) if dataset else SEEDED])}
    samples = _samples({name: signatures[name] for name in names}, dataset, request)
    for name in names:
        inputs = samples[name].inputs
        outputs = _run(
            name=name,
            signature=signatures[name],
            function=loaded.signatures[name],
            samples=inputs,
            request=request,
        )
        arrays.update({f"{name}/input/{key}": array for key, array in inputs.items()})
        arrays.update({f"{name}/output/{key}": array for key, array in outputs.items()})
        labels = samples[name].labels
        if labels is not None:
            arrays[f"{name}/{LABEL}"] = labels
    write_npz(
        OUTPUT_DIR / "reference.npz", {name: _storable(array) for name, array in arrays.items()}
    )


@dataclass(frozen=True)
class _Samples:
    """Samples for a signature's inputs, and their labels if there are any, of shape (N, …)."""

    inputs: dict[str, np.ndarray]
    labels: np.ndarray | None = None


def _samples(
    signatures: Mapping[str, Signature], dataset: Dataset | None, request: RecordRequest
) -> dict[str, _Samples]:
    """The samples of each signature.

    Signatures that the dataset does not fit get made-up ones, if it fits another signature.
    """
    samples: dict[str, _Samples] = {}
    misfits: list[Mistake] = []
    for name, signature in signatures.items():
        if dataset is not None:
            try:
                samples[name] = _dataset_samples(signature, dataset, request)
            except Mistake as error:
                misfits.append(error)
    if dataset is not None and not samples:
        raise misfits[0]
    for name, signature in signatures.items():
        if name not in samples:
            samples[name] = _made_up_samples(signature, request)
    return samples


def _dataset_samples(
    signature: Signature, dataset: Dataset, request: RecordRequest
) -> _Samples:
    field = request.dataset_field
    samples = dataset.for_inputs(list(signature.shapes), field=field)
    samples = {name: array[: request.max_samples] for name, array in samples.items()}
    fit(samples, signature.shapes, field=field)
    labels = None if dataset.label is None else dataset.label[: request.max_samples]
    return _Samples(cast(samples, signature.dtypes, field=field), labels)


def _made_up_samples(signature: Signature, request: RecordRequest) -> _Samples:
    return _Samples(
        seeded_samples(
            signature.shapes,
            signature.dtypes,
            count=min(request.max_samples or MAX_SEEDED_SAMPLES, MAX_SEEDED_SAMPLES),
            seed=request.seed,
            field=request.dataset_field,
        )
    )


def _run(
    name: str,
    signature: Signature,
    function: Any,
    samples: dict[str, np.ndarray],
    request: RecordRequest,
) -> dict[str, np.ndarray]:
    """The outputs of a loaded signature for `samples`, as arrays of shape (N, …)."""
    field = request.dataset_field
    batching = fit(samples, signature.shapes, field=field)
    calls = (call_signature(function, feed) for feed in batching.feeds(samples))
    try:
        return batching.collect(calls, len(next(iter(samples.values()))))
    except Mistake:
        raise
    except Exception as error:
        raise Mistake(
            f"the SavedModel's signature `{name}` cannot run on the samples: {error}",
            field=field,
            fix=f"Name a `tflite_dataset` in `{field}` with samples that the model takes.",
            detail=user_traceback(error, below=__file__),
        ) from error


def _storable(array: np.ndarray) -> np.ndarray:
    """`array`, with strings as NumPy stores them without pickling."""
    return array.astype(np.bytes_) if array.dtype.kind == "O" else array


if __name__ == "__main__":
    run(main, RecordRequest)
