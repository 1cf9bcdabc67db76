# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Picks the samples of a dataset that a page shows, the wrong ones first, and draws them."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np

from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.reporting.drawing import ValueRange, draw, kind_of
from pants_tflite.sandbox.reporting.predictions import Classification, Verdict, judge
from pants_tflite.sandbox.reporting.show_samples_protocol import (
    ShownSample,
    ShownSamples,
    ShowSamplesRequest,
)
from pants_tflite.sandbox.samples.npz_files import read_npz
from pants_tflite.sandbox.samples.npz_streams import DatasetReader

_OUTPUT_PREFIX = "output/"
# A page with mistakes only would say nothing about what goes right.
_SHARE_OF_MISTAKES = 0.75


class _Samples:
    """The samples of a dataset, read from the first to the last as often as needed."""

    def __init__(self, path: Path, count: int) -> None:
        self._reader = DatasetReader(path)
        self._count = count
        labels: list[np.ndarray] = []
        ranges: dict[str, ValueRange] = {}
        forms: dict[str, np.ndarray] = {}
        for part in self._reader.parts(count, self._reader.rows_at_a_time()):
            labels.extend([] if part.label is None else [part.label])
            for name, array in part.inputs.items():
                ranges.setdefault(name, ValueRange()).include(array)
                forms.setdefault(name, array[:1])
        self.labels = np.concatenate(labels) if labels else None
        kinds = {name: kind_of(form.shape[1:], form.dtype) for name, form in forms.items()}
        self.input = _most_telling(kinds)
        self.kind = kinds[self.input]
        self._range = ranges[self.input]

    def draw(self, indices: Sequence[int]) -> dict[int, str]:
        """The content of each of these samples."""
        wanted, drawn, start = set(indices), {}, 0
        for part in self._reader.parts(self._count, self._reader.rows_at_a_time()):
            rows = part.inputs[self.input]
            for index in sorted(wanted.intersection(range(start, start + len(rows)))):
                drawn[index] = draw(rows[index - start], self.kind, self._range)
            start += len(rows)
        return drawn


def _most_telling(kinds: dict[str, str]) -> str:
    """The input to show: the first picture, or else waveform, or else any."""
    order = ("picture", "waveform", "values")
    return min(kinds, key=lambda name: (order.index(kinds[name]), name))


def choose(verdicts: Sequence[Verdict], limit: int) -> list[int]:
    """The samples to show: mistakes first, the surest of them foremost, and then the first right ones.

    If nothing is right or wrong, those with the largest errors.
    """
    order = sorted(range(len(verdicts)), key=lambda index: (-verdicts[index].rank, index))
    wrong = [index for index in order if verdicts[index].correct is False]
    others = [index for index in order if verdicts[index].correct is not False]
    if not wrong:
        return others[:limit]
    room = max(int(limit * _SHARE_OF_MISTAKES), limit - len(others))
    chosen = wrong[: max(1, room)]
    return chosen + others[: limit - len(chosen)]


def main(request: ShowSamplesRequest) -> None:
    outputs = {
        name[len(_OUTPUT_PREFIX) :]: array
        for name, array in read_npz(Path(request.predictions)).items()
        if name.startswith(_OUTPUT_PREFIX)
    }
    count = min(len(output) for output in outputs.values())
    samples = _Samples(Path(request.dataset), count)
    judged = judge(outputs, samples.labels, request.labels)
    verdicts = [judged.verdict(index) for index in range(count)]
    chosen = choose(verdicts, request.limit)
    contents = samples.draw(chosen)
    write_report(
        ShownSamples(
            kind=samples.kind,
            input=samples.input,
            count=count,
            correct=judged.correct if isinstance(judged, Classification) else None,
            classes=judged.names if isinstance(judged, Classification) else (),
            confusion=judged.confusion if isinstance(judged, Classification) else (),
            samples=tuple(_show(index, contents[index], verdicts[index]) for index in chosen),
        )
    )


def _show(index: int, content: str, verdict: Verdict) -> ShownSample:
    return ShownSample(
        index=index,
        content=content,
        label=verdict.label,
        prediction=verdict.prediction,
        correct=verdict.correct,
        confidence=verdict.confidence,
        error=verdict.error,
    )


if __name__ == "__main__":
    run(main, ShowSamplesRequest)
