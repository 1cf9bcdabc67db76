# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A remote cache between machines that have little in common, and a server that fails in each way."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import itertools
import json
import os
import re
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest

from tests.remote.servers import (
    BUILDGRID_LOCK,
    Authority,
    CacheServer,
    FixedAddress,
    find_python,
    install,
)
from tests.workspace import ROOT, PantsRun, Workspace

PROFILE = "pants.remote-cache.toml"
PROFILE_TEXT = (ROOT / PROFILE).read_text()
BUILD = """\
tflite_metadata(name="words", description="{words}")
tflite_file(name="sine", source="sine.tflite", metadata=":words")
tflite_linux_archive(name="board", models=[":sine"], version="{version}")
"""
FILES: dict[str, str | bytes] = {
    "m/sine.tflite": (ROOT / "tests" / "sine_int8.tflite").read_bytes(),
    PROFILE: PROFILE_TEXT,
}
PAGE = (ROOT / "docs" / "scaling.md").read_text()
# BuildGrid's, and the one that steps run on.
PYTHON, STEPS_PYTHON = find_python("3.12"), find_python("3.11")
SECRET = "the right one"
_numbers = itertools.count(1)

pytestmark = [
    pytest.mark.skipif(PYTHON is None, reason="BuildGrid needs CPython 3.12"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates need openssl"),
]


@dataclass(frozen=True)
class Variant:
    """What is built, under keys that no other variant has: a daemon builds nothing twice."""

    words: str
    version: str

    @classmethod
    def new(cls) -> Variant:
        number = next(_numbers)
        return cls(f"Variant {number}", f"0.{number}.0")

    @property
    def build(self) -> str:
        return BUILD.format(words=self.words, version=self.version)


class Machine:
    """A workspace with a home, caches and a search path of its own, interpreters at other paths, and a daemon
    that runs from its first build on."""

    def __init__(self, folder: Path, address: str, *options: str, locale: str = "C.UTF-8") -> None:
        self.workspace = Workspace(folder / "repository", FILES)
        self.named_caches = folder / "caches" / "named"
        tools, home = folder / "tools", folder / "home"
        for new in (tools, home):
            new.mkdir()
        assert STEPS_PYTHON is not None, "steps run on CPython 3.11"
        (folder / "pythons").symlink_to(STEPS_PYTHON.parents[1])
        self._options = (
            f"--pants-config-files={PROFILE}",
            f"--python-bootstrap-search-path=['{folder / 'pythons' / 'bin'}']",
            "--stats-log",
            *options,
        )
        self._env = {
            "HOME": str(home),
            # The launcher's Pants is the same for all: no step knows where it is.
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
            "PANTS_LOCAL_STORE_DIR": str(folder / "caches" / "store"),
            "PANTS_NAMED_CACHES_DIR": str(self.named_caches),
            "PATH": os.pathsep.join((str(tools), os.environ["PATH"])),
            "LANG": locale,
            "REMOTE_CACHE": address,
        }

    def package(self, variant: Variant) -> PantsRun:
        shutil.rmtree(self.workspace.folder / "dist", ignore_errors=True)
        self.workspace.write({"m/BUILD": variant.build})
        run = self.workspace.pants(*self._options, "package", "m::", env=self._env)
        assert run.exit_code == 0, run.stderr
        return run

    def has_environments(self) -> bool:
        return (self.named_caches / "pants_tflite_environments").exists() or (
            self.named_caches / "pex_root" / "venvs"
        ).exists()


@dataclass(frozen=True)
class Servers:
    """What is there for all tests: a server with the results of the first machine, and an address that leads to
    any server."""

    program: Path
    authority: Authority
    filled: CacheServer
    address: FixedAddress

    @contextlib.contextmanager
    def start(
        self,
        folder: Path,
        *,
        authority: Authority | None = None,
        secret: str = "",
        max_kib: int | None = None,
    ) -> Iterator[CacheServer]:
        """A server without any results at the address."""
        server = CacheServer(
            self.program, folder, authority or self.authority, secret=secret, max_kib=max_kib
        )
        with server, self.address.leading_to(server.tls_port):
            yield server


@dataclass(frozen=True)
class Machines:
    """The `first` hands what it builds to a server. The `second` finds any server at its address, encrypted,
    and sends it a token. It has built two variants, of which one was new to it in part."""

    first: Machine
    second: Machine
    all_found: PantsRun
    had_environments: bool
    some_found: PantsRun

    def make(self) -> Variant:
        """A variant that the first machine has built, and the second has not."""
        variant = Variant.new()
        self.first.package(variant)
        return variant

    def check_second(self) -> PantsRun:
        """Has the second build a new variant, which must be what the first makes of it."""
        return self.check(self.make())

    def check(self, variant: Variant) -> PantsRun:
        run = self.second.package(variant)
        assert self.second.workspace.dist_hashes() == self.first.workspace.dist_hashes()
        return run


def signed_token(secret: str) -> str:
    """A JSON Web Token for an hour, signed by HMAC with SHA-256 (RFC 7519)."""

    def encoded(content: bytes) -> bytes:
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    header = json.dumps({"alg": "HS256", "typ": "JWT"}).encode()
    claims = json.dumps({"exp": int(time.time()) + 3600, "sub": "test"}).encode()
    signed = encoded(header) + b"." + encoded(claims)
    signature = hmac.digest(secret.encode(), signed, hashlib.sha256)
    return (signed + b"." + encoded(signature)).decode()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    assert PYTHON is not None
    folder = tmp_path_factory.mktemp("servers")
    install(folder / "buildgrid", PYTHON, BUILDGRID_LOCK)
    program, authority = folder / "buildgrid" / "bin" / "bgd", Authority(folder / "keys")
    with CacheServer(program, folder / "filled", authority) as filled:
        yield Servers(program, authority, filled, FixedAddress())


@pytest.fixture(scope="module")
def machines(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    # All its results are handed over before the other asks for them.
    first = Machine(
        tmp_path_factory.mktemp("first"),
        servers.filled.address,
        "--session-end-tasks-timeout=60",
    )
    folder = tmp_path_factory.mktemp("second")
    token = folder / "token"
    token.write_text(signed_token(SECRET))
    second = Machine(
        folder,
        f"grpcs://localhost:{servers.address.port}",
        f"--remote-ca-certs-path={servers.authority.certificate}",
        f"--remote-oauth-bearer-token-path={token}",
        locale="de_DE.UTF-8",
    )
    with contextlib.ExitStack() as stack:
        for machine in (first, second):
            stack.callback(machine.workspace.close)
        variant = Variant.new()
        run = first.package(variant)
        assert run.counters["remote_cache_write_errors"] == 0
        with servers.address.leading_to(servers.filled.tls_port):
            all_found = second.package(variant)
            assert second.workspace.dist_hashes() == first.workspace.dist_hashes()
            had_environments = second.has_environments()
            first.package(variant := Variant.new())
            some_found = second.package(Variant(variant.words, "99.0.0"))
        yield Machines(first, second, all_found, had_environments, some_found)


def test_a_machine_with_other_paths_finds_every_result_and_installs_nothing(
    machines: Machines,
) -> None:
    found = machines.all_found.counters
    assert found["remote_cache_requests"] == found["remote_cache_requests_cached"] > 3
    assert not machines.had_environments
    assert not machines.all_found.steps


def test_what_changed_is_made_in_an_environment_that_is_installed_for_it(
    machines: Machines,
) -> None:
    steps = machines.some_found.steps
    assert "Inspect the model m:sine" not in steps
    assert [step for step in steps if step.startswith("Install the Python environment `litert`")]
    assert [step for step in steps if step.startswith("Write m_board-99.0.0-linux_x86_64")]
    assert machines.second.has_environments()


def test_a_blob_that_is_corrupt(servers: Servers, machines: Machines) -> None:
    variant = machines.make()
    blob = _blob_of(servers.filled, machines.first, "linux_x86_64.tar.gz")
    blob.chmod(0o644)
    blob.write_bytes(bytes(blob.stat().st_size))
    with servers.address.leading_to(servers.filled.tls_port):
        run = machines.check(variant)
    assert _made_x86_64_archive(run)
    assert "Inspect the model m:sine" not in run.steps


def test_a_blob_that_is_missing(servers: Servers, machines: Machines) -> None:
    variant = machines.make()
    _blob_of(servers.filled, machines.first, "linux_x86_64.tar.gz").unlink()
    with servers.address.leading_to(servers.filled.tls_port):
        run = machines.check(variant)
    assert _made_x86_64_archive(run)
    assert "Inspect the model m:sine" not in run.steps


def _made_x86_64_archive(run: PantsRun) -> bool:
    return any(
        re.fullmatch(r"Write m_board-.+-linux_x86_64.tar.gz of m:board", s) for s in run.steps
    )


def _blob_of(server: CacheServer, machine: Machine, name: str) -> Path:
    hashes = machine.workspace.dist_hashes()
    (digest,) = {hash_ for path, hash_ in hashes.items() if path.endswith(name)}
    (blob,) = [path for path in server.blob_files() if path.parent.name + path.name == digest]
    return blob


def test_a_server_that_is_not_there(machines: Machines) -> None:
    assert _made_x86_64_archive(machines.check_second())


def test_a_server_that_answers_no_more(
    servers: Servers, machines: Machines, tmp_path: Path
) -> None:
    with servers.start(tmp_path) as server:
        server.freeze()
        assert _made_x86_64_archive(machines.check_second())


def test_a_server_that_ends_in_the_middle(
    servers: Servers, machines: Machines, tmp_path: Path
) -> None:
    with servers.start(tmp_path) as server:

        def kill_when_it_has_something() -> None:
            while not server.blob_files():
                time.sleep(0.01)
            server.kill()

        killer = threading.Thread(target=kill_when_it_has_something)
        killer.start()
        machines.check_second()
        killer.join(timeout=60)
        assert not killer.is_alive()


def test_a_server_that_is_slow(servers: Servers, machines: Machines, tmp_path: Path) -> None:
    with servers.start(tmp_path) as server, server.slowed():
        machines.check_second()


def _gets_blobs(server: CacheServer) -> bool:
    """Whether results arrive, for which a build does not wait."""
    deadline = time.monotonic() + 60
    while not server.blob_files() and time.monotonic() < deadline:
        time.sleep(0.1)
    return bool(server.blob_files())


def test_a_server_without_space(servers: Servers, machines: Machines, tmp_path: Path) -> None:
    with servers.start(tmp_path, max_kib=4) as server:
        machines.check_second()
        assert _gets_blobs(server)
    sizes = [blob.stat().st_size for blob in server.blob_files()]
    assert sizes and max(sizes) <= 4096
    with pytest.raises(ValueError):
        _blob_of(server, machines.second, "linux_x86_64.tar.gz")


def test_credentials(servers: Servers, machines: Machines, tmp_path: Path) -> None:
    with servers.start(tmp_path / "refusing", secret="another one") as server:
        machines.check_second()
    assert not server.blob_files()
    with servers.start(tmp_path / "taking", secret=SECRET) as server:
        machines.check_second()
        assert _gets_blobs(server)


def test_a_certificate_that_nobody_knows(
    servers: Servers, machines: Machines, tmp_path: Path
) -> None:
    with servers.start(tmp_path / "server", authority=Authority(tmp_path / "keys")) as server:
        machines.check_second()
    assert not server.blob_files()


def test_the_page_has_the_command_that_machines_run_here() -> None:
    command = (
        "REMOTE_CACHE=grpc://127.0.0.1:50051 ./pants --pants-config-files=pants.remote-cache.toml"
    )
    assert command in PAGE
    assert command.partition(" ")[2].split()[1] == f"--pants-config-files={PROFILE}"
    assert command.partition("=")[0] in PROFILE_TEXT


def test_the_server_takes_all_calls_that_one_machine_makes_at_once() -> None:
    calls = re.findall(r"^remote_\w+_rpc_concurrency = (\d+)$", PROFILE_TEXT, re.MULTILINE)
    (limit,) = re.findall(r"^maximum-concurrent-rpcs: (\d+)$", PAGE, re.MULTILINE)
    assert len(calls) == 2
    assert sum(map(int, calls)) <= int(limit)
