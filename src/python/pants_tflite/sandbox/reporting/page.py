# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the page says, ready for its templates: families of models, their plots and their samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Iterator, Mapping, Sequence

from pants_tflite.sandbox.reporting.plots import ErrorSeries, Point, plot_errors, plot_sizes
from pants_tflite.sandbox.reporting.report_protocol import Report, ReportedModel, ReportedOp
from pants_tflite.sandbox.reporting.show_samples_protocol import ShownSamples

# A matrix with more classes says less than a list of what is taken for what.
_MOST_CLASSES = 16
_MOST_CONFUSIONS = 12


@dataclass(frozen=True)
class OpRow:
    """An op as a row of a table: its bytes and its error relative to the largest in the model."""

    op: ReportedOp
    share: float
    error_share: float


@dataclass(frozen=True)
class OpKind:
    """All ops of one name."""

    name: str
    count: int
    bytes: int
    share: float


@dataclass(frozen=True)
class ConfusionRow:
    """A true class, and how often it was taken for each class, with the share of the row."""

    name: str
    cells: tuple[tuple[int, float, bool], ...]
    total: int


@dataclass(frozen=True)
class Confusion:
    """Samples of the class `label` that were taken for `prediction`."""

    label: str
    prediction: str
    count: int


@dataclass(frozen=True)
class ModelView:
    """A model on the page: `id` is the anchor of its section, `slot` its color and form in plots.
    `largest_size` is that of its family."""

    id: str
    model: ReportedModel
    slot: int
    samples: ShownSamples | None
    largest_size: int
    baseline: ReportedModel | None

    @property
    def size_share(self) -> float:
        return self.model.size / self.largest_size

    @property
    def size_ratio(self) -> float | None:
        """The size relative to the baseline's; None for the baseline itself."""
        if self.baseline is None or self.baseline.address == self.model.address:
            return None
        return self.model.size / self.baseline.size

    @property
    def score_drop(self) -> float | None:
        """How much of the baseline's score is lost; None if they cannot be compared."""
        if self.size_ratio is None or self.baseline is None:
            return None
        mine, its = self.model.score, self.baseline.score
        if mine is None or its is None or (mine.metric, mine.dataset) != (its.metric, its.dataset):
            return None
        return its.score - mine.score if mine.higher_is_better else mine.score - its.score

    @cached_property
    def rows(self) -> tuple[OpRow, ...]:
        ops = self.model.computing_ops
        largest = max((op.bytes for op in ops), default=0) or 1
        worst = max((op.accumulated or 0.0 for op in ops), default=0.0) or 1.0
        return tuple(OpRow(op, op.bytes / largest, (op.accumulated or 0.0) / worst) for op in ops)

    @property
    def has_errors(self) -> bool:
        return any(op.accumulated is not None for op in self.model.ops)

    @cached_property
    def kinds(self) -> tuple[OpKind, ...]:
        """The ops by name, those with the most bytes first."""
        bytes_of: dict[str, list[int]] = {}
        for op in self.model.computing_ops:
            bytes_of.setdefault(op.op, []).append(op.bytes)
        kinds = [
            OpKind(name, len(sizes), sum(sizes), sum(sizes) / self.model.size)
            for name, sizes in bytes_of.items()
        ]
        return tuple(sorted(kinds, key=lambda kind: (-kind.bytes, kind.name)))

    @cached_property
    def confusion(self) -> tuple[ConfusionRow, ...]:
        """The confusion matrix, if it is small enough for people."""
        samples = self.samples
        if samples is None or not 1 < len(samples.classes) <= _MOST_CLASSES:
            return ()
        counts = {(cell.label, cell.prediction): cell.count for cell in samples.confusion}
        places = range(len(samples.classes))
        rows = []
        for label in places:
            row = [counts.get((label, prediction), 0) for prediction in places]
            total = sum(row)
            cells = tuple(
                (count, count / (total or 1), place == label) for place, count in enumerate(row)
            )
            rows.append(ConfusionRow(samples.classes[label], cells, total))
        return tuple(rows)

    @cached_property
    def confusions(self) -> tuple[Confusion, ...]:
        """The most frequent confusions, if there is no matrix."""
        samples = self.samples
        if samples is None or self.confusion:
            return ()
        wrong = [cell for cell in samples.confusion if cell.label != cell.prediction]
        wrong.sort(key=lambda cell: (-cell.count, cell.label, cell.prediction))
        return tuple(
            Confusion(samples.classes[c.label], samples.classes[c.prediction], c.count)
            for c in wrong[:_MOST_CONFUSIONS]
        )


@dataclass(frozen=True)
class FamilyView:
    """The forms of one model. Plots are SVG; None if there is nothing to plot."""

    id: str
    name: str
    models: tuple[ModelView, ...]

    @cached_property
    def scored(self) -> tuple[ModelView, ...]:
        """The models with the metric and the dataset that the first scored one has."""
        having = [view for view in self.models if view.model.score is not None]
        if not having or having[0].model.score is None:
            return ()
        first = having[0].model.score
        return tuple(
            view
            for view in having
            if view.model.score is not None
            and (view.model.score.metric, view.model.score.dataset) == (first.metric, first.dataset)
        )

    @cached_property
    def size_plot(self) -> str | None:
        if len(self.scored) < 2:
            return None
        points = [
            Point(view.model.variant, view.slot, view.model.size, view.model.score.score)
            for view in self.scored
            if view.model.score is not None
        ]
        score = self.scored[0].model.score
        assert score is not None
        return plot_sizes(points, metric=score.metric, key=f"{self.id}-sizes")

    @cached_property
    def error_plot(self) -> str | None:
        series = []
        for view in self.models:
            ops = view.model.computing_ops
            errors = [
                (place, op.accumulated) for place, op in enumerate(ops, start=1) if op.accumulated
            ]
            if len(errors) > 1:
                series.append(ErrorSeries(view.model.variant, view.slot, errors))
        return plot_errors(series, key=f"{self.id}-errors") if series else None


@dataclass(frozen=True)
class Picture:
    """A picture that several models were shown, once in the page."""

    id: str
    url: str


class Pictures:
    """The pictures of all samples, each once."""

    def __init__(self, samples: Sequence[ShownSamples]) -> None:
        urls = dict.fromkeys(
            sample.content
            for shown in samples
            if shown.kind == "picture"
            for sample in shown.samples
        )
        self._ids = {url: f"picture-{number}" for number, url in enumerate(urls, start=1)}

    def __iter__(self) -> Iterator[Picture]:
        return (Picture(name, url) for url, name in self._ids.items())

    def id_of(self, url: str) -> str:
        return self._ids[url]


def view_families(report: Report, samples: Mapping[str, ShownSamples]) -> tuple[FamilyView, ...]:
    """The families in the order of the report."""
    by_address = {model.address: model for model in report.models}
    families: dict[str, list[ReportedModel]] = {}
    for model in report.models:
        families.setdefault(model.family, []).append(model)
    views = []
    number = 0
    for place, (name, models) in enumerate(families.items(), start=1):
        members = []
        largest = max(model.size for model in models)
        for slot, model in enumerate(models):
            number += 1
            members.append(
                ModelView(
                    id=f"model-{number}",
                    model=model,
                    slot=slot,
                    samples=samples.get(model.address),
                    largest_size=largest,
                    baseline=by_address.get(model.baseline or ""),
                )
            )
        views.append(FamilyView(f"family-{place}", name, tuple(members)))
    return tuple(views)
