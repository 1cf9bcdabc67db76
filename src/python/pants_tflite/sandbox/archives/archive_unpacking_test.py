# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What passes the checks is unpacked by the system's `tar` and `unzip`, and leads to nothing outside."""

from __future__ import annotations

import io
import os
import random
import shutil
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import List, Tuple

import pytest

from pants_tflite.sandbox.archives.archive_checks import check_archive
from pants_tflite.sandbox.archives.archive_entries import BadArchive

ARCHIVES = 400
_PARTS = ("a", "b", "A", "..", "up", ".")
_KINDS = ("file", "folder", "link", "hard link")
Entry = Tuple[str, str, str]


def _path(chance: random.Random) -> str:
    return "/".join(chance.choice(_PARTS) for _ in range(chance.randint(1, 3)))


def _entries(chance: random.Random) -> List[Entry]:
    # Folders of one letter and links of others, so that many of them fit together.
    return [
        (_path(chance), chance.choice(_KINDS), _path(chance)) for _ in range(chance.randint(1, 4))
    ]


def _write_tar(entries: List[Entry]) -> bytes:
    kinds = {"link": tarfile.SYMTYPE, "hard link": tarfile.LNKTYPE, "folder": tarfile.DIRTYPE}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind, target in entries:
            member = tarfile.TarInfo(name)
            member.type = kinds.get(kind, tarfile.REGTYPE)
            member.mode = 0o755
            member.linkname = target if "link" in kind else ""
            archive.addfile(member)
    return buffer.getvalue()


def _write_zip(entries: List[Entry]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, kind, target in entries:
            info = zipfile.ZipInfo(f"{name}/" if kind == "folder" else name)
            mode = {"folder": stat.S_IFDIR, "link": stat.S_IFLNK}.get(kind, stat.S_IFREG)
            info.external_attr = (mode | 0o755) << 16
            archive.writestr(info, target if kind == "link" else "")
    return buffer.getvalue()


@pytest.mark.skipif(not shutil.which("unzip"), reason="needs the Debian package unzip")
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("end", [".tar", ".zip"])
def test_what_passes_is_unpacked_and_stays_inside(end: str, tmp_path: Path) -> None:
    chance = random.Random(1)
    passed = linked = 0
    for number in range(ARCHIVES):
        entries = _entries(chance)
        content = _write_zip(entries) if end == ".zip" else _write_tar(entries)
        try:
            check_archive(f"x{end}", content)
        except BadArchive:
            continue
        there = tmp_path / str(number)
        there.mkdir()
        archive = tmp_path / f"{number}{end}"
        archive.write_bytes(content)
        # As Pants calls them.
        options = (
            ["-xf", str(archive), "-C", str(there)]
            if end == ".tar"
            else [str(archive), "-d", str(there)]
        )
        run = subprocess.run(
            [shutil.which("tar" if end == ".tar" else "unzip") or "", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert run.returncode == 0, f"{entries}: {run.stdout.decode()}"
        passed += 1
        for path in there.rglob("*"):
            linked += path.is_symlink()
            real = os.path.realpath(path)
            assert real == str(there) or real.startswith(f"{there}{os.sep}"), f"{entries}: {real}"
    assert passed > ARCHIVES / 10 and linked > 5
