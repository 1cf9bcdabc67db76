# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Fetching an archive with jgo, which needs neither Maven nor Java."""

from __future__ import annotations

import http
import io
import logging
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

import jgo.util.http
import truststore
from jgo.maven import Artifact, MavenContext

from pants_tflite.sandbox.mistakes import Mistake

_DOWNLOADS = Path("downloads")
_ATTEMPTS = 3
# Seconds without a byte after which a connection counts as dead.
_TIMEOUT = 30
# The statuses of a repository that works but does not have the file.
_ABSENT = (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE)
# What jgo raises: errors of requests are OSErrors, a malformed header is a ValueError.
_JGO_ERRORS = (OSError, RuntimeError, ValueError)
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_FIX_ABSENT = (
    "Check the coordinates, which are `group:artifact:version` or "
    "`group:artifact:version:packaging`, or name the repository that has the archive in "
    "`[maven].repositories`."
)
_FIX_NETWORK = (
    "See below what went wrong. Name a mirror in `[maven].repositories`, certificates in "
    "`[GLOBAL].ca_certs_path`, and a proxy in one of the variables of `[maven].network_env_vars`; "
    "or set `[maven].use_mvn`, and your own Maven fetches the archive by its `settings.xml`."
)


@dataclass(frozen=True)
class _Download:
    path: Path
    url: str


@dataclass(frozen=True)
class _Failure:
    """Why a repository yielded nothing. `is_absence` if it works but does not have the file."""

    url: str
    reason: str
    is_absence: bool


def fetch(
    repositories: Sequence[str], environment: Mapping[str, str], coordinates: str
) -> tuple[Path, str]:
    """The file of the first repository that yields `coordinates`, and notes on the download.

    Without `repositories` the one that jgo has by default is asked. Raises Mistake if none
    yields the file.
    """
    os.environ.update(environment)
    # The system's certificates count too, as for a browser, Maven or pip.
    truststore.inject_into_ssl()
    warnings = io.StringIO()
    logging.basicConfig(stream=warnings, level=logging.WARNING, format="%(message)s")
    failures = []
    for number, url in enumerate(repositories or [None]):
        result = _fetch_from(url, _DOWNLOADS / str(number), coordinates)
        if isinstance(result, _Download):
            notes = f"It came from {result.url}.\n{warnings.getvalue()}"
            return result.path, _without_credentials(notes)
        failures.append(result)
    is_absent = all(failure.is_absence for failure in failures)
    lines = [f"{failure.url}: {failure.reason}" for failure in failures]
    raise Mistake(
        f"no repository has {coordinates}" if is_absent else f"jgo did not fetch {coordinates}",
        field="maven",
        value=coordinates,
        fix=_FIX_ABSENT if is_absent else _FIX_NETWORK,
        detail=_without_credentials("\n".join((*lines, warnings.getvalue()))),
    )


def _fetch_from(repository: str | None, downloads: Path, coordinates: str) -> _Download | _Failure:
    for attempt in range(_ATTEMPTS):
        time.sleep(attempt)
        # A folder for each attempt, since jgo would take an interrupted download for the file.
        result = _attempt(repository, downloads / str(attempt), coordinates)
        if isinstance(result, _Download) or result.is_absence:
            break
    return result


def _attempt(repository: str | None, cache: Path, coordinates: str) -> _Download | _Failure:
    group, name, version, packaging = coordinates.split(":")
    remotes = None if repository is None else {"repository": repository.rstrip("/")}
    context = MavenContext(repo_cache=cache, remote_repos=remotes, timeout=_TIMEOUT)
    (url,) = context.remote_repos.values()
    artifact = context.project(group, name).at_version(version).artifact(packaging=packaging)
    try:
        return _Download(artifact.resolve(), url)
    except _JGO_ERRORS as error:
        # jgo raises a RuntimeError for every answer but 200, without saying which it was.
        answer = _ask(url, artifact) if isinstance(error, RuntimeError) else None
        return answer or _Failure(url, str(error), is_absence=False)


def _ask(repository: str, artifact: Artifact) -> _Failure | None:
    """The failure of `repository` when asked for `artifact`; None if it does not fail."""
    try:
        url = f"{repository}/{artifact.component.path_prefix.as_posix()}/{artifact.filename}"
        with jgo.util.http.get(url, stream=True, timeout=_TIMEOUT) as response:
            status = response.status_code
            reason = f"{status} {response.reason or ''}".strip()
    except _JGO_ERRORS:
        return None
    if status == http.HTTPStatus.OK:
        return None
    return _Failure(url, f"it answers {reason}", is_absence=status in _ABSENT)


def _without_credentials(text: str) -> str:
    return _CREDENTIALS.sub("***", text)
