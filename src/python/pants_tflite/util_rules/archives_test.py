# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import Any, Optional

import pytest

from pants_tflite.util_rules.archives import ARCHIVES, BadArchive, check_archive

TAR_MODES = {
    ".tar.gz": "w:gz",
    ".tgz": "w:gz",
    ".tar.xz": "w:xz",
    ".txz": "w:xz",
    ".tar.bz2": "w:bz2",
    ".tbz2": "w:bz2",
    ".tar": "w",
}


def _zip(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"content " * 100)
    return buffer.getvalue()


def _tar(
    *names: str, mode: Any = "w:gz", kind: bytes = tarfile.REGTYPE, link: Optional[str] = None
) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.type = kind
            member.linkname = link or ""
            content = b"content " * 100 if kind == tarfile.REGTYPE else b""
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _archive(end: str, *names: str) -> bytes:
    return _zip(*names) if end == ".zip" else _tar(*names, mode=TAR_MODES[end])


def _message(path: str, content: bytes) -> str:
    with pytest.raises(BadArchive) as caught:
        check_archive(path, content)
    assert caught.value.fix.endswith(".")
    return caught.value.message


@pytest.mark.parametrize("end", ARCHIVES)
def test_an_intact_archive(end: str) -> None:
    check_archive(f"folder/tree{end}", _archive(end, "a.h", "folder/../b.h", "folder/..c.h"))


@pytest.mark.parametrize("end", ARCHIVES)
@pytest.mark.parametrize(
    "name", ["../out.h", "folder/../../out.h", "/etc/out.h", "..\\out.h", ".."]
)
def test_an_entry_that_leads_out(end: str, name: str) -> None:
    content = _archive(end, "a.h", name)
    assert "would be written outside" in _message(f"tree{end}", content)


@pytest.mark.parametrize("end", ARCHIVES)
def test_an_archive_that_is_cut_off(end: str) -> None:
    content = _archive(end, "a.h", "b.h")
    # The end of a tar is padding.
    for length in (600,) if end == ".tar" else (len(content) // 2, len(content) - 1):
        assert "cut off or damaged" in _message(f"tree{end}", content[:length])


def test_a_zip_that_is_cut_off_lacks_its_table() -> None:
    assert "table of contents" in _message("tree.zip", _zip("a.h")[:-1])


def test_a_changed_byte_of_a_zip() -> None:
    content = bytearray(_zip("a.h"))
    content[50] ^= 1
    assert "checksum" in _message("tree.zip", bytes(content))


@pytest.mark.parametrize("end", [end for end in ARCHIVES if end != ".tar"])
def test_what_is_no_archive(end: str) -> None:
    assert "begins with b'a text'" in _message(f"tree{end}", b"a text")
    assert "it is empty" in _message(f"tree{end}", b"")
    # One of another kind than its name says.
    other = _tar("a.h") if end == ".zip" else _zip("a.h")
    assert "not an archive in the format" in _message(f"tree{end}", other)


def test_a_text_called_tar() -> None:
    assert "cut off or damaged" in _message("tree.tar", b"a text" * 1000)
    assert "it is empty" in _message("tree.tar", b"")


def test_another_name() -> None:
    assert "its name is not" in _message("tree.rar", b"Rar!")


def test_a_pointer_of_git_lfs() -> None:
    content = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    with pytest.raises(BadArchive) as caught:
        check_archive("tree.zip", content)
    assert "git lfs pull" in caught.value.fix


@pytest.mark.parametrize(
    "name, kind, link",
    [
        ("link", tarfile.SYMTYPE, "/etc/passwd"),
        ("folder/link", tarfile.SYMTYPE, "../../out"),
        ("folder/link", tarfile.LNKTYPE, "../out"),
    ],
)
def test_a_link_that_leads_out(name: str, kind: bytes, link: str) -> None:
    assert "outside of the archive" in _message("tree.tar.gz", _tar(name, kind=kind, link=link))


def test_links_within_the_archive() -> None:
    check_archive("tree.tar.gz", _tar("folder/link", kind=tarfile.SYMTYPE, link="../a.h"))
    check_archive("tree.tar.gz", _tar("folder/link", kind=tarfile.LNKTYPE, link="folder/a.h"))


def test_a_device() -> None:
    assert "neither a file" in _message("tree.tar.gz", _tar("null", kind=tarfile.CHRTYPE))


def test_a_zip_with_a_password() -> None:
    content = bytearray(_zip("a.h"))
    # The flag of the entry, in both of its headers.
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in _message("tree.zip", bytes(content))
