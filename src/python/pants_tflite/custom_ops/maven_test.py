# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Archives really fetched, from Maven Central and from repositories on loopback."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from pathlib import Path
from typing import Mapping

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, Digest, Snapshot
from pants.engine.internals.scheduler import ExecutionError

from pants_tflite.cc.testutil import NativeBuilds, needs, needs_launcher
from pants_tflite.custom_ops.maven import JgoClientRequest, MavenClient, network_variables
from pants_tflite.custom_ops.runtimes import RuntimeArchive, RuntimeArchiveRequest
from pants_tflite.sandbox.fetching.fetch_artifact_protocol import JgoClient
from pants_tflite.sandbox.testing.repository import serve
from pants_tflite.subsystems.maven import NETWORK_VARIABLES

# A small archive on Maven Central.
CENTRAL = "org.hamcrest:hamcrest-core:1.3:jar"
CENTRAL_SHA256 = "66fdef91e9739348df7a096aa384a5685f4e875584cce89386a7a47251c4d8e9"
COORDINATES = "org.example:runtime:1.0"
DIRECT = "--maven-network-env-vars=['NO_PROXY=127.0.0.1']"


def _archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("headers/tensorflow/lite/c/common.h", f"// {os.urandom(8).hex()}\n")
    return content.getvalue()


# Different bytes in every run, so that no cache holds what a repository must serve.
ARCHIVE = _archive()
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()


@pytest.fixture(scope="module")
def builds() -> NativeBuilds:
    return NativeBuilds(
        queries={JgoClientRequest: MavenClient, RuntimeArchiveRequest: RuntimeArchive}
    )


def _unpack(
    builds: NativeBuilds,
    *options: str,
    maven: str = COORDINATES,
    sha256: str = SHA256,
    env: Mapping[str, str] | None = None,
) -> Digest:
    builds.set_options(*options, env=env)
    builds.rule_runner.write_files(
        {"tflite/BUILD": f"tflite_runtime(name='runtime', maven={maven!r}, sha256={sha256!r})"}
    )
    target = builds.rule_runner.get_target(Address("tflite", target_name="runtime"))
    archive: RuntimeArchive = builds.request(RuntimeArchiveRequest(target))
    return archive.digest


def _mistake(builds: NativeBuilds, *options: str, maven: str = COORDINATES) -> str:
    with pytest.raises(ExecutionError) as error:
        _unpack(builds, *options, maven=maven)
    return str(error.value)


@needs_launcher
def test_jgo_fetches_without_maven_and_java(builds: NativeBuilds, tmp_path: Path) -> None:
    # Where the interpreter of jgo's environment is; nothing else is looked up on PATH.
    places = [*os.environ["PATH"].split(os.pathsep), "<PYENV>"]
    digest = _unpack(
        builds,
        f"--python-bootstrap-search-path={places}",
        maven=CENTRAL,
        sha256=CENTRAL_SHA256,
        env={"PATH": str(tmp_path), "JAVA_HOME": ""},
    )
    files = builds.rule_runner.request(Snapshot, [digest]).files
    assert "META-INF/MANIFEST.MF" in files
    assert [file for file in files if file.startswith("org/hamcrest/")]


@needs_launcher
@needs("mvn", package="maven")
def test_the_users_maven_fetches_the_same(builds: NativeBuilds) -> None:
    by_mvn, by_jgo = (
        _unpack(builds, *options, maven=CENTRAL, sha256=CENTRAL_SHA256)
        for options in (["--maven-use-mvn"], [])
    )
    assert by_mvn == by_jgo


@needs_launcher
def test_repositories_are_asked_in_their_order(builds: NativeBuilds) -> None:
    with serve() as empty, serve({f"{COORDINATES}:aar": ARCHIVE}) as repository:
        option = f"--maven-repositories=['{empty.url}', '{repository.url}']"
        digest = _unpack(builds, option, DIRECT)
        assert empty.requests
    assert builds.rule_runner.request(Snapshot, [digest]).files == (
        "headers/tensorflow/lite/c/common.h",
    )


@needs_launcher
def test_an_interrupted_download_leaves_nothing_in_the_cache(builds: NativeBuilds) -> None:
    coordinates = "org.example:interrupted:1.0"
    with serve({f"{coordinates}:aar": ARCHIVE}) as repository:
        options = (f"--maven-repositories=['{repository.url}']", DIRECT)
        repository.answer = lambda *_: (200, ARCHIVE[:50], len(ARCHIVE))
        text = _mistake(builds, *options, maven=coordinates)
        for part in (
            f"tflite:runtime, field `maven` = '{coordinates}:aar': jgo did not fetch",
            "IncompleteRead",
            "Fix: See below what went wrong. Name a mirror in `[maven].repositories`",
        ):
            assert part in text
        repository.answer = lambda *_: (200, ARCHIVE[:50], 50)
        text = _mistake(builds, *options, maven=coordinates)
        for part in (
            f"tflite:runtime, field `sha256` = '{SHA256}': {coordinates}:aar is 50 bytes",
            "Checksum mismatch for interrupted-1.0.aar",
            "Fix: Find out why it differs.",
        ):
            assert part in text
        repository.answer = None
        assert _unpack(builds, *options, maven=coordinates)


@needs_launcher
def test_an_artifact_that_is_nowhere(builds: NativeBuilds) -> None:
    coordinates = "org.example:nowhere:1.0"
    with serve() as repository:
        option = f"--maven-repositories=['{repository.url}']"
        text = _mistake(builds, option, DIRECT, maven=coordinates)
    for part in (
        f"tflite:runtime, field `maven` = '{coordinates}:aar': no repository has {coordinates}:aar",
        "Fix: Check the coordinates",
        "it answers 404 Not Found",
    ):
        assert part in text


def test_a_missing_maven(builds: NativeBuilds, tmp_path: Path) -> None:
    text = _mistake(builds, "--maven-use-mvn", f"--maven-executable-search-paths=['{tmp_path}']")
    for part in (
        f"tflite:runtime, field `maven`: there is no `mvn` in {tmp_path}",
        "leave `[maven].use_mvn` out",
    ):
        assert part in text


def test_certificates_of_pants_go_along(builds: NativeBuilds, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("certificates")
    variables = ["NETRC=/passwords", "SSL_CERT_FILE=/other.pem"]
    builds.set_options(
        f"--ca-certs-path={tmp_path / 'ca.pem'}", f"--maven-network-env-vars={variables}"
    )
    client = builds.request(JgoClientRequest())
    assert dict(client.variables) == {"NETRC": "/passwords", "REQUESTS_CA_BUNDLE": "ca.pem"}
    assert builds.content(client.digest) == b"certificates"


def test_the_key_of_a_download_holds_nothing_of_a_machine_by_default(
    builds: NativeBuilds, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NETWORK_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    builds.set_options()
    client = builds.request(JgoClientRequest())
    assert client.settings == JgoClient(repositories=())
    assert not client.variables
    assert client.digest == EMPTY_DIGEST


def test_variables_of_the_network() -> None:
    everywhere = {"LANG": "C", "SSL_CERT_FILE": "/all.pem", "https_proxy": "http://all"}
    assert network_variables({}, {}, None) == {}
    assert network_variables({}, everywhere, None) == {
        "REQUESTS_CA_BUNDLE": "/all.pem",
        "https_proxy": "http://all",
    }
    own = {"CURL_CA_BUNDLE": "/own.pem", "SSL_CERT_DIR": "/own", "https_proxy": "http://own"}
    assert network_variables(own, everywhere, None) == {
        "REQUESTS_CA_BUNDLE": "/own.pem",
        "https_proxy": "http://own",
    }
    assert network_variables(own, everywhere, "ca.pem")["REQUESTS_CA_BUNDLE"] == "ca.pem"
