# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pathlib import Path

import numpy as np

from pants_tflite.sandbox.reporting.predictions import Verdict
from pants_tflite.sandbox.reporting.show_samples import choose
from pants_tflite.sandbox.reporting.show_samples_protocol import (
    ConfusionCell,
    ShownSamples,
    ShowSamplesRequest,
)
from pants_tflite.sandbox.samples.npz_files import Dataset, write_npz
from pants_tflite.sandbox.testing.program_runs import run_program

NAMES = ("cat", "<script>alert(1)</script>")


def show(
    folder: Path,
    inputs: np.ndarray,
    labels: np.ndarray | None,
    outputs: dict[str, np.ndarray],
    *,
    names: tuple[str, ...] = (),
    limit: int = 10,
) -> ShownSamples:
    write_npz(folder / "dataset.npz", Dataset({"x": inputs}, labels).to_arrays())
    arrays = {f"output/{name}": array for name, array in outputs.items()}
    write_npz(folder / "predictions.npz", arrays)
    request = ShowSamplesRequest("dataset.npz", "predictions.npz", names, limit)
    result = run_program("reporting.show_samples", folder, request)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    return ShownSamples.parse((folder / "out/samples.json").read_bytes())


def scores(*classes: int, count: int = 2, sure: float = 0.9) -> np.ndarray:
    array = np.full((len(classes), count), (1 - sure) / (count - 1), np.float32)
    array[np.arange(len(classes)), classes] = sure
    return array


def test_wrong_pictures_come_first_under_the_names_of_their_classes(tmp_path: Path) -> None:
    pictures = np.linspace(0, 1, 4 * 64, dtype=np.float32).reshape(4, 8, 8, 1)
    shown = show(
        tmp_path, pictures, np.array([0, 0, 1, 1]), {"scores": scores(0, 1, 1, 0)}, names=NAMES
    )
    assert (shown.kind, shown.input, shown.count, shown.correct) == ("picture", "x", 4, 2)
    assert [(s.index, s.correct, s.prediction, s.label) for s in shown.samples] == [
        (1, False, NAMES[1], "cat"),
        (3, False, "cat", NAMES[1]),
        (0, True, "cat", "cat"),
        (2, True, NAMES[1], NAMES[1]),
    ]
    assert shown.samples[0].confidence == 0.9
    assert shown.samples[0].content.startswith("data:image/png;base64,")
    assert shown.confusion == (
        ConfusionCell(0, 0, 1),
        ConfusionCell(0, 1, 1),
        ConfusionCell(1, 0, 1),
        ConfusionCell(1, 1, 1),
    )


def test_each_sample_is_drawn_from_its_own_row(tmp_path: Path) -> None:
    inputs = np.arange(6, dtype=np.float32).reshape(3, 2)
    shown = show(tmp_path, inputs, np.array([1, 1, 0]), {"y": scores(1, 0, 0)})
    assert {s.index: s.content for s in shown.samples} == {1: "2, 3", 0: "0, 1", 2: "4, 5"}
    assert shown.classes == ("0", "1")


def test_a_single_score_decides_between_two_classes(tmp_path: Path) -> None:
    output = np.array([[0.2], [0.9]], np.float32)
    shown = show(tmp_path, np.zeros((2, 3), np.float32), np.array([0, 0]), {"y": output})
    assert shown.correct == 1
    assert [s.confidence for s in shown.samples] == [0.9, 0.8]


def test_numbers_are_shown_with_their_errors_the_largest_first(tmp_path: Path) -> None:
    labels = np.array([[1.0], [2.5]], np.float32)
    shown = show(tmp_path, np.zeros((2, 1), np.float32), labels, {"y": labels + [[0.0], [0.5]]})
    assert shown.correct is None and shown.confusion == () and shown.classes == ()
    assert [(s.index, s.label, s.prediction, s.error) for s in shown.samples] == [
        (1, "2.5", "3", 0.5),
        (0, "1", "1", 0.0),
    ]


def test_a_dataset_without_labels_shows_predictions(tmp_path: Path) -> None:
    shown = show(tmp_path, np.zeros((2, 1), np.float32), None, {"y": scores(0, 1)})
    assert [(s.label, s.prediction, s.correct) for s in shown.samples] == [
        (None, "0.9, 0.1", None),
        (None, "0.1, 0.9", None),
    ]


def test_more_samples_than_predictions_are_left_out(tmp_path: Path) -> None:
    shown = show(tmp_path, np.zeros((5, 1), np.float32), np.zeros(5, int), {"y": scores(0, 1)})
    assert shown.count == 2


def test_mistakes_leave_room_for_what_is_right() -> None:
    def verdict(correct: bool, rank: float) -> Verdict:
        return Verdict("a", "b", correct, confidence=rank, error=None, rank=rank)

    wrong = [verdict(False, rank) for rank in (0.5, 0.9, 0.7, 0.6, 0.8, 0.55)]
    right = [verdict(True, -1.0) for _ in range(9)]
    assert choose([*right, *wrong], 8) == [10, 13, 11, 12, 14, 9, 0, 1]
    assert choose(wrong, 4) == [1, 4, 2, 3]
    assert choose(right, 2) == [0, 1]
