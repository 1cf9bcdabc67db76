# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What verifies a model: samples for each signature, and the SavedModel's outputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.constants import SEEDED
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.batching import Batching, cast, fit
from pants_tflite.sandbox.samples.npz_files import (
    KEEPS_STATE,
    LABEL,
    MADE_UP,
    SEQUENCE,
    Dataset,
    fingerprint,
    read_npz,
)
from pants_tflite.sandbox.samples.seeded_samples import naming_signature, seeded_samples
from pants_tflite.sandbox.tflite.flatbuffer_model import Signature, Tensor
from pants_tflite.sandbox.tflite.quantized_values import dequantize, quantize, real_range


@dataclass(frozen=True)
class SignatureSamples:
    """Samples for one signature.

    `inputs` are real values of shape (N, …) by name, N being `count`; `expected` are the outputs of
    the SavedModel in the same form, or None, and `labels` those of the dataset.
    """

    signature: Signature
    inputs: Mapping[str, np.ndarray]
    expected: Mapping[str, np.ndarray] | None
    batching: Batching
    count: int
    labels: np.ndarray | None = None
    made_up: bool = False

    @property
    def sequence(self) -> bool:
        """Whether each sample is calls in turn."""
        return self.batching.calls is not None

    def stored_runs(self) -> Iterator[list[dict[str, np.ndarray]]]:
        """What each call takes, by name, as the input tensors store it. Each list is called in turn,
        from a fresh state."""
        tensors = dict(self.signature.inputs)
        for run in self.batching.runs(self.inputs):
            yield [
                {name: quantize(array, tensors[name]) for name, array in feed.items()}
                for feed in run
            ]

    def real_outputs(self, stored: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What a call yielded, as real values."""
        tensors = dict(self.signature.outputs)
        return {name: dequantize(array, tensors[name]) for name, array in stored.items()}


@dataclass(frozen=True)
class Source:
    """Where samples come from: `reference.npz`, `dataset.npz`, or neither.

    `name` is the dataset's fingerprint or "seeded"; `field` is blamed for samples that do not fit.
    """

    name: str
    field: str
    max_samples: int
    seed: int
    reference: Mapping[str, np.ndarray] | None = None
    dataset: Dataset | None = None

    @classmethod
    def read(
        cls, reference: str | None, dataset: str | None, *, field: str, max_samples: int, seed: int
    ) -> Source:
        """Reads the file at one of the two paths, if there is one."""
        if reference is not None:
            arrays = read_npz(Path(reference))
            return cls(
                name=str(arrays["source"].item()),
                field=field,
                max_samples=max_samples,
                seed=seed,
                reference=arrays,
            )
        if dataset is not None:
            samples = Dataset.read(Path(dataset))
            name = fingerprint(samples.to_arrays())
            return cls(name=name, field=field, max_samples=max_samples, seed=seed, dataset=samples)
        return cls(name=SEEDED, field=field, max_samples=max_samples, seed=seed)

    @property
    def keeps_state(self) -> bool:
        """Whether a call of the SavedModel may depend on the calls before it."""
        return KEEPS_STATE in (self.reference or {})

    def for_signatures(self, signatures: Sequence[Signature]) -> list[SignatureSamples]:
        """At most `max_samples` samples for each signature, in the order of names.

        Raises Mistake where they do not fit. A dataset need fit only one of several signatures;
        the others get random samples, unless it has samples by the names of their inputs. A
        signature without inputs is called once.
        """
        collected: dict[str, SignatureSamples] = {}
        misfits: list[Mistake] = []
        for signature in signatures:
            if self.dataset is not None and not signature.inputs:
                continue
            own = self._dataset_of(signature)
            source = self if own is None else replace(self, dataset=own)
            try:
                collected[signature.name] = source._for_signature(signature)
            except Mistake as error:
                if self.dataset is None or own is not None:
                    raise
                misfits.append(error)
        if misfits and not collected:
            raise misfits[0]
        random = replace(self, name=SEEDED, dataset=None)
        for signature in signatures:
            if signature.name not in collected:
                collected[signature.name] = random._for_signature(signature)
        return [collected[name] for name in sorted(collected)]

    def _dataset_of(self, signature: Signature) -> Dataset | None:
        """The dataset, if it has samples by the names of the signature's inputs."""
        if self.dataset is None:
            return None
        return self.dataset.of_signature(signature.name, [name for name, _ in signature.inputs])

    def _is_marked(self, signature: Signature, key: str) -> bool:
        return f"{signature.name}/{key}" in (self.reference or {})

    def _for_signature(self, signature: Signature) -> SignatureSamples:
        inputs = {
            name: array[: self.max_samples] for name, array in self._inputs(signature).items()
        }
        shapes = {name: tensor.shape_signature for name, tensor in signature.inputs}
        sequence = self._is_marked(signature, SEQUENCE)
        if self.dataset is not None:
            sequence = self.dataset.sequence
        batching = fit(inputs, shapes, field=self.field, sequence=sequence)
        quantized = {
            name: inputs[name].astype(np.float32)
            for name, tensor in signature.inputs
            if tensor.quantization is not None
        }
        dtypes = {
            name: _real_dtype(tensor) for name, tensor in signature.inputs if name not in quantized
        }
        return SignatureSamples(
            signature=signature,
            inputs={**quantized, **cast(inputs, dtypes, field=self.field)},
            expected=self._expected(signature),
            batching=batching,
            count=len(next(iter(inputs.values()), (None,))),
            labels=self._labels(signature),
            made_up=self._is_marked(signature, MADE_UP)
            or bool(inputs)
            and self.reference is None
            and self.dataset is None,
        )

    def _labels(self, signature: Signature) -> np.ndarray | None:
        labels = (self.reference or {}).get(f"{signature.name}/{LABEL}")
        return None if labels is None else labels[: self.max_samples]

    def reals(self, signature: Signature) -> dict[str, bool]:
        """Which inputs and outputs of a signature are real numbers, if the reference says so."""
        arrays = {**self._referred(signature, "input"), **self._referred(signature, "output")}
        return {name: array.dtype.kind == "f" for name, array in arrays.items()}

    def _inputs(self, signature: Signature) -> dict[str, np.ndarray]:
        names = [name for name, _ in signature.inputs]
        if self.reference is not None:
            return _pick(
                arrays=self._referred(signature, "input"),
                names=names,
                signature=signature,
                kind="input",
            )
        if self.dataset is not None:
            return self.dataset.for_inputs(names, field=self.field)
        return self._seeded(signature)

    def _expected(self, signature: Signature) -> dict[str, np.ndarray] | None:
        if self.reference is None:
            return None
        names = [name for name, _ in signature.outputs]
        expected = _pick(
            arrays=self._referred(signature, "output"),
            names=names,
            signature=signature,
            kind="output",
        )
        return {name: array[: self.max_samples] for name, array in expected.items()}

    def _referred(self, signature: Signature, kind: str) -> dict[str, np.ndarray]:
        prefix = f"{signature.name}/{kind}/"
        return {
            key[len(prefix) :]: array
            for key, array in (self.reference or {}).items()
            if key.startswith(prefix)
        }

    def _seeded(self, signature: Signature) -> dict[str, np.ndarray]:
        with naming_signature(signature.name):
            samples = seeded_samples(
                {name: tensor.shape_signature for name, tensor in signature.inputs},
                {name: _real_dtype(tensor) for name, tensor in signature.inputs},
                count=self.max_samples,
                seed=self.seed,
                field=self.field,
            )
        for name, tensor in signature.inputs:
            if tensor.quantization is not None:
                low, high = real_range(tensor)
                # Scales [-1, 1) to the whole range that the tensor can store.
                samples[name] = low + (samples[name] + 1) / 2 * (high - low)
        return samples


def _real_dtype(tensor: Tensor) -> np.dtype:
    if tensor.dtype == "string":
        return np.dtype("O")
    return np.dtype("float32" if tensor.quantization is not None else tensor.dtype)


def _pick(
    arrays: Mapping[str, np.ndarray], names: list[str], signature: Signature, kind: str
) -> dict[str, np.ndarray]:
    missing = sorted(set(names) - set(arrays))
    if missing:
        raise Mistake(
            f"the model's signature `{signature.name}` has the {kind} {', '.join(missing)}, which "
            f"the SavedModel's has not; it has {', '.join(sorted(arrays)) or 'none'}",
            field="saved_model",
            fix="Name the signature's inputs and outputs as the exported function does.",
        )
    return {name: arrays[name] for name in names}
