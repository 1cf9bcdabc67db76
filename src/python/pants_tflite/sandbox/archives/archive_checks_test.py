# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from typing import Any, Dict, Optional

import pytest

from pants_tflite.sandbox.archives import archive_entries
from pants_tflite.sandbox.archives.archive_checks import check_archive
from pants_tflite.sandbox.archives.archive_entries import ARCHIVES, BadArchive

TAR_MODES: Dict[str, Any] = {
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
    check_archive(f"folder/tree{end}", _archive(end, "a.h", "./folder/b.h", "folder/..c.h"))


@pytest.mark.parametrize("end", ARCHIVES)
@pytest.mark.parametrize(
    "name", ["../out.h", "folder/../../out.h", "/etc/out.h", "..\\out.h", ".."]
)
def test_an_entry_that_leads_out(end: str, name: str) -> None:
    content = _archive(end, "a.h", name)
    assert "would be written outside" in _message(f"tree{end}", content)


@pytest.mark.parametrize("end", ARCHIVES)
def test_an_entry_that_climbs_within(end: str) -> None:
    assert "which `tar` and `unzip` refuse" in _message("x" + end, _archive(end, "folder/../a.h"))


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


def _linked(end: str, *links: tuple[str, str]) -> bytes:
    """An archive with a file and symbolic links."""
    buffer = io.BytesIO()
    if end == ".zip":
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("folder/a.h", "")
            for name, target in links:
                info = zipfile.ZipInfo(name)
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
                archive.writestr(info, target)
        return buffer.getvalue()
    with tarfile.open(fileobj=buffer, mode=TAR_MODES[end]) as tar:
        tar.addfile(tarfile.TarInfo("folder/a.h"))
        for name, target in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return buffer.getvalue()


@pytest.mark.parametrize("end", (".zip", ".tar.gz"))
@pytest.mark.parametrize(
    "links",
    [
        [("link", "/etc/passwd")],
        [("link", "..")],
        [("folder/link", "../../out")],
        [("folder/link", "folder\\..\\..\\..\\out")],
        # Each by itself would stay inside.
        [("x/y/up", "../.."), ("out", "x/y/up/..")],
        [("out", "x/y/up/.."), ("x/y/UP", "../..")],
    ],
)
def test_links_that_lead_out(end: str, links: list[tuple[str, str]]) -> None:
    assert "outside of the archive" in _message(f"tree{end}", _linked(end, *links))


@pytest.mark.parametrize("end", (".zip", ".tar.gz"))
def test_links_within_the_archive(end: str) -> None:
    # As the frameworks of macOS have them.
    links = (("folder/link", "a.h"), ("V/C", "../folder"), ("H", "V/C/link"), ("lost", "missing"))
    check_archive(f"tree{end}", _linked(end, *links))


@pytest.mark.parametrize("end", (".zip", ".tar.gz"))
def test_an_entry_below_a_link(end: str) -> None:
    """It is not where its name says, and so leads elsewhere than it says."""
    content = _linked(end, ("x/y/up", "../.."), ("x/y/Up/out", "../x"))
    assert "`x/y/Up/out` is below a link" in _message(f"tree{end}", content)


@pytest.mark.parametrize("end", (".zip", ".tar.gz"))
def test_links_in_a_circle(end: str) -> None:
    content = _linked(end, ("one", "other"), ("other", "one"))
    assert "in a circle" in _message(f"tree{end}", content)


def test_hard_links() -> None:
    def content(target: str) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            archive.addfile(tarfile.TarInfo("folder/a.h"))
            member = tarfile.TarInfo("folder/link")
            member.type, member.linkname = tarfile.LNKTYPE, target
            archive.addfile(member)
        return buffer.getvalue()

    check_archive("tree.tar.gz", content("folder/a.h"))
    assert "is not before it" in _message("tree.tar.gz", content("a.h"))
    assert "outside of the folder" in _message("tree.tar.gz", content("../out"))


@pytest.mark.parametrize("end", (".zip", ".tar"))
def test_a_file_that_is_a_folder(end: str) -> None:
    assert "is a file and a folder" in _message(f"tree{end}", _archive(end, "a", "a/b"))


def test_two_entries_in_one_place() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = _zip("a.h", "a.h")
    assert "two entries `a.h`" in _message("tree.zip", content)
    assert "two entries" in _message("tree.zip", _zip("folder/a.h", "folder//a.h"))
    # What was appended to a tar replaces what was there.
    check_archive("tree.tar", _tar("a.h", "a.h", mode="w"))


@pytest.mark.parametrize("end", ARCHIVES)
def test_an_archive_that_fills_the_disk(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = _archive(end, "a.h", "b.h")
    monkeypatch.setattr(archive_entries, "MAX_UNPACKED_BYTES", 1599)
    assert "its content takes more than" in _message(f"tree{end}", content)


def test_a_sparse_file_that_fills_the_disk() -> None:
    member = tarfile.TarInfo("a")
    member.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    # The size of the whole file, and the checksum of the header.
    header[483:495] = b"77777777777\0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    assert "its content takes more than" in _message("a.tar", bytes(header) + bytes(1024))


@pytest.mark.parametrize(
    "name, what", [("x" * 300, "longer than 255 bytes"), ("a\udc80", "is not UTF-8")]
)
def test_a_name_that_no_file_has(name: str, what: str) -> None:
    assert what in _message("tree.tar", _tar(name, mode="w"))


def test_a_null_character_in_a_name() -> None:
    content = _zip("a.h").replace(b"a.h", b"a\0h")
    assert "null character" in _message("tree.zip", content)


def test_a_zip_that_unzip_cannot_unpack() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.h", "content")
    assert "does not know" in _message("tree.zip", buffer.getvalue())


def test_a_pipe_in_a_zip() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("pipe")
        info.external_attr = stat.S_IFIFO << 16
        archive.writestr(info, "")
    assert "neither a file" in _message("tree.zip", buffer.getvalue())


def test_a_damaged_header_within_a_tar() -> None:
    """Python takes it for the end, and `tar` fails."""
    content = bytearray(_tar("a.h", "b.h", mode="w"))
    content[512 * 3 + 10] ^= 1
    assert "cut off or damaged" in _message("tree.tar", bytes(content))


def test_a_device() -> None:
    assert "neither a file" in _message("tree.tar.gz", _tar("null", kind=tarfile.CHRTYPE))


def test_a_zip_with_a_password() -> None:
    content = bytearray(_zip("a.h"))
    # The flag of the entry, in both of its headers.
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in _message("tree.zip", bytes(content))
