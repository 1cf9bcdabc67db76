# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What is in an archive, read to its end without unpacking it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
from dataclasses import dataclass
from typing import Any, BinaryIO, Callable, Dict, Iterator, Tuple

ZIP = ".zip"
_BZIP2, _GZIP, _XZ = b"BZh", b"\x1f\x8b", b"\xfd7zXZ\x00"
_DECOMPRESSORS: Dict[bytes, Callable[[BinaryIO], Any]] = {
    _BZIP2: bz2.BZ2File,
    _GZIP: lambda file: gzip.GzipFile(fileobj=file),
    _XZ: lzma.LZMAFile,
}
_TAR_MAGICS = {
    ".tar.gz": _GZIP,
    ".tgz": _GZIP,
    ".tar.xz": _XZ,
    ".txz": _XZ,
    ".tar.bz2": _BZIP2,
    ".tbz2": _BZIP2,
    ".tar": b"",
}
ARCHIVES = (ZIP, *_TAR_MAGICS)
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
# What `unzip` knows.
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
FILE, FOLDER, LINK, HARD_LINK = "file", "folder", "link", "hard link"
_ZIP_KINDS = {0: FILE, stat.S_IFREG: FILE, stat.S_IFDIR: FOLDER, stat.S_IFLNK: LINK}
_CHUNK_BYTES = 1 << 20
# Ten times what any archive of headers or sources takes.
MAX_UNPACKED_BYTES = 2 << 30
_MAX_LINK_BYTES = 4096


class BadArchive(Exception):
    """What is wrong with an archive, and what to do about it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


@dataclass(frozen=True)
class Entry:
    """An entry as the archive names it; `target` is what a link leads to."""

    name: str
    kind: str
    target: str = ""


def starts_as(kind: str, content: bytes) -> bool:
    """Whether a file begins as an archive of a kind among ARCHIVES does."""
    magics = _ZIP_MAGICS if kind == ZIP else (_TAR_MAGICS[kind],)
    return bool(content) and content.startswith(magics)


def read_entries(kind: str, content: bytes) -> Tuple[Entry, ...]:
    """The entries of an archive, whose checksums are right.

    Raises BadArchive for what cannot be unpacked, or takes too much space, and whatever Python's readers raise for a
    damaged file.
    """
    return tuple(_read_zip(content) if kind == ZIP else _read_tar(content, _TAR_MAGICS[kind]))


def check_size(unpacked: int) -> None:
    """Raises BadArchive if the content of an archive takes too many bytes."""
    if unpacked > MAX_UNPACKED_BYTES:
        raise BadArchive(
            f"its content takes more than {MAX_UNPACKED_BYTES >> 30} GiB",
            "Pack only what the target needs of it.",
        )


def _other_kind(name: str) -> BadArchive:
    return BadArchive(
        f"its entry `{name}` is neither a file nor a folder nor a link",
        "Leave devices and pipes out of the archive.",
    )


def _open_zip(content: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile as error:
        raise zipfile.BadZipFile("its table of contents is missing or unreadable") from error


def _read_zip(content: bytes) -> Iterator[Entry]:
    with _open_zip(content) as archive:
        infos = archive.infolist()
        check_size(sum(info.file_size for info in infos))
        for info in infos:
            if info.flag_bits & 0x1:
                raise BadArchive(
                    f"its entry `{info.filename}` is encrypted",
                    "Give an archive without a password.",
                )
            if info.compress_type not in _ZIP_METHODS:
                raise BadArchive(
                    f"its entry `{info.filename}` is compressed by a method that `unzip` does not know",
                    "Pack the folder again with `zip`.",
                )
        damaged = archive.testzip()
        if damaged is not None:
            raise zipfile.BadZipFile(f"the entry `{damaged}` is not what its checksum says")
        for info in infos:
            yield _zip_entry(archive, info)


def _zip_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    # The name before Python makes it one of its own.
    name = info.orig_filename
    kind = FOLDER if name.endswith("/") else _ZIP_KINDS.get(stat.S_IFMT(info.external_attr >> 16))
    if kind is None:
        raise _other_kind(name)
    if kind != LINK:
        return Entry(name, kind)
    with archive.open(info) as file:
        return Entry(name, kind, file.read(_MAX_LINK_BYTES).decode())


def _read_tar(content: bytes, magic: bytes) -> Iterator[Entry]:
    decompress = _DECOMPRESSORS.get(magic)
    if decompress is not None:
        # To the end, which is after all entries: `tar` fails without it.
        size = 0
        with decompress(io.BytesIO(content)) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                size += len(chunk)
                check_size(size)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        unpacked = 0
        for member in archive:
            # A sparse file takes more than its part of the archive.
            unpacked += member.size
            check_size(unpacked)
            yield _tar_entry(member)
        # Python takes a damaged header for the end.
        stream = archive.fileobj
        assert stream is not None
        stream.seek(archive.offset)
        if stream.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise tarfile.ReadError("something other than an entry is between its entries")


def _tar_entry(member: tarfile.TarInfo) -> Entry:
    if member.issym():
        return Entry(member.name, LINK, member.linkname)
    if member.islnk():
        return Entry(member.name, HARD_LINK, member.linkname)
    if not member.isfile() and not member.isdir():
        raise _other_kind(member.name)
    return Entry(member.name, FOLDER if member.isdir() else FILE)
