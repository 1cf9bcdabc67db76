# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Archives that a field names: checked before they are unpacked, so that an error says whose they are."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any, BinaryIO, Callable, Dict

from pants.core.util_rules.archive import MaybeExtractArchiveRequest
from pants.engine.addresses import Address
from pants.engine.fs import Digest

from pants_tflite.compat import (
    collect_rules,
    get_digest_contents,
    implicitly,
    maybe_extract_archive,
    rule,
)
from pants_tflite.errors import Mistake

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
_CHUNK_BYTES = 1 << 20
ARCHIVES = (ZIP, *_TAR_MAGICS)
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_LFS_POINTER = b"version https://git-lfs."
_GET_IT_AGAIN = "Get the archive again from where it comes from, and compare its size and hash with those there."
_PACK_IT_ANEW = (
    "Do not unpack it by hand either unless you know who made it. If it is yours, pack the folder again "
    "with paths that are relative to it."
)


@dataclass(frozen=True)
class UnpackArchiveRequest:
    """Asks for what is in the one file in `digest`; `field` of `address` names it as `value`.

    `name` is what the user calls the file. A file by another name than ARCHIVES have is an error.
    """

    digest: Digest
    name: str
    address: Address
    field: str
    value: str

    def debug_hint(self) -> str:
        return f"{self.name} for {self.address}"


@dataclass(frozen=True)
class UnpackedArchive:
    digest: Digest


class BadArchive(Exception):
    """What is wrong with an archive, and what to do about it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


def _leads_out(path: str, *, folder: str = "") -> bool:
    """Whether a path in an archive, or a link in `folder` of it, is of something outside of the archive."""
    whole = os.path.normpath(os.path.join(folder, path.replace("\\", "/")))
    return os.path.isabs(whole) or whole.split("/")[0] == ".."


def _climbs(path: str) -> BadArchive:
    return BadArchive(
        f"its entry `{path}` would be written outside of the folder that it is unpacked into",
        _PACK_IT_ANEW,
    )


def _open_zip(content: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile as error:
        raise zipfile.BadZipFile("its table of contents is missing or unreadable") from error


def _check_zip(content: bytes) -> None:
    with _open_zip(content) as archive:
        for info in archive.infolist():
            if _leads_out(info.orig_filename):
                raise _climbs(info.orig_filename)
            if info.flag_bits & 0x1:
                raise BadArchive(
                    f"its entry `{info.filename}` is encrypted",
                    "Give an archive without a password.",
                )
        damaged = archive.testzip()
    if damaged is not None:
        raise zipfile.BadZipFile(f"the entry `{damaged}` is not what its checksum says")


def _check_tar(content: bytes, magic: bytes) -> None:
    decompress = _DECOMPRESSORS.get(magic)
    if decompress is not None:
        # To the end, which is after all entries: `tar` fails without it.
        with decompress(io.BytesIO(content)) as stream:
            while stream.read(_CHUNK_BYTES):
                pass
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            if _leads_out(member.name):
                raise _climbs(member.name)
            if member.issym() or member.islnk():
                folder = os.path.dirname(member.name) if member.issym() else ""
                if _leads_out(member.linkname, folder=folder):
                    raise BadArchive(
                        f"its entry `{member.name}` is a link to `{member.linkname}`, which is outside of "
                        "the archive",
                        "Replace the link by the file that it leads to.",
                    )
            elif not member.isfile() and not member.isdir():
                raise BadArchive(
                    f"its entry `{member.name}` is neither a file nor a folder nor a link",
                    "Leave devices and pipes out of the archive.",
                )


def check_archive(path: str, content: bytes) -> None:
    """Raises BadArchive if the file is no intact archive of the kind that its name says, or unsafe."""
    if content.startswith(_LFS_POINTER):
        raise BadArchive("it is a pointer of Git LFS, not the file itself", "Run `git lfs pull`.")
    kind = next((end for end in ARCHIVES if path.endswith(end)), None)
    if kind is None:
        raise BadArchive(
            "its name is not one of an archive",
            f"Its name must end in one of {', '.join(ARCHIVES)}.",
        )
    magics = _ZIP_MAGICS if kind == ZIP else (_TAR_MAGICS[kind],)
    if not content or not content.startswith(magics):
        what = f"it begins with {content[:8]!r}" if content else "it is empty"
        raise BadArchive(
            f"it is not an archive in the format `{kind}`: {what}",
            f"Give a file in the format that its name says. {_GET_IT_AGAIN}",
        )
    try:
        if kind == ZIP:
            _check_zip(content)
        else:
            _check_tar(content, _TAR_MAGICS[kind])
    except (
        EOFError,
        NotImplementedError,
        OSError,
        lzma.LZMAError,
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise BadArchive(
            f"it is cut off or damaged ({str(error) or type(error).__name__})", _GET_IT_AGAIN
        ) from error


@rule(desc="Unpack an archive")
async def unpack_archive(request: UnpackArchiveRequest) -> UnpackedArchive:
    (file,) = await get_digest_contents(request.digest)
    try:
        check_archive(file.path, file.content)
    except BadArchive as error:
        raise Mistake(
            message=f"`{request.name}` cannot be unpacked: {error.message}",
            fix=error.fix,
            field=request.field,
            value=request.value,
        ).at(request.address) from error
    extracted = await maybe_extract_archive(
        MaybeExtractArchiveRequest(request.digest), **implicitly()
    )
    return UnpackedArchive(extracted.digest)


def rules():
    return collect_rules()
