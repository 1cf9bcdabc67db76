# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Real servers on this machine: BuildGrid as a remote cache, which tests can freeze, end and start again, and
buildbox, which runs steps."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import socketserver
import subprocess
import threading
import time
from pathlib import Path
from typing import Iterator

from tests.workspace import ROOT, code_blocks

BUILDGRID_LOCK = ROOT / "3rdparty" / "python" / "buildgrid.lock"
BUILDBOX_LOCK = ROOT / "3rdparty" / "python" / "buildbox.lock"
_SECONDS_TO_START = 120.0
# A page shows users how to configure it.
_PAGE = ROOT / "docs" / "scaling.md"
_CONFIG, _CHANNEL = "server.yml", "an encrypted channel of server.yml"
_PORT, _TLS_PORT, _BLOBS, _KEYS = "50051", "50052", "/var/cache/buildgrid", "/etc/buildgrid"


def _read_block(name: str) -> str:
    """The block of the page that begins with this name, without it."""
    title = f"# {name}\n"
    blocks = code_blocks(_PAGE.read_text())
    (text,) = [text for language, text in blocks if language == "yaml" and text.startswith(title)]
    return text[len(title) :]


def _read_config(*, port: int, tls_port: int, blobs: Path, keys: Path | None) -> str:
    """The configuration that the page shows, with other ports and folders, and the encrypted channel if there are
    keys for it."""
    text = _read_block(_CONFIG)
    for shown, used in ((_PORT, port), (_BLOBS, blobs)):
        assert text.count(shown) == 1
        text = text.replace(shown, str(used))
    if keys is None:
        return text
    channel = _read_block(_CHANNEL)
    assert (channel.count(_TLS_PORT), channel.count(_KEYS)) == (1, 2)
    channel = channel.replace(_TLS_PORT, str(tls_port)).replace(_KEYS, str(keys))
    before, after = text.split("description:")
    return f"{before}{channel}description:{after}"


class Authority:
    """A certificate authority of one's own, made by openssl. `folder` has its certificate, and the key and
    the certificate of a server on this machine, which it has signed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "extensions").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        new = ("req", "-newkey", "rsa:2048", "-nodes")
        valid = ("-days", "2")
        self._openssl(
            *new, "-x509", *valid, "-subj", "/CN=Tests", "-keyout", "ca.key", "-out", "ca.pem"
        )
        self._openssl(*new, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
        signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial")
        files = ("-extfile", "extensions", "-in", "server.csr", "-out", "server.pem")
        self._openssl("x509", "-req", *valid, *signing, *files)

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(("openssl", *arguments), cwd=self.folder, check=True, capture_output=True)

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"


class FixedAddress:
    """An address of this machine that stays the same, with one server after the other behind it: a daemon of
    Pants would start again for another one. Nothing listens there in between."""

    def __init__(self) -> None:
        self.port = _free_port()

    @contextlib.contextmanager
    def leading_to(self, port: int) -> Iterator[None]:
        with _Forwarder(("127.0.0.1", self.port), port) as forwarder:
            thread = threading.Thread(target=forwarder.serve_forever, args=(0.05,))
            thread.start()
            try:
                yield
            finally:
                forwarder.shutdown()
                thread.join()
                forwarder.cut()


class _Forwarder(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], port: int) -> None:
        super().__init__(address, _Connection)
        self.target = ("127.0.0.1", port)
        self.open: list[socket.socket] = []

    def cut(self) -> None:
        for end in self.open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class _Connection(socketserver.BaseRequestHandler):
    server: _Forwarder

    def handle(self) -> None:
        with contextlib.suppress(OSError), socket.create_connection(self.server.target) as behind:
            self.server.open += (self.request, behind)
            back = threading.Thread(target=self._pump, args=(behind, self.request), daemon=True)
            back.start()
            self._pump(self.request, behind)
            back.join()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(1 << 16):
                sink.sendall(block)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)


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


def install(folder: Path, python: Path, lock: Path) -> None:
    """Makes an environment of the lock in a new folder."""
    subprocess.run((python, "-m", "venv", folder), check=True)
    arguments = ("install", "--quiet", "--no-compile", "--require-hashes", "--no-deps", "-r", lock)
    subprocess.run((folder / "bin" / "python", "-m", "pip", *arguments), check=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns when a process listens to the port."""
    deadline = time.monotonic() + _SECONDS_TO_START
    while True:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)


class CacheServer:
    """A server with its blobs in `folder`, which runs in a `with` statement.

    It answers on `port` and, if there is an `authority`, also on `tls_port`, encrypted. With a
    `secret` it takes only tokens that were signed with it. `max_kib` is how large a file of it can be: what
    is larger fails as on a full disk.
    """

    def __init__(
        self,
        program: Path,
        folder: Path,
        authority: Authority | None = None,
        *,
        secret: str = "",
        max_kib: int | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.tls_port = _free_port(), _free_port()
        self.blobs = folder / "blobs"
        self._program = program
        self._max_kib = max_kib
        self._config, self._log = folder / "server.yml", folder / "server.log"
        config = _read_config(
            port=self.port,
            tls_port=self.tls_port,
            blobs=self.blobs,
            keys=None if authority is None else authority.folder,
        )
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
        _wait_for(self.port, self._process, self._log)

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


class Worker:
    """A machine that runs steps for others, in a `with` statement: buildbox-casd takes them and has the files, and
    buildbox-run runs them in bubblewrap, without this machine's home and checkouts.

    It has this machine's system and `python`; `folder` holds what it keeps.
    """

    CACHES_FOLDER = "/srv/caches"
    _SYSTEM = ("/bin", "/etc", "/lib", "/lib64", "/usr")

    def __init__(self, environment: Path, folder: Path, python: Path) -> None:
        self.port = _free_port()
        self.python = python.resolve()
        (self._programs,) = environment.glob("lib/*/site-packages/buildstream/subprojects/buildbox")
        self._log, self._files = folder / "casd.log", folder / "files"
        caches = folder / "caches"
        caches.mkdir(parents=True)
        self._mounts = (
            *(f"--ro-bind-mount={Path(path).resolve()}:{path}" for path in self._SYSTEM),
            f"--ro-bind-mount={self.python.parents[1]}:{self.python.parents[1]}",
            f"--bind-mount={caches}:{self.CACHES_FOLDER}",
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"grpc://127.0.0.1:{self.port}"

    def __enter__(self) -> Worker:
        path = f"{self._programs}:/usr/bin:/bin"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                (
                    str(self._programs / "buildbox-casd"),
                    f"--bind=127.0.0.1:{self.port}",
                    f"--buildbox-run={self._programs / 'buildbox-run'}",
                    *(f"--runner-arg={mount}" for mount in self._mounts),
                    "--jobs=2",
                    "--log-level=info",
                    str(self._files),
                ),
                env={"PATH": path},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        _wait_for(self.port, self._process, self._log)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait()
