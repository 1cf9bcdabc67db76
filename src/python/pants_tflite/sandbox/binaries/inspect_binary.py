# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Describes an ELF or Mach-O file, a static library or a universal file."""

from __future__ import annotations

from pathlib import Path

from pants_tflite.sandbox.binaries.binary_reader import UnknownBinary, read_images
from pants_tflite.sandbox.binaries.inspect_binary_protocol import BinaryReport, BinaryRequest
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.mistakes import Mistake


def main(request: BinaryRequest) -> None:
    path = Path(request.binary)
    try:
        report = BinaryReport(tuple(read_images(path.read_bytes())))
    except UnknownBinary as error:
        if request.field is None:
            raise
        raise Mistake(
            f"`{path.name}` is not compiled code: {error}",
            field=request.field,
            value=path.name,
            fix="Name an object, a static or shared library, or a program.",
        ) from error
    write_report(report)


if __name__ == "__main__":
    run(main, BinaryRequest)
