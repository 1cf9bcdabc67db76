# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Packs a directory into one file whose bytes depend only on names, contents and execute bits.

A zip's entries are stored, so that a device can map them into memory, and each one's content begins
at a multiple of the alignment: the extra field that pads it is the one that Android's tools write. A
`.tar.gz` belongs to nobody and is compressed by Zopfli, which the lock pins: the interpreter's own
zlib may differ on another machine.
"""

from __future__ import annotations

import io
import os
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Iterator

import zopfli.gzip

from pants_tflite.sandbox.archives.write_archive_protocol import ZIP, ArchiveRequest
from pants_tflite.sandbox.constants import ZIP_EPOCH
from pants_tflite.sandbox.harness import OUTPUT_DIR, run

# ZIP_EPOCH, in seconds since 1970.
TAR_TIME = 315532800
_ALIGNMENT_ID = 0xD935
_LOCAL_HEADER_BYTES = 30
_UNIX = 3


def _files(directory: Path) -> Iterator[tuple[str, Path, int]]:
    """Each file's path within `directory`, in sorted order, the file and its mode."""
    paths = sorted(
        (path.relative_to(directory).as_posix(), path)
        for path in directory.rglob("*")
        if path.is_file()
    )
    for name, path in paths:
        yield name, path, 0o755 if os.access(path, os.X_OK) else 0o644


def padding(content_offset: int, alignment: int) -> bytes:
    """An extra field that aligns content which would begin at `content_offset` without it."""
    if content_offset % alignment == 0:
        return b""
    # Identifier, length and the alignment itself come before the zeros.
    smallest = struct.calcsize("<HHH")
    zeros = -(content_offset + smallest) % alignment
    return struct.pack("<HHH", _ALIGNMENT_ID, 2 + zeros, alignment) + bytes(zeros)


def write_zip(directory: Path, target: Path, alignment: int) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, path, mode in _files(directory):
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = (0o100000 | mode) << 16
            # Offsets before this entry are final, for sizes are known and nothing is compressed.
            start = archive.start_dir + _LOCAL_HEADER_BYTES + len(name.encode())
            entry.extra = padding(start, alignment)
            archive.writestr(entry, path.read_bytes())


def write_tar_gz(directory: Path, target: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, path, mode in _files(directory):
            content = path.read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), mode, TAR_TIME
            archive.addfile(entry, io.BytesIO(content))
    target.write_bytes(zopfli.gzip.compress(buffer.getvalue(), numiterations=1))


def main(request: ArchiveRequest) -> None:
    directory, target = Path(request.directory), OUTPUT_DIR / request.filename
    if request.format == ZIP:
        write_zip(directory, target, request.alignment)
    else:
        write_tar_gz(directory, target)


if __name__ == "__main__":
    run(main, ArchiveRequest)
