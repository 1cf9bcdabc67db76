# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Fetching small files from Maven Central and from repositories on loopback.

jgo's environment, which this runs in, has no pytest to import: Pants brings it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
import shutil
import subprocess
import unittest
from pathlib import Path
from typing import Any, Mapping

from pants_tflite.sandbox.fetching import fetch_artifact
from pants_tflite.sandbox.fetching.fetch_artifact_protocol import (
    FetchRequest,
    JgoClient,
    MvnClient,
)
from pants_tflite.sandbox.testing.program_runs import run_program
from pants_tflite.sandbox.testing.repository import Repository, path_of, serve

PROGRAM = fetch_artifact.__name__.split(".", 2)[2]
# A file on Maven Central.
CENTRAL = "org.hamcrest:hamcrest-core:1.3:pom"
CENTRAL_BYTES = 766
CENTRAL_SHA256 = "fde386a7905173a1b103de6ab820727584b50d0e32282e2797787c20a64ffa93"
# A file in the repositories on loopback.
COORDINATES = "org.example:runtime:1.0:aar"
CONTENT = bytes(range(256)) * 200
SHA256 = hashlib.sha256(CONTENT).hexdigest()
DIRECT = {"NO_PROXY": "127.0.0.1"}
WITHOUT_MAVEN_AND_JAVA = {"PATH": "", "JAVA_HOME": ""}


def mvn_client() -> MvnClient:
    mvn = shutil.which("mvn")
    if mvn is None:
        raise unittest.SkipTest("there is no Maven (`mvn`) on this machine")
    return MvnClient(mvn)


def fetch(
    folder: Path,
    *repositories: str,
    coordinates: str = COORDINATES,
    sha256: str = SHA256,
    client: MvnClient | None = None,
    environment: Mapping[str, str] = DIRECT,
) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    request = FetchRequest(
        client=client or JgoClient(repositories),
        environment=environment,
        coordinates=coordinates,
        sha256=sha256,
    )
    return run_program(PROGRAM, folder, request)


def outputs(folder: Path) -> dict[str, str]:
    """The SHA-256 of each output, by its name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (folder / "out").iterdir()
    }


def fetched(folder: Path, *repositories: str, **changes: Any) -> dict[str, str]:
    result = fetch(folder, *repositories, **changes)
    assert result.returncode == 0, result.stderr
    return outputs(folder)


def mistake(folder: Path, *repositories: str, **changes: Any) -> dict[str, str]:
    """The error of a fetch that fails, which must leave nothing else."""
    result = fetch(folder, *repositories, **changes)
    assert result.returncode == 3, result.stderr
    assert list(outputs(folder)) == ["error.json"]
    error: dict[str, str] = json.loads((folder / "out/error.json").read_text())
    return error


def truncated(repository: Repository, path: str) -> tuple[int, bytes, int]:
    content = repository.files[path]
    return 200, content[: len(content) // 2], len(content)


def corrupt(repository: Repository, path: str) -> tuple[int, bytes, int]:
    content = repository.files[path]
    return 200, content[:-1] + b"x", len(content)


def silent(repository: Repository, path: str) -> tuple[int, bytes, int]:
    return 0, b"", -1


def url_in(repository: Repository) -> str:
    return f"{repository.url}/{path_of(COORDINATES)}"


def asked(repository: Repository) -> int:
    """How often `repository` was asked for the file itself."""
    return sum(path.endswith(".aar") for path in repository.requests)


def test_jgo_fetches_from_maven_central(tmp_path: Path) -> None:
    # This machine's own environment says how it reaches the network.
    found = fetched(
        tmp_path, coordinates=CENTRAL, sha256=CENTRAL_SHA256, environment=WITHOUT_MAVEN_AND_JAVA
    )
    assert found == {"archive.pom": CENTRAL_SHA256}


def test_mvn_fetches_the_same(tmp_path: Path) -> None:
    found = fetched(
        tmp_path,
        client=mvn_client(),
        coordinates=CENTRAL,
        sha256=CENTRAL_SHA256,
        environment={"PATH": os.environ.get("PATH", os.defpath)},
    )
    assert found == {"archive.pom": CENTRAL_SHA256}


def test_a_file_is_taken_from_the_first_repository_that_yields_it(tmp_path: Path) -> None:
    with serve() as empty, serve({COORDINATES: CONTENT}) as first, serve(
        {COORDINATES: CONTENT}
    ) as second:
        found = fetched(tmp_path, empty.url, f"{first.url}/", second.url)
        assert found == {"archive.aar": SHA256}
        assert (asked(first), asked(second)) == (1, 0)


def test_a_packaging_of_two_words_stays_whole(tmp_path: Path) -> None:
    coordinates = "org.example:runtime:1.0:tar.gz"
    with serve({coordinates: CONTENT}) as repository:
        found = fetched(tmp_path, repository.url, coordinates=coordinates)
        assert found == {"archive.tar.gz": SHA256}


def test_an_unknown_artifact(tmp_path: Path) -> None:
    with serve() as one, serve() as two:
        error = mistake(tmp_path, one.url, two.url)
        assert error["field"] == "maven"
        assert error["value"] == COORDINATES
        assert error["message"] == f"no repository has {COORDINATES}"
        assert "`[maven].repositories`" in error["fix"]
        assert error["detail"].splitlines() == [
            f"{url_in(repository)}: it answers 404 Not Found" for repository in (one, two)
        ]
        # Once by jgo, and once to learn the answer; an absent file is not asked for again.
        assert asked(one) == asked(two) == 2


def test_an_unknown_artifact_of_maven_central(tmp_path: Path) -> None:
    error = mistake(tmp_path, coordinates="org.hamcrest:hamcrest-core:0.0:pom", environment={})
    assert error["message"] == "no repository has org.hamcrest:hamcrest-core:0.0:pom"
    assert "it answers 404" in error["detail"]


def test_an_artifact_that_mvn_does_not_find(tmp_path: Path) -> None:
    coordinates = "org.hamcrest:hamcrest-core:0.0:pom"
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    error = mistake(tmp_path, client=mvn_client(), coordinates=coordinates, environment=environment)
    assert error["field"] == "maven"
    assert error["message"] == f"Maven did not fetch {coordinates}"
    # Maven's message differs if it remembers an earlier attempt.
    assert "org.hamcrest:hamcrest-core:pom:0.0" in error["detail"]
    assert "[INFO]" not in error["detail"]
    assert "full stack trace" not in error["detail"]


def test_a_repository_that_refuses(tmp_path: Path) -> None:
    with serve({COORDINATES: CONTENT}, lambda *_: (403, b"", 0)) as repository:
        error = mistake(tmp_path, repository.url)
        assert error["message"] == f"jgo did not fetch {COORDINATES}"
        assert error["detail"].strip() == f"{url_in(repository)}: it answers 403 Forbidden"
        for option in ("repositories", "network_env_vars", "use_mvn"):
            assert f"`[maven].{option}`" in error["fix"]


def test_no_repository_at_all(tmp_path: Path) -> None:
    with serve() as repository:
        url = repository.url
    error = mistake(tmp_path, url)
    assert error["message"] == f"jgo did not fetch {COORDINATES}"
    assert error["detail"].startswith(f"{url}: ")
    assert "Connection refused" in error["detail"]


def test_a_repository_that_is_no_url(tmp_path: Path) -> None:
    error = mistake(tmp_path, "repository.invalid/maven")
    assert error["message"] == f"jgo did not fetch {COORDINATES}"
    assert "No scheme supplied" in error["detail"]


def test_a_connection_that_ends_in_the_middle(tmp_path: Path) -> None:
    with serve({COORDINATES: CONTENT}, truncated) as repository:
        error = mistake(tmp_path, repository.url)
        assert error["field"] == "maven"
        assert error["message"] == f"jgo did not fetch {COORDINATES}"
        assert "IncompleteRead" in error["detail"]
        assert asked(repository) == 3


def test_a_repository_that_dies(tmp_path: Path) -> None:
    with serve({COORDINATES: CONTENT}, silent) as dead, serve({COORDINATES: CONTENT}) as alive:
        error = mistake(tmp_path / "dead", dead.url)
        assert error["message"] == f"jgo did not fetch {COORDINATES}"
        assert fetched(tmp_path / "both", dead.url, alive.url) == {"archive.aar": SHA256}


def test_a_passing_failure_passes(tmp_path: Path) -> None:
    answers = [truncated, silent]

    def answer(repository: Repository, path: str) -> tuple[int, bytes, int]:
        if answers:
            return answers.pop(0)(repository, path)
        return 200, repository.files[path], len(repository.files[path])

    with serve({COORDINATES: CONTENT}, answer) as repository:
        assert fetched(tmp_path, repository.url) == {"archive.aar": SHA256}
        assert asked(repository) == 3


def test_a_corrupt_file(tmp_path: Path) -> None:
    with serve({COORDINATES: CONTENT}, corrupt) as repository:
        error = mistake(tmp_path, repository.url)
        found = hashlib.sha256(CONTENT[:-1] + b"x").hexdigest()
        assert (error["field"], error["value"]) == ("sha256", SHA256)
        assert error["message"] == (
            f"{COORDINATES} is {len(CONTENT)} bytes with the SHA-256 {found}, where {SHA256} is "
            "expected"
        )
        assert f"It came from {repository.url}." in error["detail"]
        assert "Checksum mismatch for runtime-1.0.aar" in error["detail"]


def test_a_wrong_hash(tmp_path: Path) -> None:
    error = mistake(tmp_path, coordinates=CENTRAL, sha256="0" * 64, environment={})
    assert error["field"] == "sha256"
    for part in (f"{CENTRAL_BYTES} bytes", CENTRAL_SHA256, "0" * 64):
        assert part in error["message"]
    assert "Checksum mismatch" not in error["detail"]


def test_a_wrong_hash_of_what_mvn_fetched(tmp_path: Path) -> None:
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    error = mistake(
        tmp_path,
        client=mvn_client(),
        coordinates=CENTRAL,
        sha256="0" * 64,
        environment=environment,
    )
    assert error["field"] == "sha256"
    assert CENTRAL_SHA256 in error["message"]


def test_a_proxy_is_used(tmp_path: Path) -> None:
    url = "http://repository.invalid/maven"
    with serve({COORDINATES: CONTENT}) as proxy:
        address = proxy.url.rpartition("/")[0]
        # Both cases, for a machine may have the other one set.
        environment = {"HTTP_PROXY": address, "http_proxy": address}
        assert fetched(tmp_path, url, environment=environment) == {"archive.aar": SHA256}
        assert f"{url}/{path_of(COORDINATES)}" in proxy.requests


def test_passwords_come_from_a_file_and_are_not_shown(tmp_path: Path) -> None:
    authorization = f"Basic {base64.b64encode(b'me:secret').decode()}"
    with serve({COORDINATES: CONTENT}, corrupt) as repository:
        netrc = tmp_path / "passwords"
        netrc.write_text("machine 127.0.0.1 login me password secret\n")
        mistake(tmp_path / "file", repository.url, environment={**DIRECT, "NETRC": str(netrc)})
        assert authorization in repository.authorizations
        repository.authorizations.clear()
        error = mistake(tmp_path / "url", repository.url.replace("//", "//me:secret@"))
        assert authorization in repository.authorizations
        assert repository.url.replace("//", "//***@") in error["detail"]
        assert "secret" not in str(error)


def test_certificates(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        raise unittest.SkipTest("there is no `openssl` on this machine")
    key_and_certificate = tmp_path / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test"]
        + ["-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
        + ["-keyout", "key.pem", "-out", "certificates.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    certificates = (tmp_path / "certificates.pem").read_text()
    key_and_certificate.write_text((tmp_path / "key.pem").read_text() + certificates)
    with serve({COORDINATES: CONTENT}, certificate=key_and_certificate) as repository:
        error = mistake(tmp_path / "unknown", repository.url)
        assert "CERTIFICATE_VERIFY_FAILED" in error["detail"]
        folder = tmp_path / "known"
        folder.mkdir()
        (folder / "certificates.pem").write_text(certificates)
        environment = {**DIRECT, "REQUESTS_CA_BUNDLE": "certificates.pem"}
        expected = {"archive.aar": SHA256}
        assert fetched(folder, repository.url, environment=environment) == expected
        # What OpenSSL takes for the system's file.
        environment = {**DIRECT, "SSL_CERT_FILE": str(tmp_path / "certificates.pem")}
        system = tmp_path / "system"
        if platform.system() == "Linux":
            assert fetched(system, repository.url, environment=environment) == expected
        environment = {**DIRECT, "REQUESTS_CA_BUNDLE": "none.pem"}
        error = mistake(tmp_path / "none", repository.url, environment=environment)
        assert "none.pem" in error["detail"]
