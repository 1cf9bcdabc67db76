# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Models with TFLite Metadata in them, those that TensorFlow Lite Micro alone runs, one for an NPU, and one with few
different weights."""

from __future__ import annotations

import io
import json
import re
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from tests.workspace import Workspace

HERE = Path(__file__).parent
BUILD = """\
file(name="labels", source="labels.txt")

tflite_metadata(
    name="metadata",
    model_name="Pets",
    description="Tells cats from dogs.",
    version="1.2.0",
    author="Example Ltd",
    license="Apache-2.0",
    labels={"scores": ":labels"},
)
tflite_file(name="plain", source="scores.tflite")
tflite_file(name="described", source="scores.tflite", metadata=":metadata")
tflite_android_library(name="android", models=[":described"], package="org.example.pets")

tflite_file(name="old", source="old.tflite", runtime="micro")
tflite_file(name="ring", source="ring.tflite", runtime="micro", custom_ops=["CIRCULAR_BUFFER"])
tflite_file(name="unmarked", source="old.tflite")
tflite_file(name="needless", source="scores.tflite", runtime="micro")
tflite_micro_library(name="mcu", models=[":old", ":described", ":ring", ":compiled"])
tflite_android_library(name="old_android", models=[":old"], package="org.example.old")
tflite_ios_framework(name="old_ios", models=[":old"], bundle_id="org.example.Old")
tflite_linux_archive(name="old_linux", models=[":old"])

tflite_file(name="sine", source="sine.tflite")
tflite_file(name="compiled", source="compiled.tflite", custom_ops=["ethos-u"], golden_model=":sine")
tflite_file(
    name="misfit", source="compiled.tflite", custom_ops=["ethos-u"], golden_model=":plain"
)
tflite_file(name="runs", source="sine.tflite", golden_model=":plain")

tflite_file(name="clustered", source="clustered.tflite")
tflite_micro_library(name="packed", models=[":clustered", ":sine"], compression="lut")
tflite_micro_library(name="not_packed", models=[":sine"], compression="lut")
tflite_micro_library(name="npu_packed", models=[":compiled"], compression="lut")
"""
FILES: dict[str, str | bytes] = {
    "m/BUILD": BUILD,
    "m/labels.txt": "cat\ndog\n",
    "m/old.tflite": (HERE / "micro_only.tflite").read_bytes(),
    "m/clustered.tflite": (HERE / "clustered.tflite").read_bytes(),
    "m/compiled.tflite": (HERE / "sine_int8_vela.tflite").read_bytes(),
    "m/ring.tflite": (HERE / "ring_buffer.tflite").read_bytes(),
    "m/sine.tflite": (HERE / "sine_int8.tflite").read_bytes(),
    "m/scores.tflite": (HERE / "two_scores.tflite").read_bytes(),
}
GOOD = ("m:plain", "m:described", "m:android", "m:old", "m:sine", "m:compiled", "m:mcu", "m:packed")


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    workspace.succeed("package", *GOOD)
    return workspace


@pytest.fixture
def restored(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace, whose files a test may change."""
    yield workspace
    workspace.write(FILES)


def packaged(workspace: Workspace, path: str) -> bytes:
    return (workspace.folder / "dist" / "m" / path).read_bytes()


# -----------------------------------------------------------------------------------------------
# Metadata
# -----------------------------------------------------------------------------------------------


def test_a_model_without_the_field_keeps_its_bytes(workspace: Workspace) -> None:
    assert packaged(workspace, "plain/model.tflite") == FILES["m/scores.tflite"]


def test_the_labels_are_in_the_model(workspace: Workspace) -> None:
    content = packaged(workspace, "described/model.tflite")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["labels.txt"]
        assert archive.read("labels.txt") == b"cat\ndog\n"
    for text in ("Pets", "Tells cats from dogs.", "1.2.0", "Example Ltd", "Apache-2.0"):
        assert content.count(text.encode()) == 1


def test_the_description_is_of_the_whole_file(workspace: Workspace) -> None:
    content = packaged(workspace, "described/model.tflite")
    described = workspace.json("m/described/model.json")
    assert described["sizes"]["file"] == len(content)
    assert described["sha256"] == sha256(content).hexdigest()
    assert "TFLITE_METADATA" in described["metadata"]
    # The model was run as it is packaged, and computes what it did.
    golden = packaged(workspace, "described/golden_output.npz")
    assert golden == packaged(workspace, "plain/golden_output.npz")


def test_bundles_carry_the_same_file(workspace: Workspace) -> None:
    content = packaged(workspace, "described/model.tflite")
    (library,) = (workspace.folder / "dist/m/android").glob("*.aar")
    with zipfile.ZipFile(library) as archive:
        (asset,) = (name for name in archive.namelist() if name.endswith(".tflite"))
        assert archive.read(asset) == content
    assert packaged(workspace, "mcu/models/described.tflite") == content
    source = packaged(workspace, "mcu/src/described_model.cc").decode()
    array = bytes(int(byte, 16) for byte in re.findall(r"0x(\w\w),", source))
    assert array == content


def test_labels_that_do_not_fit(restored: Workspace) -> None:
    restored.write({"m/labels.txt": "cat\ndog\nmouse\n"})
    error = restored.fail("package", "m:described")
    assert "m:described, field `metadata`: it has 3 labels for `scores`" in error


# -----------------------------------------------------------------------------------------------
# A model that LiteRT refuses
# -----------------------------------------------------------------------------------------------


def verification(workspace: Workspace, description: str) -> dict[str, Any]:
    found: dict[str, Any] = workspace.json(description)["verification"]
    return found


def test_a_model_of_one_runtime_is_marked(workspace: Workspace) -> None:
    marked = verification(workspace, "m/old/model.json")
    assert "refuses the model: quantized_dimension must be in range" in marked["micro_only"]
    assert marked["kernels"] == "tflite-micro"
    assert "micro_only" not in verification(workspace, "m/plain/model.json")
    _, described, old, ring = workspace.json("m/mcu/manifest.json")["models"]
    assert (old["name"], old["micro_only"]) == ("old", marked["micro_only"])
    assert (ring["name"], ring["golden"]["calls"]) == ("ring", 4)
    assert "CIRCULAR_BUFFER" in ring["micro_only"]
    assert "micro_only" not in described
    assert old["golden"]["calls"] == 4
    in_library = json.loads(packaged(workspace, "mcu/models/old.json"))
    assert in_library["verification"] == marked


def test_the_self_test_has_what_the_runtime_computed(workspace: Workspace) -> None:
    golden = packaged(workspace, "mcu/self_test/old_golden.cc").decode()
    (values,) = re.findall(r"kOutput0\[\] = \{\n(.*?)\}", golden, re.DOTALL)
    assert len(set(re.findall(r"-?\d+", values))) > 1


@pytest.mark.parametrize("kind", ["android", "ios", "linux"])
def test_other_bundles_refuse_it(workspace: Workspace, kind: str) -> None:
    error = workspace.fail("package", f"m:old_{kind}")
    assert f"m:old_{kind}, field `models`: LiteRT, which runs the models of this bundle, " in error
    assert "refuses m:old" in error


def test_without_the_field_the_error_names_it(workspace: Workspace) -> None:
    error = workspace.fail("package", "m:unmarked")
    assert "m:unmarked, field `source`: LiteRT " in error
    assert 'set `runtime="micro"`' in error


def test_ops_of_a_file_that_litert_refuses_and_of_a_bundle(workspace: Workspace) -> None:
    goal = ("tflite-ops", "--runtimes=litert", "--runtimes=micro")
    text = workspace.succeed(*goal, "m:unmarked").stdout
    assert re.search(r"^  FULLY_CONNECTED +4 +1 .* no +yes", text, re.MULTILINE), text
    assert "    m:unmarked, field `source`: LiteRT " in text
    assert "refuses the model: quantized_dimension must be in range" in text
    targets = ("m:mcu", "m:plain", "m:unmarked")
    listed = json.loads(workspace.succeed(*goal, "--format=json", *targets).stdout)
    by_target = {each["target"]: each for each in listed}
    assert list(by_target) == [
        "m:compiled",
        "m:described",
        "m:old",
        "m:plain",
        "m:ring",
        "m:unmarked",
    ]
    unmarked = by_target["m:unmarked"]
    assert "quantized_dimension" in unmarked["refusal"]
    assert unmarked["tflite_ops"] == by_target["m:old"]["tflite_ops"] != []
    assert [(asked["runtime"], asked["loads"]) for asked in unmarked["runtimes"]] == [
        ("litert", False),
        ("micro", True),
    ]
    assert [target for target, each in by_target.items() if each["refusal"]] == ["m:unmarked"]
    assert [op["op"] for op in by_target["m:compiled"]["tflite_ops"]] == ["ethos-u"]
    assert by_target["m:plain"]["tflite_ops"] == by_target["m:described"]["tflite_ops"]


def test_ops_of_what_is_no_model(restored: Workspace) -> None:
    restored.write({"m/old.tflite": b"no model"})
    error = restored.fail("tflite-ops", "m:unmarked")
    assert "m:unmarked, field `source`" in error and "old.tflite" in error


def test_the_field_is_for_models_that_litert_refuses(workspace: Workspace) -> None:
    error = workspace.fail("package", "m:needless")
    assert "m:needless, field `runtime`: LiteRT 2.3.0 runs the model" in error


# -----------------------------------------------------------------------------------------------
# A model that Vela compiled before
# -----------------------------------------------------------------------------------------------


def test_a_compiled_model_has_the_golden_files_of_the_model_before(workspace: Workspace) -> None:
    for name in ("golden_input.npz", "golden_output.npz"):
        assert packaged(workspace, f"compiled/{name}") == packaged(workspace, f"sine/{name}")
    described = workspace.json("m/compiled/model.json")
    assert described["golden_model"] == workspace.json("m/sine/model.json")["sha256"]
    assert "ethos-u" in described["verification"]["not_run"]


def test_the_library_of_a_compiled_model_adds_its_op_and_has_the_vectors(
    workspace: Workspace,
) -> None:
    compiled = workspace.json("m/mcu/manifest.json")["models"][0]
    assert compiled["name"] == "compiled"
    assert packaged(workspace, "mcu/models/compiled.tflite") == FILES["m/compiled.tflite"]
    assert "AddEthosU()" in packaged(workspace, "mcu/src/op_resolver.cc").decode()
    assert compiled["npu"]["golden_model"] == workspace.json("m/sine/model.json")["sha256"]
    assert "the golden vectors are those of the model before Vela" in compiled["npu"]["numerics"]
    golden = packaged(workspace, "mcu/self_test/compiled_golden.cc").decode()
    (values,) = re.findall(r"kOutput0\[\] = \{\n(.*?)\}", golden, re.DOTALL)
    assert len(set(re.findall(r"-?\d+", values))) > 1
    # What Vela planned for tensors, and TensorFlow Lite Micro's own tables.
    arena = compiled["arena"]
    assert arena["bytes"] >= arena["planned_tensors"] + arena["planned_runtime"] > 0


def test_golden_vectors_of_another_model_must_fit(workspace: Workspace) -> None:
    error = workspace.fail("package", "m:misfit")
    assert "m:misfit, field `golden_model` = ':plain': the golden vectors of that model do" in error


def test_a_model_that_runs_has_its_own_golden_vectors(workspace: Workspace) -> None:
    error = workspace.fail("package", "m:runs")
    assert "m:runs, field `golden_model` = ':plain': the model runs here, so that" in error


# -----------------------------------------------------------------------------------------------
# A model with few different weights
# -----------------------------------------------------------------------------------------------


def test_the_library_holds_the_compressed_model(workspace: Workspace) -> None:
    clustered, sine = workspace.json("m/packed/manifest.json")["models"]
    content = packaged(workspace, "packed/models/clustered.tflite")
    assert len(content) == clustered["bytes"] == clustered["compression"]["bytes_after"]
    assert clustered["compression"]["bytes_won"] == len(FILES["m/clustered.tflite"]) - len(content)
    assert clustered["compression"]["bytes_won"] > 1000 < clustered["compression"]["arena_lost"]
    assert clustered["sha256"] == sha256(content).hexdigest()
    assert clustered["arena"]["smallest"] == clustered["compression"]["arena_after"]
    # LiteRT is a step off, before and after.
    assert [output["largest_difference"] for output in clustered["golden"]["outputs"]] == [1.0]
    assert "AddDecode()" in packaged(workspace, "packed/src/op_resolver.cc").decode()
    # It wins nothing.
    assert packaged(workspace, "packed/models/sine.tflite") == FILES["m/sine.tflite"]
    assert sine["compression"]["bytes_won"] == 0


def test_a_library_that_wins_nothing_by_compression_is_an_error(workspace: Workspace) -> None:
    error = workspace.fail("package", "m:not_packed")
    assert "m:not_packed, field `compression` = 'lut': nothing is won for sine: no int8" in error


def test_what_cannot_be_compared_is_not_compressed(workspace: Workspace) -> None:
    error = workspace.fail("package", "m:npu_packed")
    assert (
        "m:npu_packed, field `compression` = 'lut': compiled (m:compiled) has the custom ops"
        in error
    )
    assert "ethos-u, which TFLite Micro's wheel cannot run" in error
