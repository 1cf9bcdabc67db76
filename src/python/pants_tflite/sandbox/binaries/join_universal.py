# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Joins Mach-O files or static libraries, one for each architecture, into one universal file."""

from __future__ import annotations

from pathlib import Path

from pants_tflite.sandbox.binaries.binary_reader import read_images
from pants_tflite.sandbox.binaries.join_universal_protocol import JoinRequest
from pants_tflite.sandbox.binaries.universal_format import Slice, join
from pants_tflite.sandbox.harness import OUTPUT_DIR, run


def read_slice(path: Path) -> Slice:
    """The file at `path`, whose members must all be Mach-O of one architecture."""
    data = path.read_bytes()
    images = read_images(data)
    architectures = {image.architecture for image in images}
    formats = {image.format for image in images}
    assert (
        formats == {"mach-o"} and len(architectures) == 1
    ), f"{path} holds {sorted(formats)} for {sorted(architectures)}"
    return Slice(architectures.pop(), data)


def main(request: JoinRequest) -> None:
    slices = [read_slice(Path(path)) for path in request.slices]
    (OUTPUT_DIR / request.name).write_bytes(join(slices))


if __name__ == "__main__":
    run(main, JoinRequest)
