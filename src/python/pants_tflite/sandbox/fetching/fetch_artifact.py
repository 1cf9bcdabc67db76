# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Fetches one archive from a Maven repository, and checks that it is the one that was asked for.

The archive becomes `out/archive.<packaging>`. The check happens here, and not only in the rule, because
it keeps a wrong archive out of the cache.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pants_tflite.sandbox.fetching import jgo_client, mvn_client
from pants_tflite.sandbox.fetching.fetch_artifact_protocol import FetchRequest, MvnClient
from pants_tflite.sandbox.harness import OUTPUT_DIR, UserError, run


def main(request: FetchRequest) -> None:
    coordinates, client = request.coordinates, request.client
    if isinstance(client, MvnClient):
        archive, notes = mvn_client.fetch(client.mvn, request.environment, coordinates)
    else:
        archive, notes = jgo_client.fetch(client.repositories, request.environment, coordinates)
    check_hash(archive=archive, expected=request.sha256, coordinates=coordinates, notes=notes)
    # Moved, so that the output is whole or not there.
    archive.replace(OUTPUT_DIR / f"archive.{coordinates.rpartition(':')[2]}")


def check_hash(archive: Path, expected: str, coordinates: str, notes: str) -> None:
    """Raises UserError if the SHA-256 of `archive` is not `expected`.

    `notes` is what the client said about the download.
    """
    content = archive.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise UserError(
            f"{coordinates} is {len(content)} bytes with the SHA-256 {found}, where {expected} is "
            "expected",
            field="sha256",
            value=expected,
            fix="Find out why it differs. Only if it is the archive that you mean, write its own "
            "hash into the field.",
            detail=notes,
        )


if __name__ == "__main__":
    run(main, FetchRequest)
