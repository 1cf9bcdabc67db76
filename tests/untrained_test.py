# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Models before their training, and that no trained model is made of them."""

from __future__ import annotations

import shutil
from typing import Any, Callable

import pytest

from tests.workspace import Workspace

BUILD = """\
python_sources()

tf_saved_model(
    name="features", entry_point="train.py:features", untrained="architecture.py:features"
)
tf_saved_model(
    name="classifier",
    entry_point="train.py:classifier",
    untrained="architecture.py:classifier",
    inputs={"features": ":features", "never_built": ":broken"},
)
tf_saved_model(name="broken", entry_point="train.py:broken")
tflite_dataset(name="images", entry_point="data.py:images")
tflite_dataset(
    name="shifted", entry_point="data.py:shifted", inputs={"features": ":features"}
)
tflite_model(
    name="tflite",
    saved_model=":features",
    quantization=parametrize("float32", "int8"),
    calibration=":images",
)
tflite_model(
    name="on_top", saved_model=":classifier", quantization="int8", calibration=":shifted"
)

# Its one function is both.
tf_saved_model(name="same", entry_point="train.py:same", untrained="train.py:same")
tflite_model(name="from_same", saved_model=":same")

tflite_model(name="from_broken", saved_model=":broken")
tf_saved_model(
    name="on_broken",
    entry_point="train.py:broken",
    untrained="architecture.py:on_broken",
    inputs={"broken": ":broken"},
)
tflite_model(name="from_on_broken", saved_model=":on_broken")
tf_saved_model(
    name="unknown",
    entry_point="train.py:broken",
    untrained="architecture.py:with_size",
    inputs={"broken": ":broken"},
)
tflite_model(name="from_unknown", saved_model=":unknown")

tf_saved_model_files(name="files", sources=["checked_in/**"])
tflite_model(name="from_files", saved_model=":files")
"""
ARCHITECTURE = """\
from pathlib import Path

import keras


def features() -> keras.Model:
    image = keras.Input((4, 4, 1), name="image")
    flat = keras.layers.Flatten()(image)
    return keras.Model(image, keras.layers.Dense(8, activation="relu", name="hidden")(flat))


def classifier(features: Path) -> keras.Model:
    extractor = keras.layers.TFSMLayer(str(features), call_endpoint="serving_default")
    image = keras.Input((4, 4, 1), name="image")
    (vector,) = extractor(image).values()
    return keras.Model(image, keras.layers.Dense(3, activation="softmax", name="scores")(vector))


def on_broken(broken: Path) -> keras.Model:
    return features()


def with_size(size: int) -> keras.Model:
    return features()
"""
TRAIN = """\
from pathlib import Path

import keras

from m import architecture


def _train(model: keras.Model) -> keras.Model:
    model.set_weights([weight + 1 for weight in model.get_weights()])
    return model


def features() -> keras.Model:
    return _train(architecture.features())


def classifier(features: Path, never_built: Path) -> keras.Model:
    return _train(architecture.classifier(features))


def same() -> keras.Model:
    return architecture.features()


def broken() -> keras.Model:
    raise RuntimeError("the training takes a day")
"""
DATA = """\
import keras
import numpy as np


def images():
    random = np.random.default_rng(0)
    for index in range(8):
        yield random.random((4, 4, 1), dtype=np.float32)


def shifted(features):
    extractor = keras.layers.TFSMLayer(str(features), call_endpoint="serving_default")
    for image in images():
        (vector,) = extractor(image[np.newaxis]).values()
        yield image + np.float32(vector.numpy().mean())
"""
# What tests with budgets and reports ask for, as files.
GOAL = """\
from pants.core.util_rules.distdir import DistDir
from pants.engine.fs import AddPrefix, MergeDigests, Workspace
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.target import Targets

from pants_tflite.compat import add_prefix, collect_rules, concurrently, goal_rule, merge_digests
from pants_tflite.pipeline.build import BuildModelRequest, build_model
from pants_tflite.pipeline.plan import TfLiteModelFieldSet


class BuildUntrainedSubsystem(GoalSubsystem):
    name = "build-untrained"
    help = "Builds models before their training."


class BuildUntrained(Goal):
    subsystem_cls = BuildUntrainedSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def build_untrained(
    targets: Targets, dist_dir: DistDir, workspace: Workspace
) -> BuildUntrained:
    built = await concurrently(
        build_model(BuildModelRequest(TfLiteModelFieldSet.create(target), untrained=True))
        for target in targets
    )
    placed = await concurrently(
        add_prefix(AddPrefix(model.digest, "untrained/" + str(target.address).replace(":", ".")))
        for target, model in zip(targets, built)
    )
    merged = await merge_digests(MergeDigests(placed))
    workspace.write_digest(merged, path_prefix=str(dist_dir.relpath))
    return BuildUntrained(0)


def rules():
    return collect_rules()
"""
PANTS_RC = """\
[GLOBAL]
pythonpath.add = ["%(buildroot)s/plugins"]
backend_packages.add = ["untrained_goal"]
"""
FILES = {
    ".pants.rc": PANTS_RC,
    "m/BUILD": BUILD,
    "m/architecture.py": ARCHITECTURE,
    "m/data.py": DATA,
    "m/train.py": TRAIN,
    "plugins/untrained_goal/__init__.py": "",
    "plugins/untrained_goal/register.py": GOAL,
}
MODELS = ("m:tflite@quantization=float32", "m:tflite@quantization=int8")


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    """A workspace that has built models untrained, and nothing else so far."""
    workspace = new_workspace(FILES)
    run = workspace.succeed("build-untrained", *MODELS, "m:on_top", "m:from_same")
    assert "Train and export" not in run.stderr
    return workspace


def untrained(workspace: Workspace, name: str) -> Any:
    return workspace.json(f"untrained/m.{name}/model.json")


def test_a_model_is_converted_and_verified_without_its_training(workspace: Workspace) -> None:
    for mode in ("float32", "int8"):
        described = untrained(workspace, f"tflite@quantization={mode}")
        assert described["untrained"] is True
        assert {op["name"] for op in described["ops"]} >= {"FULLY_CONNECTED"}
        (output,) = described["verification"]["outputs"]
        assert output["name"] == "output_0"
    # It has all that the weights do not change.
    assert described["calibration"]["count"] == 8
    assert described["tensor_dtypes"]["int8"] > 0


def test_a_model_takes_inputs_untrained_and_only_those_that_it_names(workspace: Workspace) -> None:
    described = untrained(workspace, "on_top")
    assert described["untrained"] is True
    assert {op["name"] for op in described["ops"]} >= {"FULLY_CONNECTED", "SOFTMAX"}
    assert described["calibration"]["count"] == 8


def test_the_untrained_model_is_never_packaged(workspace: Workspace) -> None:
    """Although everything about it is in the cache."""
    workspace.succeed("package", *MODELS)
    for mode in ("float32", "int8"):
        described = workspace.json(f"m/tflite@quantization={mode}/model.json")
        assert "untrained" not in described
        before = untrained(workspace, f"tflite@quantization={mode}")
        assert described["sha256"] != before["sha256"]
        assert described["sizes"] == before["sizes"]
        assert described["ops"] == before["ops"]
    # Nor is the trained one taken for the untrained one.
    before = untrained(workspace, "tflite@quantization=int8")
    workspace.succeed("build-untrained", *MODELS)
    assert untrained(workspace, "tflite@quantization=int8") == before


def test_one_function_for_both_makes_a_trained_and_an_untrained_model(
    workspace: Workspace,
) -> None:
    workspace.succeed("package", "m:from_same")
    described = workspace.json("m/from_same/model.json")
    before = untrained(workspace, "from_same")
    assert "untrained" not in described and before["untrained"] is True
    # Its biases of 0 are not the trained model's.
    assert described["sha256"] != before["sha256"]


def test_an_edit_of_the_training_leaves_the_untrained_model(workspace: Workspace) -> None:
    workspace.write({"m/train.py": f"{TRAIN}\n# A comment.\n"})
    run = workspace.succeed("build-untrained", *MODELS)
    assert run.steps == []
    workspace.write({"m/train.py": TRAIN})


def test_files_are_themselves(workspace: Workspace) -> None:
    workspace.succeed("package", "m:features")
    shutil.copytree(
        workspace.folder / "dist/m/features/saved_model", workspace.folder / "m/checked_in"
    )
    workspace.succeed("package", "m:from_files")
    workspace.succeed("build-untrained", "m:from_files")
    assert untrained(workspace, "from_files") == workspace.json("m/from_files/model.json")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "from_broken",
            "m:broken, field `untrained`: the model is asked for without its training, and names no",
        ),
        ("from_on_broken", "m:broken, field `untrained`: the model is asked for without"),
        (
            "from_unknown",
            "m:unknown, field `untrained` = 'architecture.py:with_size': `with_size(size: int)",
        ),
    ],
)
def test_what_would_need_a_training_is_an_error(
    workspace: Workspace, name: str, expected: str
) -> None:
    error = workspace.fail("build-untrained", f"m:{name}")
    assert expected in error
    assert "the training takes a day" not in error
