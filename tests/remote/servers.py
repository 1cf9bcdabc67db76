# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A real server of a remote cache on this machine: BuildGrid, which tests can freeze, end and start again."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Iterator

from tests.workspace import ROOT

LOCK = ROOT / "3rdparty" / "python" / "buildgrid.lock"
_SECONDS_TO_START = 120.0
# A page shows users how to configure it.
_PAGE = ROOT / "docs" / "scaling.md"
_BLOCK = re.compile(r"^```yaml\n# server.yml\n(.+?)^```$", re.MULTILINE | re.DOTALL)
_PORT, _BLOBS = "50051", "/var/cache/buildgrid"


def _read_config(*, port: int, blobs: Path) -> str:
    """The configuration that the page shows, with another port and folder."""
    (text,) = _BLOCK.findall(_PAGE.read_text())
    assert text.count(_PORT) == text.count(_BLOBS) == 1
    return text.replace(_PORT, str(port)).replace(_BLOBS, str(blobs))


def find_python(version: str) -> Path | None:
    """An interpreter of a version such as `3.12`: one of pyenv's, or one on the path."""
    name = f"python{version}"
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/local/bin:/usr/bin")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for python in (*sorted(pyenv.glob(f"versions/{version}*/bin/{name}")), found):
        works = python and subprocess.run((python, "-c", ""), capture_output=True, check=False)
        if works and works.returncode == 0:
            return Path(str(python))
    return None


def install(folder: Path, python: Path) -> Path:
    """BuildGrid's program, in an environment of the lock."""
    subprocess.run((python, "-m", "venv", folder), check=True)
    arguments = ("install", "--quiet", "--require-hashes", "--no-deps", "--requirement", LOCK)
    subprocess.run((folder / "bin" / "python", "-m", "pip", *arguments), check=True)
    return folder / "bin" / "bgd"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class CacheServer:
    """A server with its blobs in `folder`, which runs in a `with` statement.

    With a `secret` it takes only tokens that were signed with it. `max_kib` is how large a file of it
    can be: what is larger fails as on a full disk.
    """

    def __init__(
        self, program: Path, folder: Path, *, secret: str = "", max_kib: int | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = _free_port()
        self.blobs = folder / "blobs"
        self._program = program
        self._max_kib = max_kib
        self._config, self._log = folder / "server.yml", folder / "server.log"
        config = _read_config(port=self.port, blobs=self.blobs)
        if secret:
            file = folder / "secret"
            file.write_text(secret)
            config += f"authorization:\n  method: jwt\n  secret: {file}\n  algorithm: hs256\n"
        self._config.write_text(config)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"grpc://127.0.0.1:{self.port}"

    def __enter__(self) -> CacheServer:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _start(self) -> None:
        limit = f"ulimit -f {self._max_kib} && " if self._max_kib is not None else ""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ("bash", "-c", f'{limit}exec "$0" server start "$1"', self._program, self._config),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _SECONDS_TO_START
        while True:
            assert self._process.poll() is None, self._log.read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < deadline, self._log.read_text()
                time.sleep(0.2)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def freeze(self) -> None:
        """Leaves all connections open, and answers no more."""
        self._signal(signal.SIGSTOP)

    @contextlib.contextmanager
    def slowed(self) -> Iterator[None]:
        """Does something in one twentieth of a second of each fifth only."""
        ended = threading.Event()

        def hold() -> None:
            while not ended.is_set():
                self._signal(signal.SIGSTOP)
                time.sleep(0.2)
                self._signal(signal.SIGCONT)
                time.sleep(0.05)

        holder = threading.Thread(target=hold)
        holder.start()
        try:
            yield
        finally:
            ended.set()
            holder.join()

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def blob_files(self) -> list[Path]:
        return sorted(path for path in self.blobs.rglob("*") if path.is_file())
