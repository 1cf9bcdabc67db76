# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writes a Debian package whose bytes depend only on names, contents, execute bits and control fields.

A package is an `ar` archive of three members: `debian-binary`, `control.tar.gz` and `data.tar.gz`.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path
from typing import Iterable, Mapping

import zopfli.gzip

from pants_tflite.linux.sandbox.write_deb_protocol import DebRequest
from pants_tflite.sandbox.archives.write_archive import TAR_TIME
from pants_tflite.sandbox.harness import OUTPUT_DIR, run

_BLOCK = 1024


def _gzip(content: bytes) -> bytes:
    # Not the interpreter's own zlib, which differs between machines.
    compressed: bytes = zopfli.gzip.compress(content, numiterations=1)
    return compressed


def _folders(paths: Iterable[str]) -> set[str]:
    """All folders above `paths`, "" for the top."""
    found = {""}
    for path in paths:
        parts = path.split("/")[:-1]
        found |= {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return found


def _tar(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    """A `.tar.gz` with `files`, contents and modes by path, and their folders, which dpkg wants."""
    buffer = io.BytesIO()
    entries: dict[str, tuple[bytes, int] | None] = {path: None for path in _folders(files)}
    entries.update(files)
    # dpkg reads the old GNU format, and not all of POSIX's.
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, file in sorted(entries.items()):
            entry = tarfile.TarInfo(f"./{path}")
            entry.mtime, entry.uname, entry.gname = TAR_TIME, "root", "root"
            if file is None:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            else:
                content, entry.mode = file
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return _gzip(buffer.getvalue())


def _ar(members: Mapping[str, bytes]) -> bytes:
    written = [b"!<arch>\n"]
    for name, content in members.items():
        header = f"{name:16}{TAR_TIME:<12}{0:<6}{0:<6}{'100644':8}{len(content):<10}`\n"
        written += [header.encode(), content, b"\n" * (len(content) % 2)]
    return b"".join(written)


def render_control(fields: Iterable[tuple[str, str]]) -> str:
    """The control file. The first line of a description is its summary, the others are indented."""
    lines = []
    for name, value in fields:
        first, *others = value.split("\n")
        lines.append(f"{name}: {first}")
        lines += [f" {line or '.'}" for line in others]
    return "".join(f"{line}\n" for line in lines)


def write_deb(request: DebRequest) -> bytes:
    control = dict(request.control)
    directory = Path(request.directory)
    files = {
        path.relative_to(directory).as_posix(): (
            path.read_bytes(),
            0o755 if os.access(path, os.X_OK) else 0o644,
        )
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
    documents = f"usr/share/doc/{control['Package']}"
    files[f"{documents}/copyright"] = (request.copyright.encode(), 0o644)
    files[f"{documents}/changelog.gz"] = (_gzip(request.changelog.encode()), 0o644)
    kilobytes = sum(-(-len(content) // _BLOCK) for content, _ in files.values())
    kilobytes += len(_folders(files))
    # dpkg and lintian want this one before the description.
    fields = [(name, value) for name, value in request.control if name != "Description"]
    fields += [("Installed-Size", str(kilobytes)), ("Description", control["Description"])]
    sums = "".join(
        f"{hashlib.md5(content, usedforsecurity=False).hexdigest()}  {path}\n"
        for path, (content, _) in sorted(files.items())
    )
    return _ar(
        {
            "debian-binary": b"2.0\n",
            "control.tar.gz": _tar(
                {
                    "control": (render_control(fields).encode(), 0o644),
                    "md5sums": (sums.encode(), 0o644),
                    **{name: (text.encode(), 0o755) for name, text in request.scripts},
                }
            ),
            "data.tar.gz": _tar(files),
        }
    )


def main(request: DebRequest) -> None:
    (OUTPUT_DIR / request.filename).write_bytes(write_deb(request))


if __name__ == "__main__":
    run(main, DebRequest)
