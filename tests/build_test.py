# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What is built, what is built again after an edit, and that it is the same anywhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import uuid
from hashlib import sha256
from typing import Callable, Iterator

import pytest

from tests.tiny_models import BUILD, TRAIN, tiny_model
from tests.workspace import Workspace

VARIANTS = ("float32", "dynamic_range", "float16", "int8", "int16x8", "int8_io", "ai_edge")
# New in every run: what a test expects to run must be in no cache of an earlier run.
NONCE = uuid.uuid4().int % 2**31
FILES = tiny_model(seed=NONCE)
TRAIN_STEP = "Train and export m:saved_model"
SAMPLE_STEP = "Sample the dataset m:calibration"
RECORD_STEP = "Record what m:saved_model computes"


def convert_step(variant: str, mode: str | None = None) -> str:
    return f"Convert m:tflite@quantization={variant} to {mode or variant}"


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    workspace.succeed("package", "::")
    return workspace


@pytest.fixture
def restored(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace, whose files a test may change."""
    yield workspace
    workspace.write(FILES)


def conversions(steps: list[str]) -> set[str]:
    return {step for step in steps if re.match("Convert|Quantize", step)}


def test_dist_holds_every_variant(workspace: Workspace) -> None:
    files = set(workspace.dist_hashes())
    for variant in VARIANTS:
        for name in ("model.tflite", "model.json", "golden_input.npz", "golden_output.npz"):
            assert f"m/tflite@quantization={variant}/{name}" in files
    assert "m/saved_model/saved_model/saved_model.pb" in files
    assert [file for file in files if "calibration" in file] == ["m/calibration/dataset.json"]
    assert not [file for file in files if file.endswith("fingerprint.pb")]


def test_modes_with_the_same_golden_input_share_it(workspace: Workspace) -> None:
    dist = workspace.folder / "dist/m"
    links = {v: dist / f"tflite@quantization={v}" / "golden_input.npz" for v in VARIANTS}
    assert all(link.is_symlink() for link in links.values())
    shared = {path.stem: path for path in (dist / "golden_inputs").iterdir()}
    assert {v: link.resolve() for v, link in links.items()} == {
        v: shared[sha256(link.read_bytes()).hexdigest()] for v, link in links.items()
    }
    # That of int8_io is int8.
    assert len(shared) == 2
    assert links["int8_io"].resolve() != links["int8"].resolve() == links["float32"].resolve()


def test_one_mode_packaged_by_itself_has_its_golden_input(workspace: Workspace) -> None:
    shutil.rmtree(workspace.folder / "dist")
    workspace.succeed("package", "m:tflite@quantization=int8")
    link = workspace.folder / "dist/m/tflite@quantization=int8/golden_input.npz"
    (shared,) = (workspace.folder / "dist/m/golden_inputs").iterdir()
    assert link.resolve() == shared
    workspace.succeed("package", "::")


def test_samples_are_packaged_only_where_a_field_asks_for_them(restored: Workspace) -> None:
    folder = restored.folder / "dist/m/calibration"
    before = (folder / "dataset.json").read_bytes()
    restored.write(
        {"m/BUILD": BUILD.replace("max_samples=8", "max_samples=8, include_samples=True")}
    )
    # Sampled already, for the models.
    assert restored.succeed("package", "m:calibration").steps == []
    assert sorted(path.name for path in folder.iterdir()) == ["dataset.json", "dataset.npz"]
    assert (folder / "dataset.json").read_bytes() == before
    restored.write(FILES)
    restored.succeed("package", "m:calibration")
    assert [path.name for path in folder.iterdir()] == ["dataset.json"]


@pytest.mark.parametrize(
    ("variant", "dtype"),
    [("float32", "float32"), ("int8", "float32"), ("int8_io", "int8"), ("ai_edge", "float32")],
)
def test_model_json_describes_the_model(workspace: Workspace, variant: str, dtype: str) -> None:
    folder = f"m/tflite@quantization={variant}"
    description = workspace.json(f"{folder}/model.json")
    assert [tensor["dtype"] for tensor in description["inputs"]] == [dtype]
    assert [tensor["dtype"] for tensor in description["outputs"]] == [dtype]
    assert description["sha256"] == workspace.dist_hashes()[f"{folder}/model.tflite"]
    assert {"CONV_2D", "FULLY_CONNECTED", "SOFTMAX"} <= {op["name"] for op in description["ops"]}
    assert description["verification"]["samples"]["count"] == 8
    dataset = workspace.json("m/calibration/dataset.json")
    expected = {"count": 8, "fingerprint": dataset["fingerprint"]}
    assert description["calibration"] == (None if variant == "float32" else expected)
    assert description["tools"]["tensorflow"].startswith("2.")


def test_nothing_to_do(workspace: Workspace) -> None:
    before = workspace.dist_hashes()
    assert workspace.succeed("package", "::").steps == []
    assert workspace.dist_hashes() == before


def test_a_comment_trains_again_and_stops_there(restored: Workspace) -> None:
    before = restored.dist_hashes()
    restored.write({"m/train.py": f"# Remark {NONCE}.\n{TRAIN}"})
    assert restored.succeed("package", "::").steps == [TRAIN_STEP]
    assert restored.dist_hashes() == before


def test_a_changed_sample_reconverts_only_what_calibrates(restored: Workspace) -> None:
    restored.write({"m/data.py": tiny_model(seed=NONCE + 1)["m/data.py"]})
    steps = restored.succeed("package", "::").steps
    assert {SAMPLE_STEP, RECORD_STEP} <= set(steps)
    assert TRAIN_STEP not in steps
    assert conversions(steps) == {
        convert_step("int8"),
        convert_step("int8_io", "int8"),
        convert_step("int16x8"),
        "Quantize m:tflite@quantization=ai_edge with the AI Edge Quantizer",
    }


def test_an_int8_edit_converts_once_and_trains_nothing(restored: Workspace) -> None:
    edited = BUILD.replace('output_type="int8"', 'output_type="float32"')
    restored.write({"m/BUILD": edited})
    steps = restored.succeed("package", "::").steps
    assert conversions(steps) == {convert_step("int8_io", "int8")}
    assert not {TRAIN_STEP, SAMPLE_STEP, RECORD_STEP} & set(steps)


def test_what_is_used_twice_is_built_once(restored: Workspace) -> None:
    again = 'tflite_model(name="again", saved_model=":saved_model", quantization="float16")\n'
    restored.write({"m/BUILD": BUILD + again})
    steps = restored.succeed("package", "m:again").steps
    # No dataset verifies this one, so the SavedModel is recorded with seeded samples.
    assert conversions(steps) == set()
    assert TRAIN_STEP not in steps


def test_run_prints_details_and_a_prediction(workspace: Workspace) -> None:
    image = str([[[[0.5]] * 8] * 8])
    text = workspace.succeed("run", "m:tflite@quantization=int8_io", "--", "--input", image).stdout
    assert re.search(r"input: +image +int8 \[\?, 8, 8, 1\]", text)
    assert re.search(r"output_0 = \[\[[0-9.]+, [0-9.]+, [0-9.]+, [0-9.]+\]\]", text)


def test_run_explains_a_wrong_shape(workspace: Workspace) -> None:
    run = workspace.pants("run", "m:tflite@quantization=float32", "--", "--input", "[[1.0]]")
    assert run.exit_code != 0
    assert "`image` takes the shape [?, 8, 8, 1] of float32; got [1, 1]" in run.stderr
    assert "Traceback" not in run.stderr


def test_dependencies_tell_the_truth(workspace: Workspace) -> None:
    found = workspace.succeed("dependencies", "m:tflite@quantization=int8_io").stdout.split()
    assert found == ["m:calibration", "m:int8_io", "m:saved_model"]
    found = workspace.succeed("dependents", "--transitive", "m/train.py").stdout.split()
    assert {"m:saved_model", *(f"m:tflite@quantization={v}" for v in VARIANTS)} <= set(found)


def test_changed_since_tells_the_truth(restored: Workspace) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "m"], ["commit", "-qm", "All"]):
        subprocess.run([*git, *command], cwd=restored.folder, check=True)
    restored.write({"m/data.py": f"# A remark.\n{FILES['m/data.py']}"})
    found = restored.succeed(
        "--changed-since=HEAD", "--changed-dependents=transitive", "list"
    ).stdout.split()
    assert "m:calibration" in found
    assert "m:tflite@quantization=float32" in found
    assert "m:saved_model" not in found
