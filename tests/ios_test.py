# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""An iOS framework, packaged by a whole run: what lies in `dist/`, and that it is the same anywhere."""

from __future__ import annotations

import json
import plistlib
import subprocess
import uuid
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.workspace import Workspace

MODEL = Path(__file__).with_name("two_scores.tflite").read_bytes()
BUILD = """\
tflite_file(name="two_scores", source="two_scores.tflite")
file(name="labels", source="labels.txt")
tflite_ios_framework(
    name="ios",
    models=[":two_scores"],
    labels={"two_scores": ":labels"},
    bundle_id="org.example.TwoScores",
    version="1.4.0-rc.1",
    golden=True,
)
"""
# New in every run: what a test expects to run must be in no cache of an earlier run.
NONCE = uuid.uuid4().hex
FILES: dict[str, str | bytes] = {
    "m/BUILD": BUILD,
    "m/labels.txt": f"cat {NONCE}\ndog\n",
    "m/two_scores.tflite": MODEL,
}
MODELS = "Sources/TwoScoresModels/Models"
FRAMEWORKS = (
    "TwoScores.xcframework/ios-arm64/TwoScores.framework",
    "TwoScores.xcframework/ios-arm64_x86_64-simulator/TwoScores.framework",
)
# Only those of the bundle itself, whatever made its models.
BUNDLE_STEPS = [
    *(f"Archive libTwoScores.a for ios_{name}" for name in ("arm64", "simulator_arm64")),
    "Archive libTwoScores.a for ios_simulator_x86_64",
    *(f"Compile TwoScores.c for ios_{name}" for name in ("arm64", "simulator_arm64")),
    "Compile TwoScores.c for ios_simulator_x86_64",
    "Join libTwoScores.a of 2 architectures",
    "Write TwoScores.xcframework.zip of m:ios",
]


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    workspace.succeed("package", "m:ios")
    return workspace


@pytest.fixture(scope="module")
def dist(workspace: Workspace) -> Path:
    return workspace.folder / "dist/m/ios"


@pytest.fixture
def restored(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace, whose files a test may change."""
    yield workspace
    workspace.write(FILES)


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_where(dist: Path) -> None:
    models = ("two_scores.json", "two_scores.labels.txt", "two_scores.tflite")
    framework = (
        "Headers/TwoScores.h",
        "Info.plist",
        "Modules/module.modulemap",
        "PrivacyInfo.xcprivacy",
        "TwoScores",
    )
    assert set(_hashes(dist)) == {
        "Package.swift",
        "README.md",
        "SelfTest/TwoScoresSelfTest.swift",
        "Sources/TwoScoresModels/PrivacyInfo.xcprivacy",
        "Sources/TwoScoresModels/TwoScoresModels.swift",
        "TwoScores.podspec",
        "TwoScores.xcframework.zip",
        "TwoScores.xcframework.zip.sha256",
        "TwoScores.xcframework/Info.plist",
        "manifest.json",
        *(f"{MODELS}/{name}" for name in models),
        *(f"{MODELS}/two_scores.golden_{side}.npz" for side in ("input", "output")),
        *(f"{folder}/{name}" for folder in FRAMEWORKS for name in (*framework, *models)),
    }
    for folder in (MODELS, *FRAMEWORKS):
        assert (dist / folder / "two_scores.tflite").read_bytes() == MODEL
        assert (dist / folder / "two_scores.labels.txt").read_text() == FILES["m/labels.txt"]


def test_the_archive_holds_the_xcframework(dist: Path, tmp_path: Path) -> None:
    archive = dist / "TwoScores.xcframework.zip"
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    unpacked = tmp_path / "TwoScores.xcframework"
    assert _hashes(unpacked) == _hashes(dist / "TwoScores.xcframework")
    subprocess.run(["sha256sum", "-c", f"{archive.name}.sha256"], cwd=dist, check=True)
    checksum = sha256(archive.read_bytes()).hexdigest()
    assert f'checksum: "{checksum}"' in (dist / "README.md").read_text()


def test_the_manifest_lists_everything(dist: Path) -> None:
    manifest = json.loads((dist / "manifest.json").read_text())
    listed = {file["path"]: file["sha256"] for file in manifest["files"]}
    hashes = _hashes(dist)
    del hashes["manifest.json"]
    assert listed == hashes
    (model,) = manifest["models"]
    assert model["sha256"] == hashes[model["file"]]
    assert model["labels"]["sha256"] == hashes[model["labels"]["file"]]
    for side in ("inputs", "outputs"):
        assert model["golden_files"][side] == f"{MODELS}/two_scores.golden_{side[:-1]}.npz"
        assert model["golden_files"][side] in hashes
    assert (manifest["name"], manifest["version"]) == ("TwoScores", "1.4.0-rc.1")
    assert manifest["platforms"] == ["ios_arm64", "ios_simulator_arm64", "ios_simulator_x86_64"]
    assert manifest["tools"]["zig"][0].isdigit()


def test_a_property_list_has_the_version_without_the_pre_release(dist: Path) -> None:
    for folder in FRAMEWORKS:
        plist = plistlib.loads((dist / folder / "Info.plist").read_bytes())
        assert plist["CFBundleShortVersionString"] == plist["CFBundleVersion"] == "1.4.0"


def test_the_swift_says_what_the_model_is(dist: Path) -> None:
    swift = (dist / "Sources/TwoScoresModels/TwoScoresModels.swift").read_text()
    assert 'version: String = "1.4.0-rc.1"' in swift
    assert f'sha256: "{sha256(MODEL).hexdigest()}"' in swift
    assert 'Tensor(name: "features", elementType: "float32", shape: [nil, 3]' in swift
    assert 'Tensor(name: "scores", elementType: "float32", shape: [nil, 2]' in swift
    assert f'            "cat {NONCE}",\n            "dog",\n' in swift


def test_no_path_or_time_of_this_machine(workspace: Workspace, dist: Path) -> None:
    for path in dist.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert str(workspace.folder).encode() not in content, path
            assert b"/tmp/" not in content and b"pants-sandbox" not in content, path


def test_a_changed_label_builds_the_bundle_alone(restored: Workspace) -> None:
    restored.write({"m/labels.txt": f"lion {NONCE}\ndog\n"})
    assert restored.succeed("package", "m:ios").steps == BUNDLE_STEPS


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "org.example.TwoScores",
            "TwoScores",
            "m:ios, field `bundle_id` = 'TwoScores': that is not a bundle identifier",
        ),
        (
            'version="1.4.0-rc.1"',
            'framework="two scores"',
            "m:ios, field `framework` = 'two scores': a framework cannot be called so",
        ),
        (
            'version="1.4.0-rc.1"',
            'min_ios="9.0"',
            "m:ios, field `min_ios` = '9.0': that is not a version of iOS from 12.0 on",
        ),
        (
            'labels={"two_scores": ":labels"}',
            'labels={"scores": ":labels"}',
            "m:ios, field `labels` = 'scores': no model of the bundle has that name",
        ),
    ],
)
def test_mistakes(restored: Workspace, old: str, new: str, expected: str) -> None:
    restored.write({"m/BUILD": BUILD.replace(old, new)})
    error = restored.fail("package", "m:ios")
    assert expected in error
    assert "Starting: Inspect" not in error
