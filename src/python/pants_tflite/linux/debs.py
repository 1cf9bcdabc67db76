# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writing a Debian package: its files where they are installed, and its documents."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, CreateDigest, Digest, FileContent, MergeDigests

from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    create_digest,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.linux.debian import DebianPackage
from pants_tflite.linux.sandbox.write_deb_protocol import DebRequest
from pants_tflite.linux.target_types import LinuxCopyrightField
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.references import ReferencedFileRequest, find_referenced_file
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program

_ROOT = "__root__"


@dataclass(frozen=True)
class CopyrightRequest:
    """Asks for the text of the file that `field` names."""

    field: LinuxCopyrightField


@dataclass(frozen=True)
class Copyright:
    """Empty if the field names no file."""

    text: str


@dataclass(frozen=True)
class WriteDebRequest:
    """Asks for `package` with the files of `digest` and its documents, for the target `address`."""

    address: Address
    package: DebianPackage
    platform: str
    control: tuple[tuple[str, str], ...]
    digest: Digest
    readme: bytes
    copyright: str

    def debug_hint(self) -> str:
        return f"{self.package.filename(self.platform)} of {self.address}"


@dataclass(frozen=True)
class Deb:
    """`digest` holds the package under its file name, and nothing else."""

    digest: Digest


@rule
async def read_copyright(request: CopyrightRequest) -> Copyright:
    field = request.field
    if field.value is None:
        return Copyright("")
    file = await find_referenced_file(ReferencedFileRequest(field, field.value))
    (content,) = await get_digest_contents(file.digest)
    try:
        text = content.content.decode()
    except UnicodeDecodeError as error:
        raise Mistake.of(
            field,
            message=f"`{file.path}` is not UTF-8: {error}",
            fix="Name a text file that says who owns the models and how they are licensed.",
        ) from error
    if not text.strip():
        raise Mistake.of(
            field,
            message=f"`{file.path}` is empty",
            fix="Say in it who owns the models and how they are licensed, or leave the field out.",
        )
    return Copyright(text)


@rule(desc="Write a Debian package")
async def write_deb(request: WriteDebRequest) -> Deb:
    package = request.package
    filename = package.filename(request.platform)
    installed, documents, environment = await concurrently(
        add_prefix(AddPrefix(request.digest, f"{_ROOT}/{package.folder}")),
        create_digest(
            CreateDigest((FileContent(f"{_ROOT}/{package.documents}/README.md", request.readme),))
        ),
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
    )
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            DebRequest(
                directory=_ROOT,
                filename=filename,
                control=request.control,
                copyright=request.copyright or package.copyright,
                changelog=package.changelog,
                scripts=package.scripts,
            ),
            environment,
            description=f"Write {filename} of {request.address}",
            input_digest=await merge_digests(MergeDigests((installed, documents))),
        )
    )
    return Deb(result.digest)


def rules():
    return collect_rules()
