# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs the real launcher, `./pants`, in cache folders of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, Mapping

import pytest

ROOT = Path(__file__).absolute().parents[1]
LOCKS = Path("3rdparty", "python")
# How the launcher finds a CPython 3.9, and pip its index.
KEPT_ENV = re.compile(
    r"HOME|PATH|TMPDIR|LANG|LC_.*|PYENV_ROOT|PANTS_TFLITE_PYTHON|PIP_.*|UV_.*"
    r"|SSL_CERT_.*|REQUESTS_CA_BUNDLE|(https?|no|all)_proxy",
    re.IGNORECASE,
)
NATIVE_CLIENT = "lib/python3.9/site-packages/pants/bin/native_client"


def make_workspace(folder: Path) -> Path:
    """A workspace of nothing but the launcher, its locks and a pants.toml."""
    (folder / LOCKS).mkdir(parents=True)
    shutil.copy(ROOT / "pants", folder)
    for lock in ("pants.lock", "pex-cli.lock"):
        shutil.copy(ROOT / LOCKS / lock, folder / LOCKS)
    (folder / "pants.toml").write_text('[GLOBAL]\npants_version = "2.17.1"\n')
    return folder


def launcher_env(cache: Path, **changes: str) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if KEPT_ENV.fullmatch(name)}
    return {**env, "PANTS_TFLITE_CACHE": str(cache), **changes}


def start(workspace: Path, env: Mapping[str, str], cwd: Path | None = None) -> subprocess.Popen:
    return subprocess.Popen(
        [str(shutil.which("bash")), str(workspace / "pants"), "--version"],
        cwd=cwd or workspace,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )


def finish(process: subprocess.Popen) -> subprocess.CompletedProcess:
    stdout, stderr = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def run(
    workspace: Path, env: Mapping[str, str], cwd: Path | None = None
) -> subprocess.CompletedProcess:
    return finish(start(workspace, env, cwd))


def stop_amid_install(workspace: Path, cache: Path, sent: signal.Signals) -> int:
    """Sends a signal to all of a launcher's processes while its venv is being filled."""
    process = start(workspace, launcher_env(cache))
    deadline = time.monotonic() + 300
    while not list(cache.glob("pants-*/lib/python3.9/site-packages/pip")):
        assert process.poll() is None and time.monotonic() < deadline, finish(process)
        time.sleep(0.05)
    os.killpg(process.pid, sent)
    return finish(process).returncode


def installed(cache: Path) -> list[str]:
    return sorted(path.name.split("-")[0] for path in cache.iterdir() if path.name != "lock")


def tamper(lock: Path) -> None:
    lock.write_text(re.sub(r"sha256:....", "sha256:0000", lock.read_text()))


def stop_daemons(workspace: Path) -> None:
    for pid in workspace.glob(".pids/*/pantsd/pid"):
        os.kill(int(pid.read_text()), signal.SIGTERM)


def other_python() -> str:
    """A Python that is not 3.9."""
    for name in (sys.executable, "python3.11", "python3", "python3.12", "python3.13"):
        path = shutil.which(name)
        if path and "Python 3.9" not in subprocess.getoutput(f"'{path}' --version"):
            return path
    raise AssertionError("These tests need a Python that is not 3.9, such as python3.11, on PATH.")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    workspace = make_workspace(tmp_path_factory.mktemp("shared") / "workspace")
    yield workspace
    stop_daemons(workspace)


@pytest.fixture(scope="module")
def cache(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What two launchers installed that started at once, after a third had been killed."""
    cache = tmp_path_factory.mktemp("cache")
    stop_amid_install(workspace, cache, signal.SIGKILL)
    assert installed(cache) == ["pants"]
    both = [start(workspace, launcher_env(cache)) for _ in range(2)]
    results = [finish(process) for process in both]
    for result in results:
        assert (result.returncode, result.stdout) == (0, "2.17.1\n"), result
    assert sum("Installing Pants 2.17.1" in result.stderr for result in results) == 1
    yield cache
    shutil.rmtree(cache)


def test_missing_cpython39(workspace: Path, tmp_path: Path) -> None:
    env = {"PATH": str(tmp_path), "HOME": str(tmp_path), "PANTS_TFLITE_CACHE": str(tmp_path / "c")}
    result = run(workspace, env)
    assert result.returncode == 1
    assert "There is no CPython 3.9 here, and Pants 2.17.1 needs one." in result.stderr
    assert "set PANTS_TFLITE_PYTHON" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_python39_on_path_that_does_not_run(workspace: Path, tmp_path: Path) -> None:
    shim = tmp_path / "python3.9"
    shim.write_text(f"#!{shutil.which('bash')}\nexit 127\n")
    shim.chmod(0o755)
    env = {"PATH": str(tmp_path), "HOME": str(tmp_path), "PANTS_TFLITE_CACHE": str(tmp_path / "c")}
    result = run(workspace, env)
    assert result.returncode == 1
    assert f"Not usable:\n  {shim} does not run\n" in result.stderr


def test_requested_python_is_not_39(workspace: Path, tmp_path: Path) -> None:
    python = other_python()
    result = run(workspace, launcher_env(tmp_path / "cache", PANTS_TFLITE_PYTHON=python))
    assert result.returncode == 1
    assert "PANTS_TFLITE_PYTHON must name a CPython 3.9" in result.stderr
    assert f"{python} is cpython 3." in result.stderr
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("cache", "said"),
    [("relative", "must be absolute paths"), ("/pants tflite", "Pants cannot read Pex from")],
)
def test_unusable_cache_path(workspace: Path, cache: str, said: str) -> None:
    result = run(workspace, launcher_env(Path(cache)))
    assert result.returncode == 1
    assert said in result.stderr


def test_interrupted_install_leaves_nothing(workspace: Path, tmp_path: Path) -> None:
    assert stop_amid_install(workspace, tmp_path, signal.SIGINT) != 0
    assert installed(tmp_path) == []


def test_warm_run_says_nothing_from_any_folder(workspace: Path, cache: Path) -> None:
    subfolder = workspace / "sub" / "folder"
    subfolder.mkdir(parents=True)
    result = run(workspace, launcher_env(cache), cwd=subfolder)
    assert (result.returncode, result.stdout, result.stderr) == (0, "2.17.1\n", "")
    assert installed(cache) == ["pants", "pex"]


def test_without_native_client(workspace: Path, cache: Path) -> None:
    (client,) = cache.glob(f"pants-*/{NATIVE_CLIENT}")
    assert os.access(client, os.X_OK)
    client.chmod(0o644)
    try:
        result = run(workspace, launcher_env(cache))
    finally:
        client.chmod(0o755)
    assert (result.returncode, result.stdout) == (0, "2.17.1\n"), result


def test_changed_lock_is_installed_anew_and_checked(cache: Path, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    tamper(workspace / LOCKS / "pants.lock")
    result = run(workspace, launcher_env(cache))
    assert result.returncode == 1
    assert "DO NOT MATCH THE HASHES" in result.stderr
    assert installed(cache) == ["pants", "pex"]


@pytest.fixture
def cache_without_pex(cache: Path) -> Iterator[Path]:
    (pex,) = cache.glob("pex-*")
    aside = pex.rename(cache.parent / "pex.aside")
    yield cache
    aside.rename(pex)


def test_tampered_pex_lock(cache_without_pex: Path, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    tamper(workspace / LOCKS / "pex-cli.lock")
    result = run(workspace, launcher_env(cache_without_pex))
    assert result.returncode == 1
    assert "DO NOT MATCH THE HASHES" in result.stderr
    assert installed(cache_without_pex) == ["pants"]


def test_pex_is_not_the_expected_one(cache_without_pex: Path, tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    launcher = workspace / "pants"
    changed = re.sub(r"PEX_SHA256=....", "PEX_SHA256=0000", launcher.read_text())
    launcher.write_text(changed)
    result = run(workspace, launcher_env(cache_without_pex))
    assert result.returncode == 1
    assert "is not the expected one" in result.stderr
    assert installed(cache_without_pex) == ["pants"]


def test_users_own_pex_is_respected(workspace: Path, cache_without_pex: Path) -> None:
    result = run(workspace, launcher_env(cache_without_pex, PANTS_PEX_CLI_VERSION="v2.1.137"))
    assert (result.returncode, result.stdout, result.stderr) == (0, "2.17.1\n", "")
    assert installed(cache_without_pex) == ["pants"]
