# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Fetching a small file with the machine's own Maven."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from pants_tflite.sandbox.archives import fetch_artifact
from pants_tflite.sandbox.testing.program_runs import run_program

PROGRAM = fetch_artifact.__name__.rsplit(".", 1)[1]
COORDINATES = "org.hamcrest:hamcrest-core:1.3:pom"
BYTES = 766
SHA256 = "fde386a7905173a1b103de6ab820727584b50d0e32282e2797787c20a64ffa93"


@pytest.fixture
def request_fields() -> dict[str, Any]:
    mvn = shutil.which("mvn")
    if mvn is None:
        pytest.skip("there is no Maven (`mvn`) on this machine")
    return {
        "mvn": mvn,
        "environment": {"PATH": os.environ.get("PATH", os.defpath)},
        "coordinates": COORDINATES,
        "sha256": SHA256,
    }


def test_the_archive_is_fetched(request_fields: dict[str, Any], tmp_path: Path) -> None:
    result = run_program(PROGRAM, tmp_path, request_fields)
    assert result.returncode == 0, result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["archive.pom"]
    content = (tmp_path / "out/archive.pom").read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256


@pytest.mark.parametrize(
    ("changes", "field", "parts"),
    [
        ({"sha256": "0" * 64}, "sha256", [f"{BYTES} bytes", SHA256, "0" * 64]),
        (
            {"coordinates": "org.hamcrest:hamcrest-core:0.0:pom"},
            "maven",
            ["Maven did not fetch org.hamcrest:hamcrest-core:0.0:pom"],
        ),
    ],
)
def test_mistakes(
    request_fields: dict[str, Any],
    tmp_path: Path,
    changes: dict[str, str],
    field: str,
    parts: list[str],
) -> None:
    result = run_program(PROGRAM, tmp_path, {**request_fields, **changes})
    assert result.returncode == 3
    error = json.loads((tmp_path / "out/error.json").read_text())
    assert error["field"] == field
    for part in parts:
        assert part in error["message"]
    if field == "maven":
        assert "[ERROR]" in error["detail"]
