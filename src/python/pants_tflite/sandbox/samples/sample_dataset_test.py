# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples import sample_dataset as sample
from pants_tflite.sandbox.samples.npz_files import Dataset
from pants_tflite.sandbox.samples.sample_dataset import collect_dataset
from pants_tflite.sandbox.samples.sample_dataset_protocol import (
    ArrayInfo,
    DatasetReport,
    SampleRequest,
)

HEADER = "import random\nimport numpy as np\n"


def write_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> EntryPointFunction:
    """An entry point `data.py:samples` whose module no earlier test has imported."""
    (tmp_path / "data.py").write_text(HEADER + source)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "data", raising=False)
    return EntryPointFunction("data", "samples", "models/data.py")


@pytest.fixture
def collect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def collect(source: str, max_samples: int | None = None, seed: int = 0) -> Dataset:
        entry_point = write_module(tmp_path, monkeypatch, source)
        # A dataset is read from its files as long as it is used.
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        return collect_dataset(EntryPointCall(entry_point, {}), max_samples, seed, folder)

    return collect


@pytest.mark.parametrize(
    "source",
    [
        "def samples():\n    for n in range(3): yield np.array([n, n])",
        "def samples(): return [np.array([n, n]) for n in range(3)]",
        "def samples(): return iter(np.array([[n, n] for n in range(3)]))",
        "def samples(): return np.array([[n, n] for n in range(3)])",
    ],
    ids=["generator", "list", "iterator", "array"],
)
def test_whatever_can_be_iterated(collect: Any, source: str) -> None:
    dataset = collect(source)
    assert dataset.inputs["0"].tolist() == [[0, 0], [1, 1], [2, 2]]


def test_max_samples_ends_an_endless_generator(collect: Any) -> None:
    source = "import itertools\ndef samples():\n    for n in itertools.count(): yield n"
    assert collect(source, max_samples=4).inputs["0"].tolist() == [0, 1, 2, 3]


def test_an_endless_generator_without_max_samples(
    collect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "MAX_BYTES", 4000)
    with pytest.raises(Mistake) as raised:
        collect("def samples():\n    while True: yield np.zeros(250, 'float32')")
    assert raised.value.field == "max_samples"
    assert "passes 0 MiB with its sample 4" in raised.value.message


def test_an_endless_generator_of_small_samples(
    collect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "MAX_SAMPLES", 50)
    source = "def samples():\n    while True: yield np.float32(0)"
    with pytest.raises(Mistake) as raised:
        collect(source)
    assert raised.value.field == "max_samples"
    assert raised.value.message == "the dataset passes 50 samples with its sample 50, and goes on"
    assert len(collect(source, max_samples=60)) == 60
    assert len(collect("def samples(): return np.zeros(50, 'float32')")) == 50


MEMORY = """\
import resource

def samples():
    for index in range(2000):
        yield {"x": np.full(1 << 15, index, "float32"), "text": "x" * 1000}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print("PEAK", peak)
"""


def test_memory_does_not_grow_with_the_samples(tmp_path: Path) -> None:
    (tmp_path / "data.py").write_text(HEADER + MEMORY)
    call = EntryPointCall(EntryPointFunction("data", "samples", "data.py"), {})
    finished = run_program(tmp_path, SampleRequest(call, max_samples=None, seed=0))
    assert finished.returncode == 0, finished.stderr
    dataset = Dataset.read(tmp_path / "out" / "dataset.npz")
    assert dataset.inputs["x"].nbytes == 2000 * 4 << 15
    # The program is at 250 MB of samples here, which are in files.
    assert int(finished.stdout.split()[1]) * 1024 < 150e6
    folders = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == {"out"}


def test_randomness_is_seeded_before_the_import(collect: Any) -> None:
    source = (
        "OFFSET = random.random()\n"
        "def samples():\n    yield np.array([OFFSET, random.random(), np.random.rand()])"
    )
    drawn = [collect(source, seed=seed).inputs["0"].tolist() for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_tensorflow_dataset_shuffles_with_the_seed(collect: Any) -> None:
    source = (
        "import tensorflow as tf\n"
        "def samples(): return tf.data.Dataset.range(50).shuffle(50).map(lambda n: (n, n + 1))"
    )
    drawn = [collect(source, seed=seed) for seed in (1, 1, 2)]
    assert drawn[0].label is not None
    assert drawn[0].label.tolist() == (drawn[0].inputs["0"] + 1).tolist()
    orders = [dataset.inputs["0"].tolist() for dataset in drawn]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == list(range(50))


def test_a_generator_that_is_made_afresh_may_be_one_shot(collect: Any) -> None:
    dataset = collect("def samples(): return (n for n in range(2))")
    assert len(dataset) == 2


@pytest.mark.parametrize(
    "source",
    [
        "def samples(): return []",
        "def samples():\n    if False: yield 1",
        "STREAM = (n for n in range(3))\nlist(STREAM)\ndef samples(): return STREAM",
    ],
    ids=["list", "generator", "consumed"],
)
def test_no_samples(collect: Any, source: str) -> None:
    with pytest.raises(Mistake) as raised:
        collect(source)
    assert raised.value.field == "entry_point" and raised.value.value == "data.py:samples"
    assert raised.value.message == "`samples` in `models/data.py` yielded no samples"
    assert "A generator or iterator can be read only once" in raised.value.fix


@pytest.mark.parametrize("value", ["None", "3", "'text'", "{'a': [1.0]}"])
def test_what_cannot_be_a_dataset(collect: Any, value: str) -> None:
    with pytest.raises(Mistake) as raised:
        collect(f"def samples(): return {value}")
    kind = type(eval(value)).__name__
    assert f"returned `{kind}`, not a sequence of samples" in raised.value.message


def test_an_error_while_yielding_shows_the_users_lines_alone(collect: Any) -> None:
    with pytest.raises(Mistake) as raised:
        collect("def samples():\n    yield 1\n    raise OSError('disk on fire')")
    error = raised.value
    assert error.field == "entry_point"
    assert error.message.endswith("raised OSError while yielding samples: disk on fire")
    assert "raise OSError('disk on fire')" in error.detail
    assert "sample.py" not in error.detail


@pytest.mark.parametrize(
    "source",
    [
        "def samples(): yield np.load('digits.npy')",
        "def samples(): return np.load('digits.npy')",
        "DIGITS = np.load('digits.npy')\ndef samples(): return DIGITS",
        # As Keras and TensorFlow say it.
        "def samples(): raise ValueError('File not found: filepath=digits.npy')",
        "def samples(): raise OSError(\"SavedModel file does not exist at: 'digits.npy'\")",
    ],
    ids=["generator", "function", "module", "keras", "saved_model"],
)
def test_a_file_that_nothing_declares(collect: Any, source: str) -> None:
    with pytest.raises(Mistake) as raised:
        collect(source)
    assert "digits.npy" in raised.value.message
    assert raised.value.fix.startswith("Declare the file: in `inputs`, ")


def test_a_wrong_sample_names_its_index_and_the_function(collect: Any) -> None:
    with pytest.raises(Mistake) as raised:
        collect("def samples():\n    yield np.zeros(2)\n    yield np.zeros(3)")
    assert raised.value.field == "entry_point" and raised.value.value == "data.py:samples"
    assert "sample 1 has the shape (3,) in its input 0" in raised.value.message
    assert "Resize, crop or pad" in raised.value.fix


def test_max_samples_below_one_is_found_before_the_import(collect: Any) -> None:
    with pytest.raises(Mistake) as raised:
        collect("raise SystemExit", max_samples=0)
    assert (raised.value.field, raised.value.value) == ("max_samples", 0)


def run_program(folder: Path, request: SampleRequest) -> subprocess.CompletedProcess:
    (folder / "request.json").write_bytes(request.render())
    root = Path(sample.__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{folder}"}
    argv = [sys.executable, "-m", request.PROGRAM, "request.json"]
    return subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def request_for_labelled_samples(tmp_path: Path) -> SampleRequest:
    (tmp_path / "data.py").write_text(
        HEADER + "def samples(noise):\n"
        "    count = int(noise.read_text())\n"
        "    for n in range(5): yield {'x': np.random.rand(2), 'n': count}, n % 2\n"
    )
    (tmp_path / "noise.txt").write_text("7")
    entry_point = EntryPointFunction("data", "samples", "data.py")
    return SampleRequest(EntryPointCall(entry_point, {"noise": "noise.txt"}), max_samples=3, seed=5)


def test_the_program_writes_the_same_bytes_twice(
    tmp_path: Path, request_for_labelled_samples: SampleRequest
) -> None:
    outputs = []
    for _ in range(2):
        assert run_program(tmp_path, request_for_labelled_samples).returncode == 0
        out = tmp_path / "out"
        outputs.append([(out / name).read_bytes() for name in ("dataset.npz", "dataset.json")])
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0][1])["format_version"] == 1
    report = DatasetReport.parse(outputs[0][1])
    assert report.count == 3
    assert report.inputs == (ArrayInfo("n", (), "int64"), ArrayInfo("x", (2,), "float32"))
    assert report.labels == ArrayInfo("label", (), "int64")
    dataset = Dataset.read(tmp_path / "out" / "dataset.npz")
    assert dataset.inputs["n"].tolist() == [7, 7, 7]
    assert dataset.inputs["x"].shape == (3, 2) and np.ptp(dataset.inputs["x"]) > 0


def test_a_sequence_is_marked_and_checked(
    tmp_path: Path, request_for_labelled_samples: SampleRequest
) -> None:
    sequence = replace(request_for_labelled_samples, sequence=True)
    finished = run_program(tmp_path, sequence)
    assert finished.returncode == 3
    error = json.loads((tmp_path / "out" / "error.json").read_text())
    assert error["field"] == "sequence"
    assert error["message"].endswith("the shapes are n: [], x: [2]")
    source = "def samples(noise): return [(np.zeros((5, 2)), 0), (np.ones((5, 2)), 1)]\n"
    (tmp_path / "data.py").write_text(HEADER + source)
    assert run_program(tmp_path, sequence).returncode == 0
    assert DatasetReport.parse((tmp_path / "out" / "dataset.json").read_bytes()).sequence
    assert Dataset.read(tmp_path / "out" / "dataset.npz").sequence


def test_text_is_described_as_a_string(
    tmp_path: Path, request_for_labelled_samples: SampleRequest
) -> None:
    (tmp_path / "data.py").write_text("def samples(noise): return [['on'], ['off']]\n")
    assert run_program(tmp_path, request_for_labelled_samples).returncode == 0
    report = DatasetReport.parse((tmp_path / "out" / "dataset.json").read_bytes())
    assert report.inputs == (ArrayInfo("0", (), "string"),)


def test_the_program_reports_a_mistake(
    tmp_path: Path, request_for_labelled_samples: SampleRequest
) -> None:
    finished = run_program(tmp_path, replace(request_for_labelled_samples, max_samples=-1))
    assert finished.returncode == 3
    assert json.loads((tmp_path / "out" / "error.json").read_text())["field"] == "max_samples"
