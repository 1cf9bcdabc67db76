# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The backend from its wheel, in the monorepo `tests/consumer`, and what docs/install.md says of that.

The monorepo has other source roots and resolves than this one, no TensorFlow in the default resolve, a
Pex lock beside requirements locks, and tests beside code. It has a second TensorFlow too, which takes
another gigabyte: `PANTS_TFLITE_SECOND_TENSORFLOW=1` has the tests build with it.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import re
import tarfile
import threading
import zipfile
from pathlib import Path
from typing import Callable, Iterator

import pytest

from build_support.locks import LOCKS
from tests.workspace import ROOT, Workspace, code_blocks, find_wheel, wheel_requirement

CONSUMER = ROOT / "tests" / "consumer"
PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
BLOCKS = code_blocks(PAGE)
TITLED = [
    (language, *content.split("\n", 1)) for language, content in BLOCKS if content.startswith("# ")
]
COMMANDS = [
    line for language, content in BLOCKS if not language for line in content.splitlines() if line
]
# What this machine says, as for all other tests, so that these find what those have cached.
PANTS_RC = """\
[pex]
executable_search_paths = ["/usr/bin", "/bin"]
"""
FAN = "products/fan/code/fan"
DOOR = "products/door/code/door"
SECOND = "PANTS_TFLITE_SECOND_TENSORFLOW"


def consumer_files() -> dict[str, bytes]:
    return {
        path.relative_to(CONSUMER).as_posix(): path.read_bytes()
        for path in sorted(CONSUMER.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def install_wheel(workspace: Workspace, folder: str) -> None:
    wheel = find_wheel()
    workspace.write({f"{folder}/{wheel.name}": wheel.read_bytes()})


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    """The monorepo, which has locked its default resolve."""
    # A folder of links would be in the keys of all environments, and this one is new in every run.
    (plugins,) = (content for _, title, content in TITLED if title == "# .pants.rc")
    assert plugins == f'[GLOBAL]\nplugins = ["{wheel_requirement("%(buildroot)s/wheels")}"]\n'
    workspace = new_workspace({**consumer_files(), ".pants.rc": plugins + PANTS_RC})
    # The launcher wants its own two locks, and nothing else.
    (workspace.folder / "3rdparty/python/tensorflow.lock").unlink()
    install_wheel(workspace, "wheels")
    workspace.succeed("generate-lockfiles", "--resolve=core")
    return workspace


def test_the_wheel_has_all_that_runs_and_asks_for_no_pants() -> None:
    backend = ROOT / "src" / "python"
    with zipfile.ZipFile(find_wheel()) as wheel:
        names = set(wheel.namelist())
        (metadata,) = (wheel.read(name) for name in names if name.endswith("/METADATA"))
    assert b"Requires-Dist" not in metadata
    for path in (backend / "pants_tflite").rglob("*"):
        is_for_tests = re.search(r"_test\.py$|conftest\.py$|testutil\.py$|/testing", str(path))
        name = path.relative_to(backend).as_posix()
        is_needed = path.suffix in (".c", ".ld", ".lock", ".metadata", ".py")
        is_needed |= path.parent.name == "templates" and path.name != "BUILD"
        # A folder may have nothing but tests.
        is_needed &= path.name != "__init__.py"
        if path.is_file() and is_needed and not is_for_tests:
            assert name in names, f"the wheel lacks {name}"
        assert not is_for_tests or name not in names, f"the wheel has {name}"


def test_models_are_packaged_with_a_resolve_that_is_not_the_default(workspace: Workspace) -> None:
    locked = (workspace.folder / "locks/core.json").read_text()
    assert '"pex_version"' in locked and "tensorflow" not in locked
    workspace.succeed("package", "products/fan::", "shipping::")
    described = workspace.json("products.fan.code.fan/tflite@quantization=int8/model.json")
    assert described["tools"]["tensorflow"] == "2.21.0"
    assert described["calibration"]["count"] == 96
    (archive,) = (workspace.folder / "dist/shipping/gateway").glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {Path(name).name for name in tar.getnames()}
    assert {"manifest.json", "fan.tflite", "fan.labels.txt"} <= names


def test_models_and_code_are_tested_beside_each_other(workspace: Workspace) -> None:
    text = workspace.succeed("test", "products/fan::", "shared::").stderr
    for target in (
        f"{FAN}:hears_worn_bearings",
        f"{FAN}/recordings_test.py:tests",
        "shared/signals/windows_test.py:tests",
    ):
        assert f"{target} succeeded" in text


def test_models_run_and_are_linted(workspace: Workspace) -> None:
    model = f"{FAN}:tflite@quantization=int8"
    assert "output: output_0  float32 [?, 2]" in workspace.succeed("run", model).stdout
    assert "tflite-portability" in workspace.succeed("lint", "products/fan::", "shipping::").stderr


def test_a_model_in_the_default_resolve_is_told_which_to_name(workspace: Workspace) -> None:
    build = 'python_sources()\ntf_saved_model(name="model", entry_point="model.py:model")\n'
    workspace.write({"shared/lost/BUILD": build, "shared/lost/model.py": "def model(): ...\n"})
    text = workspace.fail("package", "shared/lost:model")
    assert "shared/lost:model, field `resolve`" in text
    assert "is not among the requirements of the resolve" in text
    assert "__defaults__" in text


@pytest.mark.skipif(not os.environ.get(SECOND), reason=f"{SECOND} is not set")
def test_two_versions_of_tensorflow_are_side_by_side(workspace: Workspace) -> None:
    workspace.succeed("package", "products::")
    for path, version in (
        ("products.fan.code.fan", "2.21.0"),
        ("products.door.code.door", "2.20.0"),
    ):
        described = workspace.json(f"{path}/tflite@quantization=int8/model.json")
        assert described["tools"]["tensorflow"] == version
    assert f"{DOOR}:counts_steps succeeded" in workspace.succeed("test", "products/door::").stderr
    workspace.succeed("lint", "products/door::")


_LACKING = "pants_tflite.lacking"


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[str]:
    """The address of a folder, whose listings are an index of packages."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def _install(
    new_workspace: Callable[..., Workspace], tmp_path: Path, way: str, packages: str
) -> None:
    """Installs in the way that has `way` in its block of the page, and loads the backend.

    Pants is asked for one more backend, which the wheel lacks. It says so as soon as it has installed the wheel and
    loaded the backends of the page, before it solves its rules again, which takes as long as all else.
    """
    (block,) = (
        content for _, title, content in TITLED if title == "# pants.toml" and way in content
    )
    index = tmp_path / "index"
    index.mkdir()
    with _served(index) as address:
        found = block.replace("https://index.example.org/", address)
        workspace = new_workspace({"pants.toml": found, ".pants.rc": PANTS_RC})
        install_wheel(workspace, packages)
        (index / "simple").symlink_to(workspace.folder / "simple")
        lacking = f"--backend-packages=+['{_LACKING}']"
        text = workspace.fail("--no-pantsd", lacking, "help")
    assert f"No module named '{_LACKING}'" in text


def test_the_wheel_is_installed_from_a_folder_of_links(
    new_workspace: Callable[..., Workspace], tmp_path: Path
) -> None:
    _install(new_workspace, tmp_path, "find_links", "wheels")


def test_the_wheel_is_installed_from_an_index(
    new_workspace: Callable[..., Workspace], tmp_path: Path
) -> None:
    _install(new_workspace, tmp_path, "indexes", "simple/pants-tflite")


def test_the_page_shows_what_the_monorepo_has() -> None:
    files = {path: content.decode() for path, content in consumer_files().items()}
    shown = [
        (title[2:], content)
        for _, title, content in TITLED
        if title != "# .pants.rc" and "plugins = " not in content
    ]
    assert len(shown) >= 5
    for path, content in shown:
        for part in content.split("\n\n"):
            assert part.strip() in files[path], f"{path} has no\n{part}"


def test_the_page_locks_as_this_repository_does() -> None:
    (command,) = (line.split() for line in COMMANDS if line.startswith("uv "))
    (lock,) = (lock for lock in LOCKS if lock.path == "tests/consumer/locks/ml")
    prefix = "tests/consumer/"
    args = [arg.replace(prefix, "") for arg in lock.to_uv_args(Path(lock.lock), lock.constraint)]
    assert set(command[1:]) <= set(args)
    assert "./pants generate-lockfiles --resolve=core" in COMMANDS
    content = (ROOT / lock.lock).read_text()
    assert "://" not in content and "--index" not in content
