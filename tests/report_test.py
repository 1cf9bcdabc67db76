# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants tflite-report`: a whole report on a model in two modes, and against an earlier one."""

from __future__ import annotations

import json
from typing import Callable

import pytest

from tests.workspace import Workspace

EVIL = "<script>alert(1)</script>"
BUILD = """
python_sources()
tf_saved_model(name="saved_model", entry_point="halves.py:export")
tflite_dataset(name="pictures", entry_point="halves.py:pictures")
tflite_model(
    name="tflite",
    saved_model=":saved_model",
    quantization=parametrize("float32", "int8"),
    calibration=":pictures",
)
tflite_test(
    name="test",
    model=":tflite@quantization=int8",
    dataset=":pictures",
    metric="accuracy",
    min_score=0.9,
)
file(name="labels", source="labels.txt")
tflite_linux_archive(
    name="archive",
    models=[":tflite@quantization=int8"],
    platforms=["linux_x86_64"],
    labels={"halves": ":labels"},
)
"""
# Tells pictures whose upper half is bright from others. One label is wrong, so that one prediction is.
MODEL = """
import keras
import numpy as np


def export():
    image = keras.Input((4, 4, 1), name="image")
    scores = keras.layers.Dense(2, activation="softmax", name="scores")
    model = keras.Model(image, scores(keras.layers.Flatten()(image)))
    weights = np.zeros((16, 2), np.float32)
    weights[:8, 0] = weights[8:, 1] = 1
    scores.set_weights([weights, np.zeros(2, np.float32)])
    return model


def pictures():
    random = np.random.default_rng(0)
    for number in range(20):
        label = number % 2
        picture = random.uniform(0, 0.2, (4, 4, 1)).astype(np.float32)
        picture[2 * label : 2 * label + 2] += 0.8
        yield picture, 1 - label if number == 3 else label
"""
REPORT = "dist/tflite-report/report.json"


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    """Holds a model, and a report on it."""
    workspace = new_workspace(
        {
            "halves/BUILD": BUILD,
            "halves/halves.py": MODEL,
            "halves/labels.txt": f"{EVIL}\nlower\n",
        }
    )
    run = workspace.succeed("tflite-report", "halves::")
    assert "Wrote dist/tflite-report/index.html" in run.stdout
    return workspace


def page(workspace: Workspace) -> str:
    return (workspace.folder / "dist/tflite-report/index.html").read_text(encoding="utf-8")


def test_a_report_has_sizes_scores_and_errors(workspace: Workspace) -> None:
    floats, int8 = workspace.json("tflite-report/report.json")["models"]
    assert (floats["variant"], int8["variant"]) == ("float32", "int8")
    assert int8["baseline"] == floats["address"] == "halves:tflite@quantization=float32"
    for model in (floats, int8):
        file = workspace.folder / "dist/tflite-report" / model["files"] / "model.tflite"
        assert model["size"] == file.stat().st_size
        (score,) = model["scores"]
        assert (score["metric"], score["score"], score["count"]) == ("accuracy", 0.95, 20)
    # The float model has no test of its own, and is scored as its int8 form is.
    assert floats["scores"][0]["test"] is None
    assert int8["scores"][0]["test"] == "halves:test"
    assert int8["scores"][0]["min_score"] == 0.9
    assert all(op["accumulated"] is None for op in floats["ops"])
    assert any(op["accumulated"] for op in int8["ops"])


def test_times_stand_in_files_of_their_own(workspace: Workspace) -> None:
    floats, int8 = workspace.json("tflite-report/timings.json")["models"]
    assert floats["ratio"] is None and floats["seconds"] > 0
    assert int8["ratio"] > 0 and len(int8["ops"]) > 1
    script = (workspace.folder / "dist/tflite-report/timings.js").read_text()
    assert script.startswith("window.tfliteTimings = {") and str(int8["ratio"]) in script


def test_names_of_users_are_text_on_the_page(workspace: Workspace) -> None:
    text = page(workspace)
    assert EVIL not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert text.count('class="wrong"') >= 2


def test_two_runs_write_the_same_bytes(workspace: Workspace) -> None:
    before = workspace.dist_hashes()
    workspace.succeed("tflite-report", "--no-times", "halves::")
    after = workspace.dist_hashes()
    for name in ("index.html", "report.json"):
        assert before[f"tflite-report/{name}"] == after[f"tflite-report/{name}"]
    assert "tflite-report/timings.json" not in after


def test_growth_beyond_a_budget_fails(workspace: Workspace) -> None:
    earlier = json.loads((workspace.folder / REPORT).read_text())
    earlier["models"][1]["size"] -= 100
    earlier["models"][1]["scores"][0]["score"] = 1.0
    workspace.write({"earlier/report.json": json.dumps(earlier)})
    args = ("tflite-report", "--no-times", "--against=earlier/report.json")
    assert workspace.pants(*args, "--max-growth=100B", "halves::").exit_code == 0
    run = workspace.pants(*args, "--max-growth=99B", "--max-score-drop=0.01", "halves::")
    assert run.exit_code == 1
    grew = "halves:tflite@quantization=int8: grew by 100 bytes, more than 99"
    assert grew in run.stderr
    assert "lost 0.0500 of its score, more than 0.01" in run.stderr
    assert grew in page(workspace)
    markdown = (workspace.folder / "dist/tflite-report/changes.md").read_text(encoding="utf-8")
    assert "| ❌ over budget | `halves:tflite@quantization=int8` | size |" in markdown
    changes = workspace.json("tflite-report/changes.json")
    assert [change["quantity"] for change in changes["changes"]] == [
        "accuracy on halves:pictures",
        "size",
    ]


def test_what_is_no_report_is_an_error(workspace: Workspace) -> None:
    workspace.write({"earlier/other.json": "{}"})
    for path in ("earlier/other.json", "earlier/none.json"):
        error = workspace.fail("tflite-report", f"--against={path}", "halves::")
        assert f"[tflite-report].against = '{path}'" in error
        assert "Fix: Give the path of a `report.json`" in error
