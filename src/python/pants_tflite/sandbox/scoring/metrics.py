# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The metrics, by scikit-learn, and which samples are to blame.

scikit-learn is imported where it is used: a function of the user's runs in an environment that need
not have it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Callable, Mapping

import numpy as np

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.scoring.decisions import (
    Decisions,
    below_best,
    decide,
    decisions_of,
)
from pants_tflite.sandbox.scoring.score_protocol import WorstSample

# Values of a sample that are listed one by one.
_FEW_VALUES = 8


@dataclass(frozen=True)
class Scored:
    """A score; `worst` begins with the worst sample, and has none that is right."""

    score: float
    worst: tuple[WorstSample, ...] = ()
    decisions: int | None = None
    wrong: int | None = None


@dataclass(frozen=True)
class Compared:
    """An output of the name `name`, and what it is compared with: labels, or the baseline's output.

    `field` is blamed if the two do not go together.
    """

    name: str
    output: np.ndarray
    expected: np.ndarray
    field: str
    top_k: int = 1


def _undefined(metric: str, why: str, field: str) -> Mistake:
    return Mistake(
        f"`{metric}` is not defined for these samples: {why}",
        field=field,
        fix="Use a dataset with samples of every class, or another metric.",
    )


def _worst(losses: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """The indices of samples that are wrong, the worst first."""
    order = np.argsort(-losses, kind="stable")
    return order[wrong[order]]


def _score_decisions(
    score: float,
    decisions: Decisions,
    *,
    wrong: np.ndarray | None = None,
    shown: np.ndarray | None = None,
    losses: np.ndarray | None = None,
) -> Scored:
    """`wrong` says which decisions are, `shown` what to list for them, and `losses` how bad they are;
    the decisions say it themselves if it is left out."""
    labels = decisions.labels
    wrong = decisions.wrong if wrong is None else wrong
    shown = decisions.decided if shown is None else shown
    losses = np.where(wrong, decisions.losses if losses is None else losses, 0).mean(axis=1)

    def sample(index: int) -> WorstSample:
        label, prediction = labels[index, 0].tolist(), shown[index, 0].tolist()
        if labels.shape[1] > 1:
            label = f"{labels.shape[1]} labels"
            prediction = f"{int(wrong[index].sum())} of them wrong"
        return WorstSample(int(index), label, prediction, float(losses[index]))

    return Scored(
        float(score),
        tuple(sample(index) for index in _worst(losses, np.any(wrong, axis=1))),
        decisions=int(labels.size),
        wrong=int(wrong.sum()),
    )


def _labelled(compared: Compared) -> Decisions:
    return decisions_of(
        compared.output, compared.expected, name=compared.name, field=compared.field
    )


def accuracy(compared: Compared) -> Scored:
    from sklearn.metrics import accuracy_score

    decisions = _labelled(compared)
    score = accuracy_score(decisions.labels.ravel(), decisions.decided.ravel())
    return _score_decisions(score, decisions)


def _scores(metric: str, decisions: Decisions) -> np.ndarray:
    if decisions.scores is None:
        raise Mistake(
            f"`{metric}` needs scores, and the output holds the numbers of classes",
            field="metric",
            value=metric,
            fix="Choose `accuracy` or `f1`, or let the model yield its scores.",
        )
    return decisions.scores.reshape(-1, decisions.scores.shape[-1])


def top_k(compared: Compared) -> Scored:
    from sklearn.metrics import accuracy_score, top_k_accuracy_score

    decisions, k = _labelled(compared), compared.top_k
    scores = _scores("top_k", decisions)
    classes = scores.shape[-1]
    if k >= classes:
        raise Mistake(
            f"the output `{compared.name}` has {classes} classes, of which the {k} best are always right",
            field="top_k",
            value=k,
            fix=f"Give at most {classes - 1}.",
        )
    labels = decisions.labels.ravel()
    if k == 1:
        score = accuracy_score(labels, decisions.decided.ravel())
    else:
        score = top_k_accuracy_score(labels, scores, k=k, labels=np.arange(classes))
    # scikit-learn prefers the later class of two with one score.
    best = np.argsort(scores, axis=-1, kind="stable")[:, ::-1][:, :k]
    best = best.reshape(*decisions.labels.shape, k)
    if k == 1:
        best = decisions.decided[..., np.newaxis]
    wrong = ~(best == decisions.labels[..., np.newaxis]).any(axis=-1)
    return _score_decisions(score, decisions, wrong=wrong, shown=best)


def auc(compared: Compared) -> Scored:
    from sklearn.metrics import roc_auc_score

    decisions = _labelled(compared)
    scores, labels = _scores("auc", decisions), decisions.labels.ravel()
    classes = scores.shape[-1]
    absent = sorted(set(range(classes)) - set(labels.tolist()))
    if absent:
        names = ", ".join(map(str, absent[:_FEW_VALUES])) + (", …" * (len(absent) > _FEW_VALUES))
        raise _undefined("auc", f"none has the label {names}", compared.field)
    if classes == 2:
        score = roc_auc_score(labels, scores[:, 1] - scores[:, 0])
    else:
        # One class against the others, which needs no scores with a sum of 1, as those of several
        # classes at once do. Those of a quantized model have another one.
        score = roc_auc_score(np.eye(classes, dtype=bool)[labels], scores, average="macro")
    return _score_decisions(score, decisions)


def f1(compared: Compared) -> Scored:
    from sklearn.metrics import f1_score

    decisions = _labelled(compared)
    labels, decided = decisions.labels.ravel(), decisions.decided.ravel()
    if decisions.scores is not None:
        classes = decisions.scores.shape[-1]
    else:
        classes = int(max(labels.max(), decided.max())) + 1
    average = "binary" if classes <= 2 else "macro"
    score = f1_score(labels, decided, average=average, zero_division=np.nan)
    if math.isnan(score):
        raise _undefined(
            "f1", "none has the label 1, and the model says it of none", compared.field
        )
    return _score_decisions(score, decisions)


def agreement(compared: Compared) -> Scored:
    from sklearn.metrics import accuracy_score

    if compared.output.shape != compared.expected.shape:
        raise Mistake(
            f"the output `{compared.name}` has the shape {compared.output.shape[1:]} for a sample, and "
            f"the baseline's has {compared.expected.shape[1:]}",
            field=compared.field,
            fix="Name a model of the same outputs as the baseline.",
        )
    own, other = (decide(array, compared.name) for array in (compared.output, compared.expected))
    score = accuracy_score(other.decided.ravel(), own.decided.ravel())
    decisions = Decisions(other.scores, own.decided, other.decided)
    # By how firm the baseline was.
    losses = None if other.scores is None else below_best(other.scores, own.decided)
    return _score_decisions(score, decisions, losses=losses)


def _quantities(compared: Compared) -> tuple[np.ndarray, np.ndarray]:
    """Labels and outputs of shape (N, values). Raises Mistake if they are not of one shape."""
    label, output = compared.expected, compared.output
    shapes = [[size for size in array.shape[1:] if size != 1] for array in (label, output)]
    if label.dtype.kind not in "biuf" or output.dtype.kind not in "biuf" or shapes[0] != shapes[1]:
        kind = "text" if label.dtype.kind in "SUO" else f"of the shape {list(label.shape[1:])}"
        raise Mistake(
            f"a label is {kind}, and the output `{compared.name}` has the shape "
            f"{list(output.shape[1:])} for a sample: they cannot be subtracted",
            field=compared.field,
            fix="Yield numbers of the output's shape as labels, or name another `output`.",
        )
    count = len(output)
    return (
        label.reshape(count, -1).astype(np.float64),
        output.reshape(count, -1).astype(np.float64),
    )


def _plain(values: np.ndarray, position: int) -> Any:
    if values.size == 1:
        return float(values[0])
    if values.size <= _FEW_VALUES:
        return values.tolist()
    return f"{values[position]:g} (value {position} of {values.size})"


def _score_quantities(
    score: float, labels: np.ndarray, outputs: np.ndarray, losses: np.ndarray
) -> Scored:
    def sample(index: int) -> WorstSample:
        position = int(np.abs(outputs[index] - labels[index]).argmax())
        label, prediction = (_plain(values[index], position) for values in (labels, outputs))
        return WorstSample(int(index), label, prediction, float(losses[index]))

    return Scored(float(score), tuple(sample(index) for index in _worst(losses, losses > 0)))


def mae(compared: Compared) -> Scored:
    from sklearn.metrics import mean_absolute_error

    labels, outputs = _quantities(compared)
    losses = np.abs(outputs - labels).mean(axis=1)
    return _score_quantities(mean_absolute_error(labels, outputs), labels, outputs, losses)


def mse(compared: Compared) -> Scored:
    from sklearn.metrics import mean_squared_error

    labels, outputs = _quantities(compared)
    losses = ((outputs - labels) ** 2).mean(axis=1)
    return _score_quantities(mean_squared_error(labels, outputs), labels, outputs, losses)


def max_abs_error(compared: Compared) -> Scored:
    from sklearn.metrics import max_error

    labels, outputs = _quantities(compared)
    losses = np.abs(outputs - labels).max(axis=1)
    score = max_error(labels.ravel(), outputs.ravel())
    return _score_quantities(score, labels, outputs, losses)


FUNCTIONS: Mapping[str, Callable[[Compared], Scored]] = {
    function.__name__: function
    for function in (accuracy, top_k, auc, f1, mae, mse, max_abs_error, agreement)
}
