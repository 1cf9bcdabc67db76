# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Archives read back by the system's tools and by this test's own parser.

LiteRT's environment, which this runs in, has no pytest to import: Pants brings it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import struct
import subprocess
import tarfile
import unittest
import zipfile
from pathlib import Path
from typing import Iterator

from pants_tflite.sandbox.archives.write_archive import TAR_TIME, main
from pants_tflite.sandbox.archives.write_archive_protocol import ArchiveRequest
from pants_tflite.sandbox.constants import ZIP_EPOCH

ALIGNMENT = 16
# Sizes and name lengths that leave every remainder, and a file too short for a header.
CONTENTS = {
    "b.txt": b"b",
    "empty": b"",
    "models/a.tflite": bytes(range(256)) * 5 + b"odd",
    "models/größe.txt": "ü".encode(),
    "z/run.sh": b"#!/bin/sh\n",
    **{f"n/{'x' * length}": bytes(length) for length in range(1, 18)},
}
EXECUTABLE = "z/run.sh"
NAMES = sorted(CONTENTS)


def lay_out(folder: Path, *, backwards: bool = False, mode: int = 0o644) -> Path:
    """Writes the files below `folder/content`."""
    content = folder / "content"
    for name in sorted(CONTENTS, reverse=backwards):
        path = content / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENTS[name])
        path.chmod(mode | 0o111 if name == EXECUTABLE else mode)
    return content


def pack(folder: Path, kind: str, alignment: int = ALIGNMENT) -> Path:
    """Runs the program in `folder` over what `lay_out` wrote, and returns the archive."""
    filename = f"demo.{kind}"
    with contextlib.chdir(folder):
        Path("out").mkdir(exist_ok=True)
        main(ArchiveRequest("content", filename, kind, alignment))
    return folder / "out" / filename


def local_entries(data: bytes) -> Iterator[tuple[str, int, int, bytes]]:
    """Each entry of a zip by its local headers: name, method, the content's offset, the content."""
    offset = 0
    while data[offset : offset + 4] == b"PK\x03\x04":
        method, _, _, _, packed, size, name_bytes, extra_bytes = struct.unpack_from(
            "<HHHIIIHH", data, offset + 8
        )
        assert packed == size
        name = data[offset + 30 : offset + 30 + name_bytes].decode()
        start = offset + 30 + name_bytes + extra_bytes
        yield name, method, start, data[start : start + size]
        offset = start + size


def test_zip_entries_are_stored_aligned_and_sorted(tmp_path: Path) -> None:
    lay_out(tmp_path)
    for alignment in (4, ALIGNMENT, 4096):
        entries = list(local_entries(pack(tmp_path, "zip", alignment).read_bytes()))
        assert [entry[0] for entry in entries] == NAMES
        assert {entry[1] for entry in entries} == {zipfile.ZIP_STORED}
        assert [entry[2] % alignment for entry in entries] == [0] * len(NAMES)
        assert {entry[0]: entry[3] for entry in entries} == CONTENTS


def test_zip_says_nothing_of_the_machine(tmp_path: Path) -> None:
    lay_out(tmp_path)
    with zipfile.ZipFile(pack(tmp_path, "zip")) as archive:
        infos = archive.infolist()
        assert archive.testzip() is None
    assert {info.date_time for info in infos} == {ZIP_EPOCH}
    modes = {info.filename: info.external_attr >> 16 for info in infos}
    assert modes == {name: 0o100755 if name == EXECUTABLE else 0o100644 for name in NAMES}


def test_zip_with_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    assert zipfile.ZipFile(pack(tmp_path, "zip")).namelist() == []


@unittest.skipUnless(shutil.which("unzip"), "needs the Debian package unzip")
def test_zip_is_intact_for_unzip(tmp_path: Path) -> None:
    lay_out(tmp_path)
    run = subprocess.run(["unzip", "-t", str(pack(tmp_path, "zip"))], capture_output=True)
    assert run.returncode == 0 and b"No errors detected" in run.stdout, run.stdout


@unittest.skipUnless(shutil.which("zipalign"), "needs the Debian package zipalign")
def test_zip_is_aligned_for_zipalign(tmp_path: Path) -> None:
    lay_out(tmp_path)
    aligned = pack(tmp_path, "zip")
    assert subprocess.run(["zipalign", "-c", str(ALIGNMENT), str(aligned)]).returncode == 0
    # zipalign does detect files that are not aligned.
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.write(tmp_path / "content/b.txt", "b")
        archive.write(tmp_path / "content/b.txt", "bb")
    assert subprocess.run(["zipalign", "-c", str(ALIGNMENT), str(other)]).returncode != 0


def test_tar_belongs_to_nobody(tmp_path: Path) -> None:
    lay_out(tmp_path)
    path = pack(tmp_path, "tar.gz")
    with tarfile.open(path, "r:gz") as archive:
        members = archive.getmembers()
        contents = {member.name: archive.extractfile(member) for member in members}
        assert {name: file.read() for name, file in contents.items() if file} == CONTENTS
    assert [member.name for member in members] == NAMES
    owners = {(member.uid, member.gid, member.uname, member.gname) for member in members}
    assert owners == {(0, 0, "", "")}
    assert {member.mtime for member in members} == {TAR_TIME}
    modes = {member.name: member.mode for member in members}
    assert modes == {name: 0o755 if name == EXECUTABLE else 0o644 for name in NAMES}
    # No name and no time in gzip's own header.
    assert path.read_bytes()[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_tar_is_read_by_the_systems_tools(tmp_path: Path) -> None:
    content = lay_out(tmp_path)
    path = pack(tmp_path, "tar.gz")
    assert subprocess.run(["gzip", "--test", str(path)]).returncode == 0
    there = tmp_path / "there"
    there.mkdir()
    subprocess.run(["tar", "-xzf", str(path), "-C", str(there)], check=True)
    assert subprocess.run(["diff", "-r", str(content), str(there)]).returncode == 0
    assert os.access(there / EXECUTABLE, os.X_OK) and not (there / "b.txt").stat().st_mode & 0o111


def test_order_times_masks_and_place_do_not_matter(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "quite/another"
    lay_out(one)
    umask = os.umask(0o077)
    try:
        for path in lay_out(other, backwards=True, mode=0o400).rglob("*"):
            os.utime(path, (1_700_000_000, 1_700_000_000))
        for kind in ("zip", "tar.gz"):
            assert pack(one, kind).read_bytes() == pack(other, kind).read_bytes()
    finally:
        os.umask(umask)


def test_contents_names_and_execute_bits_do_matter(tmp_path: Path) -> None:
    for kind in ("zip", "tar.gz"):
        folder = tmp_path / kind
        content = lay_out(folder)
        archives = [pack(folder, kind).read_bytes()]
        for change in (
            lambda: (content / "b.txt").write_bytes(b"c"),
            lambda: (content / "b.txt").chmod(0o755),
            lambda: (content / "b.txt").rename(content / "c.txt"),
        ):
            change()
            archives.append(pack(folder, kind).read_bytes())
        assert len(set(archives)) == 4
