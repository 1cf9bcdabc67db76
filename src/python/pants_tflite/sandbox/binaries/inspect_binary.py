# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Describes an ELF or Mach-O file, a static library or a universal file as JSON.

The request holds `binary`, a path, and `field`, to blame for a file that is none of these (null: it
is a step's result). `out/inspection.json` holds `format_version` and `images`, one for each file,
member and slice, with the fields of `binary_reader.Image`.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from pants_tflite.sandbox.binaries.binary_reader import UnknownBinary, read_images
from pants_tflite.sandbox.harness import OUTPUT_DIR, UserError, run, write_json

FORMAT_VERSION = 1


def describe(data: bytes) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "images": [asdict(image) for image in read_images(data)],
    }


def main(request: dict[str, Any]) -> None:
    path = Path(request["binary"])
    try:
        description = describe(path.read_bytes())
    except UnknownBinary as error:
        if request.get("field") is None:
            raise
        raise UserError(
            f"`{path.name}` is no compiled code: {error}",
            field=request["field"],
            value=path.name,
            fix="Name an object, a static or shared library, or a program.",
        ) from error
    write_json(OUTPUT_DIR / "inspection.json", description)


if __name__ == "__main__":
    run(main)
