# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writes the checksums that a Maven repository has next to each file.

For `<file>` in the repository, `out/<file>.md5`, `.sha1`, `.sha256` and `.sha512` are the digests in
hexadecimal, and nothing else.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pants_tflite.android.sandbox.checksums_protocol import ALGORITHMS, ChecksumsRequest
from pants_tflite.sandbox.harness import OUTPUT_DIR, run


def main(request: ChecksumsRequest) -> None:
    for file in request.files:
        content = Path(request.directory, file).read_bytes()
        for algorithm in ALGORITHMS:
            checksum = OUTPUT_DIR / f"{file}.{algorithm}"
            checksum.parent.mkdir(parents=True, exist_ok=True)
            # They detect a broken transfer, not a forged file.
            digest = hashlib.new(algorithm, content, usedforsecurity=False)
            checksum.write_text(digest.hexdigest(), encoding="ascii")


if __name__ == "__main__":
    run(main, ChecksumsRequest)
