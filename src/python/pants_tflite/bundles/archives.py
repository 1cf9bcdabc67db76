# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Packing files into one archive that has the same bytes on every machine."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, Digest

from pants_tflite.compat import add_prefix, collect_rules, concurrently, implicitly, rule
from pants_tflite.sandbox.archives.write_archive_protocol import ArchiveRequest
from pants_tflite.sandbox.constants import MODEL_ALIGNMENT
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program

# Of every zip entry's content, since an app maps models into memory.
_ALIGNMENT = MODEL_ALIGNMENT
_DIRECTORY = "__content__"


@dataclass(frozen=True)
class WriteArchiveRequest:
    """Asks for all files of `digest` in one archive; `address` is the target that it is for."""

    address: Address
    filename: str
    format: str
    digest: Digest

    def debug_hint(self) -> str:
        return f"{self.filename} of {self.address}"


@dataclass(frozen=True)
class Archive:
    """`digest` holds the archive under its file name, and nothing else."""

    digest: Digest


@rule(desc="Write an archive")
async def write_archive(request: WriteArchiveRequest) -> Archive:
    content, environment = await concurrently(
        add_prefix(AddPrefix(request.digest, _DIRECTORY)),
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
    )
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            ArchiveRequest(
                directory=_DIRECTORY,
                filename=request.filename,
                format=request.format,
                alignment=_ALIGNMENT,
            ),
            environment,
            description=f"Write {request.filename} of {request.address}",
            input_digest=content,
        )
    )
    return Archive(result.digest)


def rules():
    return collect_rules()
