# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A Maven repository on loopback for tests, which misbehaves on demand."""

from __future__ import annotations

import contextlib
import hashlib
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Callable, Iterator, List, Mapping, Optional

# What a repository answers for a path: a status, a body, and how many bytes it says the body has.
Answer = Callable[["Repository", str], "tuple[int, bytes, int]"]


class Repository(ThreadingHTTPServer):
    """Serves `files` by their paths, and their SHA-1 sums; `requests` are the requested paths.

    `answer` replaces its answer to a request for a file. A negative length hangs up before any
    answer.
    """

    daemon_threads = True

    def __init__(self, files: Mapping[str, bytes], answer: Optional[Answer] = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = dict(files)
        for path, content in files.items():
            self.files[f"{path}.sha1"] = hashlib.sha1(content).hexdigest().encode()
        self.answer = answer
        self.requests: List[str] = []
        self.authorizations: List[Optional[str]] = []
        self.scheme = "http"

    def respond(self, path: str) -> tuple[int, bytes, int]:
        if path not in self.files:
            return 404, b"", 0
        if self.answer is not None and not path.endswith(".sha1"):
            return self.answer(self, path)
        return 200, self.files[path], len(self.files[path])

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}/maven"


class _Handler(BaseHTTPRequestHandler):
    server: Repository

    def do_GET(self) -> None:
        path = self.path.partition("/maven/")[2]
        # Clients of a proxy send the whole URL.
        self.server.requests.append(self.path)
        self.server.authorizations.append(self.headers["Authorization"])
        status, body, length = self.server.respond(path)
        if length < 0:
            return
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def path_of(coordinates: str) -> str:
    """The path of a file in a repository."""
    group, name, version, packaging = coordinates.split(":")
    return f"{group.replace('.', '/')}/{name}/{version}/{name}-{version}.{packaging}"


@contextlib.contextmanager
def serve(
    files: Mapping[str, bytes] = {},
    answer: Optional[Answer] = None,
    *,
    certificate: Optional[Path] = None,
) -> Iterator[Repository]:
    """A repository with `files`, by their coordinates; over TLS if there is a `certificate`."""
    by_path = {path_of(coordinates): content for coordinates, content in files.items()}
    with Repository(by_path, answer) as repository:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            repository.socket = context.wrap_socket(repository.socket, server_side=True)
            repository.scheme = "https"
        thread = threading.Thread(target=repository.serve_forever, daemon=True)
        thread.start()
        try:
            yield repository
        finally:
            repository.shutdown()
            thread.join()
