# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The backend on other versions of Pants than the launcher's.

`PANTS_TFLITE_OTHER_PANTS` names their virtual environments, with colons in between. Each has Pants,
its test support, pytest, hypothesis and tree-sitter-swift. docs/compatibility.md tells more.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Mapping

import pytest

from tests.workspace import (
    KERNELS_PANTS_RC,
    LOCKS,
    ROOT,
    InstalledPants,
    Workspace,
    repository_files,
)

VARIABLE = "PANTS_TFLITE_OTHER_PANTS"
VENVS = [path for path in os.environ.get(VARIABLE, "").split(os.pathsep) if path]
SOURCES = ROOT / "src/python"
# Tests that have to do with Pants, themselves or through what tests share.
RULE_TEST = re.compile(r"^(from|import) pants[. ]|\btestutil\b|\brule_runner\b", re.MULTILINE)

# The example with a custom op: TensorFlow, LiteRT, zig, Pants' own C++ backend and every bundle.
FOLDERS = ("3rdparty/tflite", "models/scaled_atan", "src/cc/ops")
FILES = {
    ".pants.rc": KERNELS_PANTS_RC.encode(),
    **repository_files(*FOLDERS),
}
MODELS = "models/scaled_atan::"
INT8 = "models/scaled_atan:tflite@quantization=int8"
MODELS_TO_ASK = (INT8, "models/scaled_atan:int8_follows_the_curve")
# What goals say of targets and linters, without how long it took.
RESULT = re.compile(r"^[✓✕𐄂] (.+? (?:succeeded|failed|skipped))", re.MULTILINE)

needs_other_pants = pytest.mark.skipif(
    not VENVS, reason=f"{VARIABLE} names no virtual environment with another version of Pants"
)


@dataclass(frozen=True)
class OtherPants:
    venv: Path
    folder: Path
    pex: Mapping[str, str]

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def env(self) -> dict[str, str]:
        """With a local store of its own: versions otherwise share what one of them has built."""
        store = str(self.folder / "local_store")
        return {**self.pex, "PANTS_LOCAL_STORE_DIR": store, "NO_SCIE_WARNING": "1"}

    def version(self) -> str:
        command = (self.python, "-c", "import pants.version; print(pants.version.VERSION)")
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def new_workspace(self) -> Workspace:
        pants = InstalledPants(self.version(), self.venv / "bin" / "pants", self.env)
        return Workspace(self.folder / "workspace", FILES, pants)


def _build_pex(folder: Path) -> Path:
    """The Pex PEX that newer versions of Pants accept, from its lock, as the launcher builds its."""
    lock, python = ROOT / LOCKS / "pex-cli-new.lock", folder / "venv/bin/python"
    requirement = lock.read_text().split(" ", 1)[0]
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    for command in (
        ("pip", "download", "--no-deps", "--require-hashes", "-r", lock, "-d", folder / "wheels"),
        ("pip", "install", "--no-deps", "--require-hashes", "-r", lock),
        (
            *("pex", "--pex-root", folder / "root", "--no-pypi", "--find-links", folder / "wheels"),
            *("--no-strip-pex-env", "--no-compress", "--console-script", "pex"),
            *("--output-file", folder / "pex", requirement),
        ),
    ):
        subprocess.run([python, "-I", "-m", *command], check=True)
    return folder / "pex"


@pytest.fixture(scope="module")
def pex(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What tells Pants of a Pex, which it would otherwise download from a code host."""
    file = _build_pex(tmp_path_factory.mktemp("pex"))
    lock = (ROOT / LOCKS / "pex-cli-new.lock").read_text()
    version = "v" + lock.split(" ", 1)[0].partition("==")[2]
    content = file.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    platforms = ("linux_arm64", "linux_x86_64", "macos_arm64", "macos_x86_64")
    known = [f"{version}|{platform}|{sha256}|{len(content)}" for platform in platforms]
    return {
        "PANTS_PEX_CLI_VERSION": version,
        "PANTS_PEX_CLI_KNOWN_VERSIONS": str(known),
        "PANTS_PEX_CLI_URL_TEMPLATE": f"file:{file}",
    }


@pytest.fixture(scope="module", params=VENVS or ["none"])
def other_pants(
    request: Any,
    tmp_path_factory: pytest.TempPathFactory,
    pex: dict[str, str],
) -> OtherPants:
    return OtherPants(Path(request.param), tmp_path_factory.mktemp("other_pants"), pex)


@pytest.fixture(scope="module")
def workspace(other_pants: OtherPants) -> Iterator[Workspace]:
    """The example on another Pants, packaged."""
    workspace = other_pants.new_workspace()
    try:
        workspace.succeed("package", MODELS)
        yield workspace
    finally:
        workspace.close()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The example on the launcher's Pants, packaged."""
    workspace = Workspace(tmp_path_factory.mktemp("reference"), FILES)
    try:
        workspace.succeed("package", MODELS)
        yield workspace
    finally:
        workspace.close()


@contextlib.contextmanager
def _edited(workspace: Workspace, file: str, old: str, new: str) -> Iterator[None]:
    content = FILES[file].decode()
    assert old in content
    workspace.write({file: content.replace(old, new)})
    yield
    workspace.write({file: content})


def _find_rule_tests() -> list[str]:
    paths = sorted(SOURCES.rglob("*_test.py"))
    return [str(path) for path in paths if RULE_TEST.search(path.read_text())]


def test_rule_tests_are_found() -> None:
    found = [Path(path).name for path in _find_rule_tests()]
    assert len(found) > 40
    assert {"dependency_inference_test.py", "locked_environment_test.py"} <= set(found)


@needs_other_pants
def test_rules(other_pants: OtherPants) -> None:
    run = subprocess.run(
        [other_pants.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *_find_rule_tests()],
        cwd=SOURCES,
        env={**os.environ, **other_pants.env, "PYTHONPATH": str(SOURCES)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    last_line = run.stdout.strip().rpartition("\n")[2]
    print(f"Rule tests on Pants {other_pants.version()}: {last_line}")
    assert run.returncode == 0, run.stdout + run.stderr
    passed = re.search(r"(\d+) passed", last_line)
    assert passed and int(passed[1]) > 400, last_line


@needs_other_pants
def test_the_reference_is_the_same(other_pants: OtherPants, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs" / "reference", tmp_path / "docs" / "reference")
    run = subprocess.run(
        [other_pants.python, "-m", "docs.generator.write_reference"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(SOURCES), str(ROOT)))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert run.stdout == "docs/reference is up to date.\n", run.stdout + run.stderr


@needs_other_pants
def test_package_yields_the_same_bytes(workspace: Workspace, reference: Workspace) -> None:
    assert workspace.installed_pants.version != reference.installed_pants.version
    hashes = workspace.dist_hashes()
    assert hashes == reference.dist_hashes()
    assert "models.scaled_atan/tflite@quantization=int8/model.tflite" in hashes


@needs_other_pants
def test_a_second_package_has_nothing_to_do(workspace: Workspace) -> None:
    before = workspace.dist_hashes()
    assert workspace.succeed("package", MODELS).steps == []
    assert workspace.dist_hashes() == before


@needs_other_pants
def test_run(workspace: Workspace, reference: Workspace) -> None:
    arguments = ("run", INT8, "--", "--input", "[[1.0]]")
    output = workspace.succeed(*arguments).stdout
    assert "speed = [[" in output
    assert output == reference.succeed(*arguments).stdout


@needs_other_pants
def test_kernel_tests_and_check(workspace: Workspace) -> None:
    target, kernel = "src/cc/ops:test@sanitizers=none", "src/cc/ops/scaled_atan.c"
    assert f"{target} succeeded" in workspace.succeed("test", target).stderr
    workspace.succeed("check", "src/cc/ops::")
    with _edited(workspace, kernel, "(float)INT8_MIN", "0.0f"):
        assert "FAILED int8 scale 0.05 zero point 0" in workspace.fail("test", target)
    with _edited(workspace, kernel, "(float)scale;", "(float)scale"):
        assert "error: expected ';'" in workspace.fail("check", "src/cc/ops::")


@needs_other_pants
@pytest.mark.parametrize("goal", ["lint", "test", "tflite-ops"])
def test_a_goal_says_the_same(workspace: Workspace, reference: Workspace, goal: str) -> None:
    runs = [each.pants(goal, *MODELS_TO_ASK) for each in (workspace, reference)]
    assert runs[0].exit_code == runs[1].exit_code == 0, runs[0].stderr
    assert runs[0].stdout == runs[1].stdout
    said = [sorted(set(RESULT.findall(run.stderr))) for run in runs]
    assert said[0] == said[1]
    assert runs[0].stdout or said[0]


@needs_other_pants
def test_the_report_has_the_same_bytes(workspace: Workspace, reference: Workspace) -> None:
    pages = []
    for each in (workspace, reference):
        each.succeed("tflite-report", *MODELS_TO_ASK)
        pages.append((each.folder / "dist/tflite-report/index.html").read_text())
    assert INT8 in pages[0]
    assert pages[0] == pages[1]


@needs_other_pants
def test_netron_shows_a_model(workspace: Workspace) -> None:
    with workspace.start("netron", "--no-netron-browser", INT8) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
            assert found
            with urllib.request.urlopen(f"{found[0]}data/model.tflite", timeout=20) as response:
                served = response.read()
        finally:
            process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    packaged = workspace.folder / "dist/models.scaled_atan/tflite@quantization=int8/model.tflite"
    assert served == packaged.read_bytes()


@needs_other_pants
def test_a_mistake_is_reported_by_address_and_field(workspace: Workspace) -> None:
    with _edited(workspace, "models/scaled_atan/BUILD", 'calibration=":calibration",', ""):
        text = workspace.fail("package", INT8)
    assert f"{INT8}, field `calibration`" in text
    assert "Fix: " in text


@needs_other_pants
@pytest.mark.skipif(shutil.which("python3.12") is None, reason="CPython 3.12 is not on PATH")
def test_another_interpreter_for_litert(workspace: Workspace) -> None:
    """Newer versions read metadata about the lock, which must not bind it to one interpreter.

    The launcher's Pants is not asked, since its Pex knows no CPython 3.12.
    """
    model = (ROOT / "tests/two_scores.tflite").read_bytes()
    # A folder that is new in every run, so that the model is inspected again.
    folder_name = f"inspected_{uuid.uuid4().hex}"
    workspace.write(
        {
            f"{folder_name}/BUILD": 'tflite_file(name="model", source="model.tflite")\n',
            f"{folder_name}/model.tflite": model,
        }
    )
    workspace.succeed(
        "--litert-interpreter-constraints=['CPython==3.12.*']", "package", f"{folder_name}::"
    )
    description = workspace.json(f"{folder_name}/model/model.json")
    assert description["sha256"] == hashlib.sha256(model).hexdigest()
