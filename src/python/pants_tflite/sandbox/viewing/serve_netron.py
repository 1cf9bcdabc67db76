# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Shows a model in Netron: serves it with Netron's files on this machine, and opens the browser."""

from __future__ import annotations

import argparse
import errno
import http.server
import os
import signal
import sys
import urllib.parse
import webbrowser
from pathlib import Path
from typing import Mapping, Sequence

from pants_tflite.sandbox.compile_environment import ensure_compiled_if_asked
from pants_tflite.sandbox.viewing.netron_page import (
    CONSENT,
    DATA_PREFIX,
    HEADERS,
    INDEX,
    Content,
    netron_folder,
    netron_version,
    read_file,
    render_index,
)

_HOST = "127.0.0.1"
# What a browser on this machine asks for, maybe through a tunnel; any other name is an attack.
_LOCAL_NAMES = ("127.0.0.1", "localhost")
MISTAKE_EXIT_CODE = 2


class NetronServer(http.server.ThreadingHTTPServer):
    """Serves one model, which is all files below `folder`; `model` is the one that Netron opens."""

    daemon_threads = True

    def __init__(self, port: int, *, folder: Path, model: str, title: str) -> None:
        self.folder = folder.resolve()
        self.netron = netron_folder()
        page = (self.netron / INDEX.lstrip("/")).read_text(encoding="utf-8")
        self.page = render_index(page, model, title).encode()
        super().__init__((_HOST, port), _Handler)

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.server_port}/"

    def find(self, path: str) -> Content | None:
        """What is at the path of a URL."""
        if path in ("/", INDEX):
            return Content(self.page, "text/html; charset=utf-8")
        if not path.startswith(DATA_PREFIX):
            return read_file(self.netron, path)
        file = (self.folder / path[len(DATA_PREFIX) :]).resolve()
        if not file.is_relative_to(self.folder) or not file.is_file():
            return None
        return Content(file.read_bytes(), "application/octet-stream")


class _Handler(http.server.BaseHTTPRequestHandler):
    server: NetronServer

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        host = urllib.parse.urlsplit(f"//{self.headers.get('Host', '')}").hostname
        if host not in _LOCAL_NAMES:
            self.send_error(http.HTTPStatus.FORBIDDEN)
            return
        found = self.server.find(urllib.parse.unquote(urllib.parse.urlsplit(self.path).path))
        if found is None:
            self.send_error(http.HTTPStatus.NOT_FOUND)
            return
        self.send_response(http.HTTPStatus.OK)
        headers = {
            **HEADERS,
            "Content-Length": str(len(found.data)),
            "Content-Type": found.type,
            "Set-Cookie": CONSENT,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(found.data)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing about single requests."""


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser can open a window: without one, a browser of the terminal would start."""
    if platform == "darwin":
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="serve_netron", description="Shows a model in Netron.")
    parser.add_argument("--folder", required=True, type=Path, help="the model's files")
    parser.add_argument("--model", required=True, help="the file in there to open")
    parser.add_argument("--title", required=True, help="what to call it")
    parser.add_argument("--port", required=True, type=int, help="0 for a free one")
    parser.add_argument("--browser", action="store_true", help="open the browser")
    return parser.parse_args(arguments)


def _end(*_: object) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str]) -> int:
    """Serves until it is interrupted; a mistake is a message on stderr and exit code 2."""
    options = parse_arguments(arguments)
    ensure_compiled_if_asked()
    try:
        server = NetronServer(
            options.port, folder=options.folder, model=options.model, title=options.title
        )
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        print(
            f"[netron].port = {options.port}: the port cannot be used: {error.strerror}.\n\n"
            "Fix: Give another one, or 0 for any that is free.",
            file=sys.stderr,
        )
        return MISTAKE_EXIT_CODE
    try:
        signal.signal(signal.SIGTERM, _end)
        with server:
            print(f"{options.title} is at {server.url} in Netron {netron_version()}.", flush=True)
            print("Press Ctrl-C to end.", flush=True)
            if options.browser and has_display(os.environ, sys.platform):
                webbrowser.open(server.url)
            server.serve_forever()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
