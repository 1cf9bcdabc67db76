# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a program needs in addition to its own code to run on one of QEMU's boards."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, FileContent

from pants_tflite.cc.platforms import Platform
from pants_tflite.compat import collect_rules, create_digest, rule
from pants_tflite.micro.qemu.boards import BOARDS, LINKER_SCRIPT
from pants_tflite.resources import read_resource

_PACKAGE = "pants_tflite.micro.qemu"


@dataclass(frozen=True)
class StartUpFilesRequest:
    platform: Platform


@dataclass(frozen=True)
class StartUpFiles:
    """`sources` to compile and the linker's scripts, all in `digest`; nothing for the host."""

    digest: Digest
    sources: tuple[str, ...]


def _read(name: str) -> bytes:
    return read_resource(_PACKAGE, name)


@rule
async def find_start_up_files(request: StartUpFilesRequest) -> StartUpFiles:
    board = BOARDS.get(request.platform.name)
    if board is None:
        return StartUpFiles(EMPTY_DIGEST, ())
    script = FileContent(LINKER_SCRIPT, board.render_linker_script().encode())
    own = (board.family.sections, board.family.startup)
    digest = await create_digest(
        CreateDigest((script, *(FileContent(name, _read(name)) for name in own)))
    )
    return StartUpFiles(digest, (board.family.startup,))


def rules():
    return collect_rules()
