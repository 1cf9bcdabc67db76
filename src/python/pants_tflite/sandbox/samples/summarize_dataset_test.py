# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `pants run` says of a dataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from pants_tflite.sandbox.samples.dataset_summary import DatasetSummary
from pants_tflite.sandbox.samples.npz_files import Dataset, write_npz
from pants_tflite.sandbox.samples.summarize_dataset import main

Summarize = Callable[..., str]
X = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture
def summarize(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Summarize:
    """Runs the program over arrays, in a folder of its own, and returns what it prints on stdout."""
    monkeypatch.chdir(tmp_path)

    def summarize(
        arrays: dict[str, np.ndarray],
        *arguments: str,
        others: dict[str, dict[str, np.ndarray]] | None = None,
        exit_code: int = 0,
    ) -> str:
        write_npz(Path("here/dataset.npz"), arrays)
        for name, other in (others or {}).items():
            write_npz(Path(f"here/{name}.npz"), other)
        paths = {f"m:{name}": f"{name}.npz" for name in others or {}}
        Path("here/others.json").write_text(json.dumps(paths))
        files = ("--dataset", "here/dataset.npz", "--others", "here/others.json")
        assert main([*files, "--name", "m:samples", *arguments]) == exit_code
        output = capsys.readouterr()
        return output.err if exit_code else output.out

    return summarize


def test_count_shapes_types_and_ranges(summarize: Summarize) -> None:
    flags = np.ones((4, 1), bool)
    text = summarize({"input/x": X, "input/flag": flags})
    assert text.splitlines() == [
        "m:samples: 4 samples",
        "input flag: bool [1], always 1",
        "input x: float32 [3], 0 to 11, mean 5.5, standard deviation 3.452",
        "no sample is there twice",
    ]


def test_one_sample_of_text_that_is_a_sequence(summarize: Summarize) -> None:
    text = summarize({"input/0": np.array([[[b"a"], [b"bc"]]]), "sequence": np.array(True)})
    assert text.splitlines()[:2] == ["m:samples: 1 sequence of calls", "input 0: text [2, 1]"]


def test_classes_are_counted_and_named(summarize: Summarize) -> None:
    Path("names.txt").write_text("cat\ndog\nbird\n")
    arrays = {"input/0": X, "label": np.array([2, 0, 2, 2])}
    lines = summarize(arrays, "--labels", "names.txt").splitlines()
    assert lines[2] == "label: int64 [], 0 to 2"
    assert lines[4:7] == [
        "  cat         1   25.0%  #############",
        "  dog         0    0.0%",
        f"  bird        3   75.0%  {'#' * 40}",
    ]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (np.eye(3, dtype=np.float32)[[0, 0, 2, 1]], {"0": 2, "1": 1, "2": 1}),
        (np.array([[7], [-7], [7], [7]]), {"-7": 1, "7": 3}),
        (np.array([b"b", b"a", b"b", b"b"]), {"a": 1, "b": 3}),
        (np.array([0, 1, 1, 1], bool), {"0": 1, "1": 3}),
        # Two classes at once are no class.
        (np.array([[1, 1], [0, 1], [1, 0], [0, 0]]), {}),
        (X, {}),
    ],
)
def test_labels_are_classes_in_several_forms(
    summarize: Summarize, labels: np.ndarray, expected: dict[str, int]
) -> None:
    plain = json.loads(summarize({"input/0": X, "label": labels}, "--json"))
    assert {bar["name"]: bar["count"] for bar in plain["histogram"]} == expected


def test_labels_of_a_regression_are_counted_in_ranges(summarize: Summarize) -> None:
    labels = np.linspace(0, 1, 100, dtype=np.float32)
    arrays = {"input/0": np.arange(100, dtype=np.float32), "label": labels}
    histogram = json.loads(summarize(arrays, "--json"))["histogram"]
    assert [bar["count"] for bar in histogram] == [10] * 10
    assert histogram[0]["name"] == "0 to 0.1"


def test_a_sample_that_is_there_twice(summarize: Summarize) -> None:
    arrays = {"input/0": X[[0, 1, 0, 2, 1]], "label": np.array([3, 4, 3, 5, 9])}
    text = summarize(arrays)
    assert "4 samples are there more than once: 0, 2; 1, 4\n" in text
    assert "the same sample has different labels: 1, 4\n" in text


def test_samples_that_another_dataset_has_too(summarize: Summarize) -> None:
    """Under another name of the input, and with labels of another type."""
    other = {"input/image": X[[3, 1, 1]], "label": np.array([7, 1, 1], np.int64)}
    arrays = {"input/0": X, "label": np.array([0, 1, 2, 3], np.int64)}
    text = summarize(arrays, others={"other": other, "apart": {"input/0": X + 0.5}})
    assert text.splitlines()[-3:] == [
        "2 samples are in m:other (3 samples) too: 1 is its 1, 3 is its 0",
        "  with another label there: 3 is its 0",
        "no sample is in m:apart (4 samples) too",
    ]


def test_a_file_to_compare_with(summarize: Summarize) -> None:
    write_npz(Path("packaged.npz"), {"input/0": X[:1]})
    text = summarize({"input/0": X}, "--with", "packaged.npz")
    assert "1 sample is in packaged.npz (1 sample) too: 0 is its 0\n" in text


def test_text_is_the_same_in_a_dataset_of_longer_text(summarize: Summarize) -> None:
    other = {"input/0": np.array([b"word", b"something"])}
    text = summarize({"input/0": np.array([b"word"])}, others={"other": other})
    assert "1 sample is in m:other (2 samples) too" in text


def test_arrays_of_the_same_bytes_are_not_the_same_sample(summarize: Summarize) -> None:
    other = {"input/0": X.view(np.int32)}
    reshaped = {"input/0": X[:, np.newaxis]}
    text = summarize({"input/0": X}, others={"other": other, "reshaped": reshaped})
    assert text.count("no sample is in m:") == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--with", "none.npz"), "there is no file `none.npz` in `"),
        (("--with", "here/others.json"), "`here/others.json` is not a dataset that Pants packaged"),
        (("--labels", "none.txt"), "there is no file `none.txt`"),
    ],
)
def test_a_wrong_file_is_an_error(
    summarize: Summarize, arguments: tuple[str, ...], expected: str
) -> None:
    assert expected in summarize({"input/0": X}, *arguments, exit_code=2)


def test_parts_add_up_to_the_whole() -> None:
    random = np.random.default_rng(0)
    x = random.normal(3, 2, (10, 4)).astype(np.float32)
    label = random.integers(0, 3, 10)
    whole = DatasetSummary.of([Dataset({"0": x}, label)])
    parts = DatasetSummary.of(
        [Dataset({"0": x[i : i + 3]}, label[i : i + 3]) for i in (0, 3, 6, 9)]
    )
    assert parts.marks == whole.marks and parts.histogram == whole.histogram
    assert parts.inputs[0].mean == pytest.approx(float(x.mean()), rel=1e-6)
    assert parts.inputs[0].deviation == pytest.approx(float(x.std()), rel=1e-6)
