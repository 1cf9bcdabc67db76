# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Has Maven fetch one archive, and checks that it is the one that was asked for.

The request holds `mvn` (the program's path), `environment` (the variables that it sees),
`coordinates` (`group:artifact:version:packaging`) and `sha256`. The archive becomes
`out/archive.<packaging>`. That it is checked in here keeps a wrong one out of the cache.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any, Mapping

from pants_tflite.sandbox.harness import OUTPUT_DIR, UserError, run

_DOWNLOADS = Path("downloads")
_LAST_CHARACTERS = 4000


def main(request: dict[str, Any]) -> None:
    archive = fetch(request["mvn"], request["environment"], request["coordinates"])
    content = archive.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != request["sha256"]:
        raise UserError(
            f"{request['coordinates']} is {len(content)} bytes with the SHA-256 {found}, where "
            f"{request['sha256']} is expected",
            field="sha256",
            value=request["sha256"],
            fix="Find out why it differs. Only if it is the archive that you mean, write its own "
            "hash into the field.",
        )
    (OUTPUT_DIR / f"archive{archive.suffix}").write_bytes(content)


def fetch(mvn: str, environment: Mapping[str, str], coordinates: str) -> Path:
    """The file that Maven fetches for `coordinates`; raises UserError where it fetches none."""
    _DOWNLOADS.mkdir()
    finished = subprocess.run(
        [
            mvn,
            "--batch-mode",
            "-Dstyle.color=never",
            "dependency:copy",
            f"-Dartifact={coordinates}",
            f"-DoutputDirectory={_DOWNLOADS.resolve()}",
        ],
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    files = sorted(_DOWNLOADS.iterdir())
    if finished.returncode != 0 or len(files) != 1:
        raise UserError(
            f"Maven did not fetch {coordinates}",
            field="maven",
            value=coordinates,
            fix="See its own message below. Coordinates are `group:artifact:version`; which "
            "repositories are asked, and through which proxy, is for your `settings.xml` to say.",
            detail=finished.stdout[-_LAST_CHARACTERS:],
        )
    return files[0]


if __name__ == "__main__":
    run(main)
