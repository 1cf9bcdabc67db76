# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `score` is asked and reports, and the metrics that it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Optional

from pants_tflite.sandbox.entry_point_protocol import EntryPointFunction
from pants_tflite.sandbox.protocol import Message, left_out


@dataclass(frozen=True)
class Metric:
    """A metric by its `name`. `best` is the best score that there can be, and `worst` the worst, or
    None if there is no limit. `decides` says whether it is about the classes that a model decides for;
    `has_labels` whether it compares with labels, and not with the baseline."""

    name: str
    best: float
    worst: Optional[float]
    decides: bool = True
    has_labels: bool = True

    @property
    def higher_is_better(self) -> bool:
        return self.worst is not None


METRICS = (
    Metric("accuracy", best=1.0, worst=0.0),
    Metric("top_k", best=1.0, worst=0.0),
    Metric("auc", best=1.0, worst=0.0),
    Metric("f1", best=1.0, worst=0.0),
    Metric("mae", best=0.0, worst=None, decides=False),
    Metric("mse", best=0.0, worst=None, decides=False),
    Metric("max_abs_error", best=0.0, worst=None, decides=False),
    Metric("agreement", best=1.0, worst=0.0, has_labels=False),
)
METRIC_NAMES = tuple(metric.name for metric in METRICS)
AGREEMENT, TOP_K = "agreement", "top_k"
WORST_SAMPLES = 8


def find_metric(name: str) -> Metric:
    return next(metric for metric in METRICS if metric.name == name)


@dataclass(frozen=True)
class ScoreRequest(Message):
    """`predictions` is the file of one run. `metric` is one of METRIC_NAMES, or None for a `function`
    of the user's. The labels are in the `dataset`, which `dataset_field` blames; the metric
    "agreement" takes the predictions of the `baseline` instead. Without an `output`, it is the only
    one there is. `worst_samples` is how many of them to list."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.scoring.score"
    OUTPUTS: ClassVar[tuple[str, ...]] = ("score.json",)

    predictions: str
    metric: Optional[str]
    function: Optional[EntryPointFunction] = left_out()
    dataset: Optional[str] = left_out()
    dataset_field: str = left_out("dataset")
    baseline: Optional[str] = left_out()
    baseline_field: str = left_out("baseline")
    output: Optional[str] = left_out()
    top_k: int = left_out(5)
    worst_samples: int = left_out(WORST_SAMPLES)


@dataclass(frozen=True)
class WorstSample:
    """A sample that the model is far off for, by its `index` in the dataset. `label` is what is right, or
    what the baseline says, and `prediction` what the model says; of many values, both are a text. A
    larger `loss` is worse."""

    index: int
    label: Any
    prediction: Any
    loss: float


@dataclass(frozen=True)
class ScoreReport(Message):
    """The `score` over `count` samples. Of `decisions`, `wrong` ones differ from the labels, or from
    the baseline's; both are None if the metric is not about decisions. `worst` begins with the worst
    sample, and has none that is right; it is empty for a function of the user's. `output` is None if
    that got all outputs."""

    VERSION_KEY: ClassVar[str] = "format_version"
    FILE: ClassVar[str] = "score.json"

    metric: str
    score: float
    count: int
    output: Optional[str]
    decisions: Optional[int] = left_out()
    wrong: Optional[int] = left_out()
    worst: tuple[WorstSample, ...] = left_out(())
