# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A remote cache between machines that have little in common, and a server that fails in each way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import threading
import time
from pathlib import Path
from typing import Iterator

import pytest

from tests.remote.servers import CacheServer, find_python, install
from tests.workspace import ROOT, PantsRun, Workspace

PROFILE = "pants.remote-cache.toml"
BUILD = """\
tflite_file(name="sine", source="sine.tflite")
tflite_linux_archive(name="board", models=[":sine"])
"""
FILES: dict[str, str | bytes] = {
    "m/BUILD": BUILD,
    "m/sine.tflite": (ROOT / "tests" / "sine_int8.tflite").read_bytes(),
    PROFILE: (ROOT / PROFILE).read_text(),
}
PAGE = (ROOT / "docs" / "scaling.md").read_text()
# BuildGrid's, and the one that steps run on.
PYTHON, STEPS_PYTHON = find_python("3.12"), find_python("3.11")
_COUNTER = re.compile(r"^  (remote_cache_\w+): (\d+)$", re.MULTILINE)

pytestmark = pytest.mark.skipif(PYTHON is None, reason="BuildGrid needs CPython 3.12")


class Machine:
    """A workspace with a home, caches and a search path of its own, and interpreters at other paths."""

    def __init__(self, folder: Path, *, locale: str = "C.UTF-8") -> None:
        self.workspace = Workspace(folder / "repository", FILES)
        self.caches = folder / "caches"
        tools, home = folder / "tools", folder / "home"
        for new in (tools, home):
            new.mkdir()
        assert STEPS_PYTHON is not None, "steps run on CPython 3.11"
        (folder / "pythons").symlink_to(STEPS_PYTHON.parents[1])
        self._options = f"--python-bootstrap-search-path=['{folder / 'pythons' / 'bin'}']"
        self._env = {
            "HOME": str(home),
            # The launcher's Pants is the same for all: no step knows where it is.
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
            "PANTS_LOCAL_STORE_DIR": str(self.caches / "store"),
            "PANTS_NAMED_CACHES_DIR": str(self.caches / "named"),
            "PANTS_PANTSD": "false",
            "PATH": os.pathsep.join((str(tools), os.environ["PATH"])),
            "LANG": locale,
        }

    def package(self, server: CacheServer | None, *options: str, token: str = "") -> PantsRun:
        """Packages everything, without results of its own. Environments stay, so that only steps run."""
        shutil.rmtree(self.workspace.folder / "dist", ignore_errors=True)
        shutil.rmtree(self.caches / "store", ignore_errors=True)
        profile: tuple[str, ...] = (
            (f"--pants-config-files={PROFILE}", "--stats-log") if server else ()
        )
        if token:
            (self.workspace.folder / "token").write_text(token)
            profile += ("--remote-oauth-bearer-token-path=token",)
        env = {**self._env, "REMOTE_CACHE": server.address if server else ""}
        return self.workspace.pants(*profile, self._options, *options, "package", "m::", env=env)

    def has_environments(self) -> bool:
        named = self.caches / "named"
        return (named / "pants_tflite_environments").exists() or (
            named / "pex_root" / "venvs"
        ).exists()


def counters(run: PantsRun) -> dict[str, int]:
    return {name: int(count) for name, count in _COUNTER.findall(run.stderr)}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert PYTHON is not None
    return install(tmp_path_factory.mktemp("buildgrid") / "environment", PYTHON)


@pytest.fixture
def server(program: Path, tmp_path: Path) -> Iterator[CacheServer]:
    with CacheServer(program, tmp_path / "server") as started:
        yield started


@pytest.fixture(scope="module")
def filled(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CacheServer]:
    """A server with the results of a machine."""
    with CacheServer(program, tmp_path_factory.mktemp("filled")) as started:
        yield started


@pytest.fixture(scope="module")
def first(filled: CacheServer, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    machine = Machine(tmp_path_factory.mktemp("first"))
    run = machine.package(filled)
    assert run.exit_code == 0, run.stderr
    assert counters(run)["remote_cache_write_errors"] == 0
    assert machine.has_environments()
    return machine


@pytest.fixture(scope="module")
def expected(first: Machine) -> dict[str, str]:
    """The hashes of what every machine must have packaged, whatever the server does."""
    return first.workspace.dist_hashes()


def check(machine: Machine, run: PantsRun, expected: dict[str, str]) -> None:
    assert run.exit_code == 0, run.stderr
    assert machine.workspace.dist_hashes() == expected


def signed_token(secret: str) -> str:
    """A JSON Web Token for an hour, signed by HMAC with SHA-256 (RFC 7519)."""

    def encoded(content: bytes) -> bytes:
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    header = json.dumps({"alg": "HS256", "typ": "JWT"}).encode()
    claims = json.dumps({"exp": int(time.time()) + 3600, "sub": "test"}).encode()
    signed = encoded(header) + b"." + encoded(claims)
    signature = hmac.digest(secret.encode(), signed, hashlib.sha256)
    return (signed + b"." + encoded(signature)).decode()


def test_a_machine_with_other_paths_finds_every_result_and_installs_nothing(
    filled: CacheServer, expected: dict[str, str], tmp_path: Path
) -> None:
    second = Machine(tmp_path, locale="de_DE.UTF-8")
    run = second.package(filled)
    check(second, run, expected)
    found = counters(run)
    assert found["remote_cache_requests"] == found["remote_cache_requests_cached"] > 3
    assert not second.has_environments()
    assert not run.steps


def test_what_changed_is_made_in_an_environment_that_is_installed_for_it(
    filled: CacheServer, expected: dict[str, str], tmp_path: Path
) -> None:
    second = Machine(tmp_path)
    changed = BUILD.replace('name="board"', 'name="board", version="0.2.0"')
    second.workspace.write({"m/BUILD": changed})
    run = second.package(filled)
    assert run.exit_code == 0, run.stderr
    assert "Inspect the model m:sine" not in run.steps
    assert [
        step for step in run.steps if step.startswith("Install the Python environment `litert`")
    ]
    assert second.has_environments()
    hashes = second.workspace.dist_hashes()
    models = [path for path in expected if path.startswith("m/sine/")]
    assert models and all(hashes[path] == expected[path] for path in models)


def test_a_server_that_is_not_there(
    server: CacheServer, first: Machine, expected: dict[str, str]
) -> None:
    server.kill()
    check(first, first.package(server), expected)


def test_a_server_that_answers_no_more(
    server: CacheServer, first: Machine, expected: dict[str, str]
) -> None:
    server.freeze()
    check(first, first.package(server), expected)


def test_a_server_that_ends_in_the_middle(
    server: CacheServer, first: Machine, expected: dict[str, str]
) -> None:
    def kill_when_it_has_something() -> None:
        while not server.blob_files():
            time.sleep(0.01)
        server.kill()

    killer = threading.Thread(target=kill_when_it_has_something)
    killer.start()
    run = first.package(server)
    killer.join(timeout=60)
    assert not killer.is_alive()
    check(first, run, expected)


def test_a_server_that_is_slow(
    server: CacheServer, first: Machine, expected: dict[str, str]
) -> None:
    with server.slowed():
        check(first, first.package(server), expected)


def test_a_server_without_space(
    program: Path, tmp_path: Path, first: Machine, expected: dict[str, str]
) -> None:
    with CacheServer(program, tmp_path, max_kib=4) as server:
        run = first.package(server)
    check(first, run, expected)
    sizes = [blob.stat().st_size for blob in server.blob_files()]
    assert sizes and max(sizes) <= 4096
    with pytest.raises(ValueError):
        _blob_of(server, expected, "linux_x86_64.tar.gz")


def _blob_of(server: CacheServer, hashes: dict[str, str], name: str) -> Path:
    (digest,) = {hash_ for path, hash_ in hashes.items() if path.endswith(name)}
    (blob,) = [path for path in server.blob_files() if path.parent.name + path.name == digest]
    return blob


def test_a_blob_that_is_corrupt(
    filled: CacheServer, first: Machine, expected: dict[str, str]
) -> None:
    blob = _blob_of(filled, expected, "linux_x86_64.tar.gz")
    blob.chmod(0o644)
    blob.write_bytes(bytes(blob.stat().st_size))
    check(first, first.package(filled), expected)


def test_a_blob_that_is_missing(
    filled: CacheServer, first: Machine, expected: dict[str, str]
) -> None:
    _blob_of(filled, expected, "golden_output.npz").unlink()
    check(first, first.package(filled), expected)


def test_credentials(
    program: Path, tmp_path: Path, first: Machine, expected: dict[str, str]
) -> None:
    with CacheServer(program, tmp_path, secret="the right one") as server:
        refused = first.package(server, token=signed_token("the wrong one"))
        check(first, refused, expected)
        assert not server.blob_files()
        taken = first.package(server, token=signed_token("the right one"))
        check(first, taken, expected)
        assert server.blob_files()


def test_the_page_has_the_command_that_machines_run_here() -> None:
    command = (
        "REMOTE_CACHE=grpc://127.0.0.1:50051 ./pants --pants-config-files=pants.remote-cache.toml"
    )
    assert command in PAGE
    assert command.partition(" ")[2].split()[1] == f"--pants-config-files={PROFILE}"
    assert command.partition("=")[0] in FILES[PROFILE]  # type: ignore[operator]
