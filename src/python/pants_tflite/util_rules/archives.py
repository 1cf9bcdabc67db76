# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Archives that a field names: checked before they are unpacked, so that an error says whose they are."""

from __future__ import annotations

from dataclasses import dataclass

from pants.core.util_rules.archive import MaybeExtractArchiveRequest
from pants.engine.addresses import Address
from pants.engine.fs import Digest, FileEntry

from pants_tflite.compat import (
    collect_rules,
    get_digest_contents,
    get_digest_entries,
    implicitly,
    maybe_extract_archive,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.sandbox.archives.archive_checks import check_archive
from pants_tflite.sandbox.archives.archive_entries import BadArchive, check_size


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


@rule(desc="Unpack an archive")
async def unpack_archive(request: UnpackArchiveRequest) -> UnpackedArchive:
    (entry,) = await get_digest_entries(request.digest)
    try:
        # Before its content is in memory.
        if isinstance(entry, FileEntry):
            check_size(entry.file_digest.serialized_bytes_length)
        (file,) = await get_digest_contents(request.digest)
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
