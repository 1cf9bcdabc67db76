# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the server of Netron's page serves, to whom, and what the page reaches."""

from __future__ import annotations

import http.client
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Callable, Iterator

import pytest

from pants_tflite.sandbox.viewing.netron_page import netron_folder, render_index
from pants_tflite.sandbox.viewing.serve_netron import NetronServer, has_display, main

MODEL = b"TFL3 and other bytes\0\xff"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
Get = Callable[..., http.client.HTTPResponse]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NetronServer]:
    folder = tmp_path / "model"
    (folder / "saved_model" / "variables").mkdir(parents=True)
    (folder / "saved_model" / "variables" / "a b").write_bytes(b"weights")
    (folder / "model.tflite").write_bytes(MODEL)
    (tmp_path / "secret").write_bytes(b"not to be served")
    with NetronServer(0, folder=folder, model="model.tflite", title='m:"model"') as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def get(server: NetronServer) -> Get:
    def get(path: str, host: str = "127.0.0.1", method: str = "GET") -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", f"{host}:{server.server_port}")
        connection.endheaders()
        return connection.getresponse()

    return get


def test_the_model_s_bytes_are_served(get: Get) -> None:
    response = get("/data/model.tflite")
    assert (response.status, response.read()) == (200, MODEL)
    assert get("/data/saved_model/variables/a%20b").read() == b"weights"
    response = get("/data/model.tflite", method="HEAD")
    assert (response.getheader("Content-Length"), response.read()) == (str(len(MODEL)), b"")


def test_the_page_opens_the_model(get: Get) -> None:
    response = get("/")
    page = response.read().decode()
    assert '<meta name="file" content="/data/model.tflite">' in page
    assert '<meta name="name" content="m:&quot;model&quot;">' in page
    scripts = re.findall(r'<script [^>]*src="([^"]+)"', page)
    assert scripts
    for path in (*scripts, "view.js", "tflite.js", "tflite-metadata.json", "grapher.css"):
        assert get(f"/{path}").status == 200


def test_the_page_has_nothing_to_report_and_no_age(get: Get) -> None:
    response = get("/")
    page = response.read().decode()
    assert '<meta name="version" content="0.0.0">' in page
    assert response.getheader("Set-Cookie", "").startswith("consent=")
    policy = response.getheader("Content-Security-Policy", "")
    assert "connect-src 'self' blob: data:;" in policy and "http" not in policy
    original = (netron_folder() / "index.html").read_text()
    date = re.compile(r'<meta name="date" content="([^"]*)">')
    (old,), (new,) = date.findall(original), date.findall(page)
    assert new > old


def test_a_page_of_another_form_is_an_error() -> None:
    with pytest.raises(ValueError, match="has 0 elements `meta` called `date`"):
        render_index("<html></html>", "model.tflite", "m")


@pytest.mark.parametrize(
    "path",
    [
        "/data/../secret",
        "/data/%2e%2e/secret",
        "/data//etc/passwd",
        "/data/none",
        "/data/",
        "/server.py",
        "/__init__.py",
        "/../netron/index.html.bak",
        "/../../pip/__init__.py",
    ],
)
def test_nothing_else_is_served(get: Get, path: str) -> None:
    assert get(path).status == 404


def test_other_sites_cannot_read_it_under_a_name_of_their_own(get: Get) -> None:
    assert get("/data/model.tflite", host="example.org").status == 403
    assert get("/data/model.tflite", host="localhost").status == 200


def test_only_this_machine_reaches_it(server: NetronServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        arguments = [f"--folder={tmp_path}", "--model=m", "--title=m", f"--port={port}"]
        assert main(arguments) == 2
    error = capsys.readouterr().err
    assert f"[netron].port = {port}: the port cannot be used" in error and "Fix: Give" in error


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_interrupted(tmp_path: Path, number: int) -> None:
    (tmp_path / "model.tflite").write_bytes(MODEL)
    module = "pants_tflite.sandbox.viewing.serve_netron"
    arguments = (f"--folder={tmp_path}", "--model=model.tflite", "--title=m:model", "--port=0")
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert re.fullmatch(r"m:model is at http://127\.0\.0\.1:\d+/ in Netron [\d.]+\.\n", line)
        process.stdout.readline()
        process.send_signal(number)
        assert process.wait(timeout=20) == 0


def test_a_browser_needs_a_display() -> None:
    assert has_display({"DISPLAY": ":0"}, "linux")
    assert has_display({"BROWSER": "firefox"}, "linux")
    assert has_display({}, "darwin")
    assert not has_display({"DISPLAY": "", "PATH": "/usr/bin"}, "linux")


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium, which shows the page")
def test_the_page_in_a_browser_shows_the_model_and_reaches_no_other_server(tmp_path: Path) -> None:
    """A `.pbtxt` of TensorFlow is the shortest model that Netron draws."""
    folder = tmp_path / "model"
    folder.mkdir()
    nodes = 'node { name: "a" op: "Placeholder" } node { name: "b" op: "Tanh" input: "a" }'
    (folder / "model.pbtxt").write_text(nodes)
    log = tmp_path / "net.json"
    with NetronServer(0, folder=folder, model="model.pbtxt", title="m:model") as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        assert CHROMIUM is not None
        done = subprocess.run(
            [
                CHROMIUM,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                f"--user-data-dir={tmp_path / 'profile'}",
                f"--log-net-log={log}",
                "--virtual-time-budget=20000",
                "--dump-dom",
                server.url,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=120,
        )
        server.shutdown()
        thread.join()
    assert ">Tanh</text>" in done.stdout
    asked = set(re.findall(r'"url":"https?://([^/:"]+)', log.read_text()))
    assert "127.0.0.1" in asked
    # What Netron's page asks; the browser itself has servers of its own.
    assert not {host for host in asked if re.search("ipinfo|analytics|netron|lutzroeder", host)}
