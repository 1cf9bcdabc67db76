# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Samples that two datasets have in common."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pants_tflite.sandbox.samples.find_shared_samples import main
from pants_tflite.sandbox.samples.find_shared_samples_protocol import (
    SharedSamplesReport,
    SharedSamplesRequest,
)
from pants_tflite.sandbox.samples.npz_files import write_npz


def shared(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> tuple[int, ...]:
    Path("out").mkdir(exist_ok=True)
    write_npz(Path("first.npz"), first)
    write_npz(Path("second.npz"), second)
    main(SharedSamplesRequest("first.npz", "second.npz"))
    report = SharedSamplesReport.parse(Path("out/shared_samples.json").read_bytes())
    assert report.count == len(next(iter(second.values())))
    return report.shared


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_sample_is_known_by_its_inputs_and_not_its_label() -> None:
    rows = np.arange(12, dtype="float32").reshape(6, 2)
    first = {"input/x": rows[:4], "label": np.zeros(4)}
    assert shared(first, {"input/x": rows[3:], "label": np.ones(3)}) == (0,)
    assert shared(first, {"input/0": rows[[5, 1, 4, 0]]}) == (1, 3)
    assert shared(first, {"input/x": rows[4:]}) == ()


def test_all_inputs_must_be_the_same() -> None:
    rows = np.arange(4, dtype="float32").reshape(4, 1)
    first = {"input/a": rows, "input/b": rows}
    assert shared(first, {"input/a": rows, "input/b": rows[::-1]}) == ()
    assert shared(first, first) == (0, 1, 2, 3)
