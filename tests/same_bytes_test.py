# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""All that a repository packages, built again in another folder and without any cache: the same bytes."""

from __future__ import annotations

from typing import Callable

import pytest

from tests.workspace import KERNELS_PANTS_RC, ROOT, PantsRun, Workspace, repository_files

# Training, quantizations, datasets, verification, kernels of custom ops, and bundles of all kinds with them.
FOLDERS = ("3rdparty/tflite", "models/linear", "models/scaled_atan", "src/cc/ops")
# The quantizations that the examples lack, a checked-in model with labels in bundles of all kinds, without custom ops,
# one with TFLite Metadata, and one that TensorFlow Lite Micro alone runs.
BUILD = """\
tflite_quantization(name="ai_edge", mode="int8", engine="ai_edge")
tflite_model(
    name="line",
    saved_model="models/linear:saved_model",
    quantization=parametrize("dynamic_range", "float16", "int16x8", ai_edge=":ai_edge"),
    calibration="models/linear:points",
)
file(name="labels", source="labels.txt")
tflite_file(name="two_scores", source="two_scores.tflite")
tflite_linux_archive(name="linux", models=[":two_scores"], labels={"two_scores": ":labels"})
tflite_micro_library(
    name="mcu",
    models=[":two_scores"],
    labels={"two_scores": ":labels"},
    layout=parametrize("arduino", "cmake", "esp_idf", "zephyr"),
)
tflite_android_library(
    name="android",
    models=[":two_scores"],
    labels={"two_scores": ":labels"},
    package="org.example.scores",
)
tflite_ios_framework(
    name="ios",
    models=[":two_scores"],
    labels={"two_scores": ":labels"},
    bundle_id="org.example.TwoScores",
)
tflite_metadata(name="metadata", model_name="Scores", labels={"scores": ":labels"})
tflite_file(name="described", source="two_scores.tflite", metadata=":metadata")
tflite_file(name="micro_only", source="micro_only.tflite", runtime="micro")
"""
FILES: dict[str, str | bytes] = {
    ".pants.rc": KERNELS_PANTS_RC,
    "m/BUILD": BUILD,
    "m/labels.txt": "cat\ndog\n",
    "m/micro_only.tflite": (ROOT / "tests/micro_only.tflite").read_bytes(),
    "m/two_scores.tflite": (ROOT / "tests/two_scores.tflite").read_bytes(),
    **repository_files(*FOLDERS),
}


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    workspace.succeed("package", "::")
    return workspace


@pytest.fixture(scope="module")
def other(
    new_workspace: Callable[..., Workspace], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Workspace, PantsRun]:
    """The second build, in another folder."""
    other = new_workspace(FILES)
    store = tmp_path_factory.mktemp("empty") / "store"
    run = other.pants("package", "::", env={"PANTS_LOCAL_STORE_DIR": str(store)})
    assert run.exit_code == 0, run.stderr
    return other, run


def test_the_second_build_ran_every_kind_of_step(other: tuple[Workspace, PantsRun]) -> None:
    ran = {step.split()[0] for step in other[1].steps}
    assert {
        "Archive",
        "Compile",
        "Convert",
        "Inspect",
        "Join",
        "Link",
        "Measure",
        "Record",
        "Sample",
        "Train",
        "Verify",
        "Write",
    } <= ran
    assert {
        "Verify the model m:micro_only with TFLite Micro",
        "Write the metadata of m:described",
    } <= set(other[1].steps)


def test_all_files_have_the_same_bytes(
    workspace: Workspace, other: tuple[Workspace, PantsRun]
) -> None:
    hashes = workspace.dist_hashes()
    bundles = {path.partition("/")[2].partition("/")[0].partition("@")[0] for path in hashes}
    assert {"android", "ios", "linux", "mcu", "tflite"} <= bundles
    assert other[0].dist_hashes() == hashes


def test_no_file_names_the_folder_or_the_sandbox(workspace: Workspace) -> None:
    for path in sorted((workspace.folder / "dist").rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            assert str(workspace.folder).encode() not in content, path
            assert b"pants-sandbox" not in content, path
