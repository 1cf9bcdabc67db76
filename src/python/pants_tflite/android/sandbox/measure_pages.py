# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Reads how the libraries in an `.aar` are aligned: for which sizes of pages they can be loaded."""

from __future__ import annotations

import zipfile
from pathlib import Path

from pants_tflite.android.sandbox.measure_pages_protocol import (
    LibraryPages,
    PagesReport,
    PagesRequest,
)
from pants_tflite.sandbox.binaries.binary_reader import UnknownBinary, read_images
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.mistakes import Mistake


def main(request: PagesRequest) -> None:
    path = Path(request.archive)
    try:
        libraries = read_libraries(path)
    except (zipfile.BadZipFile, UnknownBinary, NotImplementedError) as error:
        raise Mistake(
            f"`{path.name}` is not an `.aar` whose libraries can be read: {error}",
            field=request.field,
            value=path.name,
            fix="Name the `.aar` itself, as Maven has it.",
        ) from error
    write_report(PagesReport(libraries))


def read_libraries(archive: Path) -> tuple[LibraryPages, ...]:
    """The libraries of an `.aar`. Raises if it, or one of them, is none."""
    found = []
    with zipfile.ZipFile(archive) as content:
        for name in sorted(set(content.namelist())):
            folder, _, rest = name.partition("/")
            abi, _, file = rest.partition("/")
            if folder != "jni" or "/" in file or not file.endswith(".so"):
                continue
            for image in read_images(content.read(name)):
                if image.page_alignment is not None:
                    found.append(LibraryPages(name, abi, image.page_alignment))
    return tuple(found)


if __name__ == "__main__":
    run(main, PagesRequest)
