# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs a SavedModel on samples and writes its inputs and outputs: `out/reference.npz`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Mapping

import numpy as np

from pants_tflite.sandbox.constants import SEEDED
from pants_tflite.sandbox.harness import OUTPUT_DIR, run, user_traceback
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.batching import Batching, cast, fit
from pants_tflite.sandbox.samples.npz_files import (
    KEEPS_STATE,
    LABEL,
    MADE_UP,
    SEQUENCE,
    Dataset,
    fingerprint,
    write_npz,
)
from pants_tflite.sandbox.samples.seeded_samples import (
    MADE_UP_SAMPLES,
    made_up_fix,
    naming_signature,
    seeded_samples,
)
from pants_tflite.sandbox.samples.skipped_signatures import without_skipped
from pants_tflite.sandbox.saved_models.loading import call_signature, load_saved_model
from pants_tflite.sandbox.saved_models.record_protocol import RecordRequest
from pants_tflite.sandbox.saved_models.saved_model_signatures import (
    Signature,
    choose_signatures,
    read_signatures,
)
from pants_tflite.sandbox.saved_models.tensorflow_runtime import seed_inference, start_tensorflow
from pants_tflite.sandbox.saved_models.variables import InitialState

MAX_SEEDED_SAMPLES = 16
_SAMPLES_FIX = "Yield samples that the model takes from the dataset's function."


def main(request: RecordRequest) -> None:
    start_tensorflow(threads=request.threads, with_keras=False)
    seed_inference(request.seed)
    path = Path(request.saved_model)
    loaded = load_saved_model(path, field="saved_model")
    signatures = read_signatures(path)
    names = choose_signatures(signatures, request.signatures)
    names = without_skipped(names, request.skip)
    dataset = Dataset.read(Path(request.dataset)) if request.dataset else None
    arrays = {"source": np.array([fingerprint(dataset.to_arrays()) if dataset else SEEDED])}
    functions = {name: loaded.signatures[name] for name in names}
    state = InitialState.of(loaded, functions.values())
    if state.is_kept:
        arrays[KEEPS_STATE] = np.array(True)
    samples = _samples({name: signatures[name] for name in names}, dataset, request)
    for name in names:
        outputs = _run(
            name=name, function=functions[name], samples=samples[name], state=state, request=request
        )
        arrays.update(samples[name].to_arrays(name))
        arrays.update({f"{name}/output/{key}": array for key, array in outputs.items()})
    write_npz(OUTPUT_DIR / "reference.npz", arrays)


@dataclass(frozen=True)
class _Samples:
    """Samples for a signature's inputs, and their labels if there are any, of shape (N, …)."""

    inputs: dict[str, np.ndarray]
    batching: Batching
    labels: np.ndarray | None = None
    made_up: bool = False

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values()), (None,)))

    def to_arrays(self, signature: str) -> dict[str, np.ndarray]:
        arrays = {f"{signature}/input/{key}": array for key, array in self.inputs.items()}
        if self.labels is not None:
            arrays[f"{signature}/{LABEL}"] = self.labels
        flags = {MADE_UP: self.made_up, SEQUENCE: self.batching.calls is not None}
        arrays.update({f"{signature}/{key}": np.array(True) for key, on in flags.items() if on})
        return arrays


def _samples(
    signatures: Mapping[str, Signature], dataset: Dataset | None, request: RecordRequest
) -> dict[str, _Samples]:
    """The samples of each signature.

    Signatures whose inputs the dataset has not get made-up ones, if it fits another signature.
    """
    samples: dict[str, _Samples] = {}
    misfits: list[Mistake] = []
    for name, signature in signatures.items():
        if dataset is not None and signature.shapes:
            own = dataset.of_signature(name, list(signature.shapes))
            try:
                samples[name] = _dataset_samples(signature, own or dataset, request)
            except Mistake as error:
                if own is not None:
                    raise
                misfits.append(error)
    if misfits and not samples:
        raise misfits[0]
    for name, signature in signatures.items():
        if name not in samples:
            samples[name] = _made_up_samples(name, signature, request)
    return samples


def _dataset_samples(signature: Signature, dataset: Dataset, request: RecordRequest) -> _Samples:
    field, count = request.dataset_field, request.max_samples
    samples = dataset.for_inputs(list(signature.shapes), field=field)
    samples = {name: array[:count] for name, array in samples.items()}
    batching = fit(samples, signature.shapes, field=field, sequence=dataset.sequence)
    return _Samples(
        cast(samples, signature.dtypes, field=field),
        batching,
        labels=None if dataset.label is None else dataset.label[:count],
    )


def _made_up_samples(name: str, signature: Signature, request: RecordRequest) -> _Samples:
    with naming_signature(name):
        samples = seeded_samples(
            signature.shapes,
            signature.dtypes,
            count=min(request.max_samples or MAX_SEEDED_SAMPLES, MAX_SEEDED_SAMPLES),
            seed=request.seed,
            field=request.dataset_field,
        )
    batching = fit(samples, signature.shapes, field=request.dataset_field)
    return _Samples(samples, batching, made_up=bool(samples))


def _run(
    name: str, function: Any, samples: _Samples, state: InitialState, request: RecordRequest
) -> dict[str, np.ndarray]:
    """The outputs of a loaded signature for `samples`, as arrays of shape (N, …)."""

    def calls() -> Iterator[dict[str, np.ndarray]]:
        for feeds in samples.batching.runs(samples.inputs):
            state.restore()
            yield from (call_signature(function, feed) for feed in feeds)

    try:
        return samples.batching.collect(calls(), len(samples))
    except Mistake:
        raise
    except Exception as error:
        field = request.dataset_field
        raise Mistake(
            f"the SavedModel's signature `{name}` cannot run on the "
            f"{MADE_UP_SAMPLES if samples.made_up else 'samples'}: {error}",
            field=field,
            fix=made_up_fix(field, name) if samples.made_up else _SAMPLES_FIX,
            detail=user_traceback(error, below=__file__),
        ) from error


if __name__ == "__main__":
    run(main, RecordRequest)
