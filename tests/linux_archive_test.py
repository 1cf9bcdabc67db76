# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Linux archives: packaged, unpacked, installed and run."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from pants_tflite.sandbox.testing.small_models import (
    cast_model,
    custom_op_model,
    linear_model,
    quantized_linear_model,
    softmax_model,
    two_inputs_model,
)
from tests.emulated_board import (
    install_for_board,
    missing_packages,
    new_venv,
    pip_options,
    set_up_board,
)
from tests.workspace import Workspace

# New in every run: what a test expects to run must be in no cache of an earlier run.
NONCE = uuid.uuid4().hex
MODELS = {
    "classes": softmax_model(),
    "dot": two_inputs_model(),
    "linear": linear_model(),
    "picture": cast_model("float32", None, 2, 4, 3),
    "quantized": quantized_linear_model(io_type="int8"),
}
PLATFORMS = ("linux_aarch64", "linux_x86_64")
HERE = f"linux_{platform.machine()}"
BUILD = "".join(f'tflite_file(name="{name}", source="{name}.tflite")\n' for name in MODELS)
BUILD += f"""\
file(name="labels", source="labels.txt")
tflite_linux_archive(
    name="demo",
    models={[f":{name}" for name in MODELS]},
    labels={{"classes": ":labels"}},
    version="1.2.0",
)
tflite_linux_archive(
    name="golden",
    models={[f":{name}" for name in MODELS]},
    archive_name="golden",
    platforms=["{HERE}"],
    golden=True,
)
"""
LABELS = f"cat\ndog\n{NONCE}\n"
FILES: dict[str, str | bytes] = {
    "m/BUILD": BUILD,
    "m/labels.txt": LABELS,
    **{f"m/{name}.tflite": data for name, data in MODELS.items()},
}
NAMES = {name: f"m_demo-1.2.0-{name}" for name in PLATFORMS}
WRITE_STEPS = [f"Write {name}.tar.gz of m:demo" for name in NAMES.values()]


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    workspace.succeed("package", *(f"m:{name}" for name in MODELS))
    return workspace


@pytest.fixture
def restored(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace, whose files a test may change."""
    yield workspace
    workspace.write(FILES)


@pytest.fixture(scope="module")
def archives(workspace: Workspace) -> dict[str, Path]:
    """Packages the archives and returns them by platform."""
    run = workspace.succeed("package", "m:demo")
    # All of the models are there already.
    assert run.steps == WRITE_STEPS
    dist = workspace.folder / "dist/m/demo"
    assert sorted(path.name for path in dist.iterdir()) == [f"{n}.tar.gz" for n in NAMES.values()]
    return {name: dist / f"{folder}.tar.gz" for name, folder in NAMES.items()}


@pytest.fixture(scope="module")
def unpacked(
    archives: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Each platform's archive, unpacked by the system's tar: its top folder."""
    folders = {}
    for name, archive in archives.items():
        folder = tmp_path_factory.mktemp(name)
        subprocess.run(["tar", "-xzf", str(archive), "-C", str(folder)], check=True)
        (folders[name],) = folder.iterdir()
        assert folders[name].name == NAMES[name]
    return folders


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with pip."""
    return new_venv(tmp_path_factory.mktemp("board") / "venv")


def predict(python: str | Path, folder: Path, *args: str, stdin: str = "") -> str:
    run = subprocess.run(
        [str(python), "predict.py", *args],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_files(unpacked: dict[str, Path]) -> None:
    for folder in unpacked.values():
        files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        modules = {file for file in files if file.startswith("pants_tflite/")}
        assert "pants_tflite/linux/sandbox/archive_predictor.py" in modules
        assert files - modules == {
            "README.md",
            "manifest.json",
            "models/classes.labels.txt",
            *(f"models/{name}{suffix}" for name in MODELS for suffix in (".json", ".tflite")),
            "predict.py",
            "requirements.txt",
        }
        executable = [path.name for path in folder.rglob("*.*") if os.access(path, os.X_OK)]
        assert [name for name in executable if (folder / name).is_file()] == ["predict.py"]
        assert (folder / "models/classes.labels.txt").read_text() == LABELS
        assert (folder / "models/linear.tflite").read_bytes() == MODELS["linear"]


def test_manifest(unpacked: dict[str, Path]) -> None:
    for name, folder in unpacked.items():
        manifest = json.loads((folder / "manifest.json").read_text())
        assert (manifest["kind"], manifest["version"]) == ("tflite_linux_archive", "1.2.0")
        assert manifest["platforms"] == [name]
        assert [model["name"] for model in manifest["models"]] == sorted(MODELS)
        listed = {file["path"]: file["sha256"] for file in manifest["files"]}
        assert listed == {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file() and path.name != "manifest.json"
        }


def test_readme_is_true(unpacked: dict[str, Path]) -> None:
    text = (unpacked[HERE] / "README.md").read_text()
    command = text[text.index(".venv/bin/python predict.py") :].splitlines()[0]
    assert command == ".venv/bin/python predict.py --model classes '[[0, 0, 0]]'"
    output = predict(sys.executable, unpacked[HERE], "--model", "classes", "[[0, 0, 0]]")
    assert "  0.3333  cat\n" in output


def test_an_array(unpacked: dict[str, Path], tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([[10.0], [1.0]]))
    args = ("--model", "linear", str(tmp_path / "x.npy"), "--json")
    found = json.loads(predict(sys.executable, unpacked[HERE], *args))
    assert found["outputs"] == {"y": [[19.0], [1.0]]}
    text = predict(sys.executable, unpacked[HERE], "--model", "quantized", "[10]")
    assert "\ny = [[19.015747]]\n" in text


def test_standard_input(unpacked: dict[str, Path]) -> None:
    args = ("--model", "dot", "-")
    text = predict(sys.executable, unpacked[HERE], *args, stdin='{"x": [1, 2], "w": [3, 4]}')
    assert text.endswith("\ny = [[11.0]]\n")


def test_a_picture(unpacked: dict[str, Path], tmp_path: Path) -> None:
    Image.new("RGB", (8, 4), (0, 128, 255)).save(tmp_path / "sky.png")
    args = ("--model", "picture", str(tmp_path / "sky.png"), "--scale", "0.5", "--json")
    found = json.loads(predict(sys.executable, unpacked[HERE], *args))
    assert np.array(found["outputs"]["y"]).tolist() == [[[[0.0, 64.0, 127.5]] * 4] * 2]


def test_labels(unpacked: dict[str, Path]) -> None:
    args = ("--model", "classes", "[0, 0, 5]", "--top", "1")
    text = predict(sys.executable, unpacked[HERE], *args)
    assert text.splitlines()[-1] == f"  0.9867  {NONCE}"


def test_requirements_install(unpacked: dict[str, Path], venv: Path) -> None:
    folder = unpacked[HERE]
    pip = [str(venv / "bin/pip"), "install", "--quiet", "--require-hashes"]
    subprocess.run([*pip, "-r", "requirements.txt"], cwd=folder, check=True, timeout=600)
    text = predict(venv / "bin/python", folder, "--model", "linear", "[10]")
    assert text.endswith("\ny = [[19.0]]\n")


def _for_python(requirements: str, version: str) -> str:
    """What a Python of this version takes of a lock: pip asks the one that it runs on."""
    is_old = version == "3.10"
    markers = {"< '3.11'": is_old, ">= '3.11'": not is_old}
    kept = []
    for entry in re.split(r"\n(?=\S)", requirements):
        marker = re.search(r" ; python_full_version (.*) \\\n", entry)
        if marker is None or markers[marker[1]]:
            kept.append(entry.replace(marker[0], " \\\n") if marker else entry)
    return "\n".join(kept)


def test_golden_vectors_travel_and_are_replayed(workspace: Workspace, tmp_path: Path) -> None:
    workspace.succeed("package", "m:golden")
    folder = tmp_path / f"golden-0.1.0-{HERE}"
    archive = workspace.folder / f"dist/m/golden/{folder.name}.tar.gz"
    subprocess.run(["tar", "-xzf", str(archive), "-C", str(tmp_path)], check=True)
    dist = workspace.folder / "dist/m"
    for name in MODELS:
        for kind in ("golden_input", "golden_output"):
            here = (folder / f"models/{name}.{kind}.npz").read_bytes()
            assert here == (dist / name / f"{kind}.npz").read_bytes()
    text = (folder / "README.md").read_text()
    (command,) = (line for line in text.splitlines() if line.endswith(" self_test.py"))
    assert command == ".venv/bin/python self_test.py"

    def self_test() -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, *command.split()[1:]]
        return subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=300)

    run = self_test()
    assert run.returncode == 0, run.stdout + run.stderr
    lines = [line.partition(", calls: ") for line in run.stdout.splitlines()]
    names = [name for name in sorted(MODELS)]
    assert [line[0].partition(": ")[0] for line in lines] == names
    assert all(line[0].endswith(" is as in the build") and int(line[2]) for line in lines)
    # One value of the build is another, and the manifest knows it.
    path = folder / "models/quantized.golden_output.npz"
    arrays = dict(np.load(path))
    right = int(arrays["serving_default/y"][1, 0, 0])
    arrays["serving_default/y"][1, 0, 0] = wrong = right - 1 if right > 0 else right + 1
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    np.savez(path, **arrays)
    after = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest = folder / "manifest.json"
    content = manifest.read_text()
    assert before in content
    manifest.write_text(content.replace(before, after))
    run = self_test()
    assert run.returncode == 1
    found = f"call 1: y[0, 0] is {right}, and was {wrong} in the build"
    assert f"quantized: serving_default, {found}\n" in run.stdout
    assert run.stdout.count(" is as in the build") == len(MODELS) - 1


# The README's oldest and newest.
@pytest.mark.parametrize("version", ["3.10", "3.14"])
@pytest.mark.parametrize("machine", ["aarch64", "x86_64"])
def test_requirements_have_wheels_for_other_pythons(
    unpacked: dict[str, Path], venv: Path, tmp_path: Path, *, version: str, machine: str
) -> None:
    folder = unpacked[f"linux_{machine}"]
    assert "CPython 3.10 to 3.14:" in (folder / "README.md").read_text()
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(_for_python((folder / "requirements.txt").read_text(), version))
    report = tmp_path / "report.json"
    pip = [str(venv / "bin/pip"), "install", "--quiet", "--dry-run", f"--report={report}"]
    where = [f"--target={tmp_path / 'there'}", *pip_options(version, machine)]
    subprocess.run([*pip, *where, "-r", str(requirements)], check=True, timeout=600)
    wheels = {
        entry["metadata"]["name"]: entry["download_info"]["url"].rpartition("/")[2]
        for entry in json.loads(report.read_text())["install"]
    }
    tag = f"cp{version.replace('.', '')}"
    for name in ("ai-edge-litert", "numpy", "pillow"):
        assert f"-{tag}-{tag}-" in wheels[name] and wheels[name].endswith(f"_{machine}.whl")


def _python_3_10() -> str | None:
    """A CPython 3.10 of this machine that can make virtual environments."""
    pyenv = sorted(Path.home().glob(".pyenv/versions/3.10.*/bin/python3.10"))
    for python in (shutil.which("python3.10"), *map(str, pyenv)):
        if python:
            run = subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True)
            if run.returncode == 0:
                return python
    return None


@pytest.mark.skipif(_python_3_10() is None, reason="needs CPython 3.10 with its venv module")
def test_the_oldest_python(unpacked: dict[str, Path], tmp_path: Path) -> None:
    folder = unpacked[HERE]
    subprocess.run([str(_python_3_10()), "-m", "venv", str(tmp_path / "venv")], check=True)
    pip = [str(tmp_path / "venv/bin/pip"), "install", "--quiet", "--require-hashes"]
    subprocess.run([*pip, "-r", "requirements.txt"], cwd=folder, check=True, timeout=600)
    python = tmp_path / "venv/bin/python"
    Image.new("RGB", (8, 4), (0, 128, 255)).save(tmp_path / "sky.png")
    for args, expected in (
        (("--model", "quantized", "[10]"), "\ny = [[19.015747]]\n"),
        (("--model", "picture", str(tmp_path / "sky.png")), "[0.0, 128.0, 255.0]"),
        ((), "classes: models/classes.tflite, "),
    ):
        assert expected in predict(python, folder, *args)


@pytest.mark.skipif(bool(missing_packages()), reason=f"needs Debian's {missing_packages()}")
def test_the_archive_for_aarch64_runs(
    unpacked: dict[str, Path], venv: Path, tmp_path: Path
) -> None:
    folder = unpacked["linux_aarch64"]
    board = set_up_board(tmp_path / "board")
    install_for_board(board, venv, folder / "requirements.txt", tmp_path / "packages")
    Image.new("RGB", (8, 4), (0, 128, 255)).save(tmp_path / "sky.png")
    for args, expected in (
        (("--model", "quantized", "[10]"), "\ny = [[19.015747]]\n"),
        (("--model", "picture", str(tmp_path / "sky.png")), "[0.0, 128.0, 255.0]"),
    ):
        run = board.run(folder, "predict.py", *args, python_path=tmp_path / "packages")
        assert run.returncode == 0, run.stderr
        assert expected in run.stdout


def test_a_changed_label_writes_the_archives_alone(restored: Workspace) -> None:
    restored.write({"m/labels.txt": f"cat\ndog\nnot {NONCE}\n"})
    assert restored.succeed("package", "m:demo").steps == WRITE_STEPS


@pytest.mark.parametrize(
    ("fields", "labels", "expected"),
    [
        ('platforms=["linux_armv7"]', "cat\n", "field `platforms` = 'linux_armv7'"),
        ('version="1"', "cat\n", "field `version` = '1'"),
        ('labels={"classes": ":labels"}', "a\nb\n", "there are 2 labels, but the outputs of"),
        ('labels={"classes": ":labels"}', "a\n../b\nc\n", "line 2 is a path, not a label: '../b'"),
        ('labels={"../classes": ":labels"}', "a\n", "field `labels` = '../classes'"),
        ('archive_name="../demo"', "cat\n", "field `archive_name` = '../demo'"),
    ],
)
def test_mistakes(restored: Workspace, fields: str, labels: str, expected: str) -> None:
    wrong = f'tflite_linux_archive(name="wrong", models=[":classes"], {fields})\n'
    restored.write({"m/BUILD": BUILD + wrong, "m/labels.txt": labels})
    text = restored.fail("package", "m:wrong")
    assert "m:wrong, field" in text and expected in text
    assert "Fix: " in text


def test_a_custom_op_has_no_kernel(restored: Workspace) -> None:
    wrong = (
        'tflite_file(name="twice", source="twice.tflite", custom_ops=["Twice"])\n'
        'tflite_linux_archive(name="wrong", models=[":twice"])\n'
    )
    restored.write({"m/BUILD": BUILD + wrong, "m/twice.tflite": custom_op_model()})
    text = restored.fail("package", "m:wrong")
    assert "m:wrong, field `models`: m:twice uses the custom ops Twice" in text
