# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""One file for several of Apple's architectures, joined from one static library for each."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, Digest, MergeDigests

from pants_tflite.cc.compilation import StaticLibrary
from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.sandbox.binaries.join_universal_protocol import JoinRequest
from pants_tflite.util_rules.python_environments import ZigEnvironmentRequest, find_zig_environment
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program


@dataclass(frozen=True)
class JoinSlicesRequest:
    """Joins static libraries for Apple's platforms, each of another architecture, as `lib<name>.a`."""

    address: Address
    name: str
    slices: tuple[StaticLibrary, ...]

    def debug_hint(self) -> str:
        return f"lib{self.name}.a"


@dataclass(frozen=True)
class UniversalBinary:
    """`digest` holds only the file, at `path`."""

    digest: Digest
    path: str


@rule(desc="Make a universal static library")
async def join_slices(request: JoinSlicesRequest) -> UniversalBinary:
    # All slices have one name, so each gets a folder of its own.
    folders = [f"slice_{index}" for index in range(len(request.slices))]
    environment, *digests = await concurrently(
        find_zig_environment(ZigEnvironmentRequest(), **implicitly()),
        *(
            add_prefix(AddPrefix(item.digest, folder))
            for folder, item in zip(folders, request.slices)
        ),
    )
    digest = await merge_digests(MergeDigests(digests))
    path = f"lib{request.name}.a"
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            JoinRequest(
                path,
                tuple(f"{folder}/{item.path}" for folder, item in zip(folders, request.slices)),
            ),
            environment,
            description=f"Join {path} of {len(folders)} architectures",
            input_digest=digest,
        )
    )
    return UniversalBinary(result.digest, path)


def rules():
    return collect_rules()
