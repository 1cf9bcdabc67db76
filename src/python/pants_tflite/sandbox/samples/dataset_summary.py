# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What is in a dataset, found in one pass over its samples."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.samples.npz_files import Dataset
from pants_tflite.sandbox.samples.npz_streams import DatasetReader

# More classes than that are shown as ranges of numbers.
_MOST_CLASSES = 100
_RANGES = 10


@dataclass(frozen=True)
class ArraySummary:
    """An input or the labels: the shape and type of one sample's array, and what all of them hold. Text
    has no numbers to tell of."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    low: float | None
    high: float | None
    mean: float | None
    deviation: float | None


@dataclass(frozen=True)
class Bar:
    """How many samples have a label: a class or, in `name`, a range of numbers."""

    name: str
    count: int


@dataclass(frozen=True)
class Repeated:
    """The samples whose inputs are the same, and whether their labels are not."""

    samples: tuple[int, ...]
    labels_differ: bool


@dataclass(frozen=True)
class DatasetSummary:
    """`marks` has for each sample a hash of its inputs, and one of its label."""

    count: int
    sequence: bool
    inputs: tuple[ArraySummary, ...]
    label: ArraySummary | None
    histogram: tuple[Bar, ...]
    marks: tuple[tuple[bytes, bytes], ...]

    @classmethod
    def read(cls, path: Path) -> DatasetSummary:
        """Reads it as a stream: however many samples there are, they take no more memory."""
        reader = DatasetReader(path)
        return cls.of(reader.parts(len(reader), reader.rows_at_a_time()))

    @classmethod
    def of(cls, parts: Iterable[Dataset]) -> DatasetSummary:
        """The summary of a dataset's consecutive parts, of one sample at least."""
        inputs: dict[str, _Values] = {}
        labels = _Values()
        scalars: list[np.ndarray] = []
        marks: list[tuple[bytes, bytes]] = []
        sequence = False
        for part in parts:
            sequence = part.sequence
            marks += _marks(part)
            for name, array in part.inputs.items():
                inputs.setdefault(name, _Values()).add(array)
            if part.label is not None:
                labels.add(part.label)
                scalars.append(_scalars(part.label))
        return cls(
            count=len(marks),
            sequence=sequence,
            inputs=tuple(values.describe(name) for name, values in inputs.items()),
            label=labels.describe("label") if scalars else None,
            histogram=_histogram(scalars),
            marks=tuple(marks),
        )

    @property
    def repeated(self) -> tuple[Repeated, ...]:
        """The samples that are there more than once, in the order of the first of each."""
        groups: dict[bytes, list[int]] = {}
        for index, (inputs, _) in enumerate(self.marks):
            groups.setdefault(inputs, []).append(index)
        return tuple(
            Repeated(tuple(group), len({self.marks[index][1] for index in group}) > 1)
            for group in groups.values()
            if len(group) > 1
        )

    def to_plain(self) -> dict[str, Any]:
        """All of it but the hashes, as JSON has it."""
        plain = asdict(self)
        del plain["marks"]
        return {**plain, "repeated": [asdict(group) for group in self.repeated]}


@dataclass(frozen=True)
class SharedSamples:
    """The samples that another dataset, of `count` samples, has too: `pairs` are the index here and the
    first one there, and those in `labels_differ` have another label there."""

    name: str
    count: int
    pairs: tuple[tuple[int, int], ...]
    labels_differ: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, summary: DatasetSummary, name: str, other: DatasetSummary) -> SharedSamples:
        first = {inputs: i for i, (inputs, _) in reversed(list(enumerate(other.marks)))}
        pairs = tuple(
            (index, first[inputs])
            for index, (inputs, _) in enumerate(summary.marks)
            if inputs in first
        )
        labelled = summary.label is not None and other.label is not None
        return cls(
            name,
            other.count,
            pairs,
            labels_differ=tuple(
                (here, there)
                for here, there in pairs
                if labelled and summary.marks[here][1] != other.marks[there][1]
            ),
        )

    def to_plain(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class _Values:
    """What is known of an array's values so far; the mean and the squares as Chan et al. add them up."""

    shape: tuple[int, ...] = ()
    dtype: np.dtype = field(default_factory=lambda: np.dtype("float32"))
    size: int = 0
    low: float = np.inf
    high: float = -np.inf
    mean: float = 0.0
    squares: float = 0.0

    def add(self, array: np.ndarray) -> None:
        """Adds the arrays of some samples, of shape (N, …)."""
        self.shape, self.dtype = array.shape[1:], array.dtype
        if array.dtype.kind not in "biuf" or not array.size:
            return
        values = array.astype(np.float64)
        size = self.size + values.size
        delta = float(values.mean()) - self.mean
        self.squares += float(values.var()) * values.size
        self.squares += delta**2 * self.size * values.size / size
        self.mean += delta * values.size / size
        self.size = size
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))

    def describe(self, name: str) -> ArraySummary:
        is_text = self.dtype.kind == "S"
        has_numbers = self.size > 0
        return ArraySummary(
            name=name,
            dtype="text" if is_text else self.dtype.name,
            shape=self.shape,
            low=self.low if has_numbers else None,
            high=self.high if has_numbers else None,
            mean=self.mean if has_numbers else None,
            deviation=float(np.sqrt(self.squares / self.size)) if has_numbers else None,
        )


def _marks(part: Dataset) -> Iterator[tuple[bytes, bytes]]:
    """For each sample a hash of its inputs and one of its label, whatever a single input is called."""
    named = sorted(part.inputs.items())
    inputs = {name if len(named) > 1 else "": array for name, array in named}
    labels = {} if part.label is None else {"label": part.label}
    for index in range(len(part)):
        yield _hash(inputs, index), _hash(labels, index)


def _hash(arrays: Mapping[str, np.ndarray], index: int) -> bytes:
    digest = hashlib.sha256()
    for name, array in arrays.items():
        value = np.ascontiguousarray(array[index])
        # Text is as wide as the longest one of the dataset.
        is_text = value.dtype.kind == "S"
        kind = "text" if is_text else value.dtype.str
        digest.update(f"{name}\0{kind}\0{array.shape[1:]}\0".encode())
        content = b"\0".join(value.reshape(-1).tolist()) if is_text else value.tobytes()
        digest.update(content)
    return digest.digest()


def _scalars(labels: np.ndarray) -> np.ndarray:
    """The labels as one value for each sample, the class of those that are one-hot; none if they are
    anything else."""
    if labels.ndim == 2 and labels.shape[1] > 1 and labels.dtype.kind in "biuf":
        is_one_hot = ((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all()
        return labels.argmax(axis=1) if is_one_hot else labels[:0, 0]
    return labels.reshape(-1) if labels.size == len(labels) else labels.reshape(-1)[:0]


def _histogram(scalars: Sequence[np.ndarray]) -> tuple[Bar, ...]:
    if not scalars or not all(map(len, scalars)):
        return ()
    values = np.concatenate(scalars)
    if values.dtype.kind == "S":
        counts = Counter(value.decode("utf-8", "replace") for value in values.tolist())
        return tuple(Bar(name, count) for name, count in sorted(counts.items()))
    if values.dtype.kind in "biu":
        found = Counter(int(value) for value in values.tolist())
        low, high = min(found), max(found)
        if 0 <= low and high < _MOST_CLASSES:
            # A class without any sample is worth seeing.
            return tuple(Bar(str(number), found[number]) for number in range(high + 1))
        if len(found) <= _MOST_CLASSES:
            return tuple(Bar(str(number), count) for number, count in sorted(found.items()))
    counted, edges = np.histogram(values.astype(np.float64), bins=_RANGES)
    return tuple(
        Bar(f"{low:.4g} to {high:.4g}", int(count))
        for low, high, count in zip(edges[:-1], edges[1:], counted)
    )
