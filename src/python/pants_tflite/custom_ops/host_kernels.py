# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Kernels for the machine that builds: they calibrate, verify and run models with custom ops."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace

from pants.engine.fs import EMPTY_DIGEST, AddPrefix, Digest, MergeDigests

from pants_tflite.cc.platforms import host_platform
from pants_tflite.compat import add_prefix, collect_rules, concurrently, merge_digests, rule
from pants_tflite.custom_ops.declarations import CustomOps
from pants_tflite.custom_ops.libraries import (
    CustomOpLibraryRequest,
    build_library,
)
from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.protocol import to_plain

_FOLDER = "__kernels__"


@dataclass(frozen=True)
class HostKernelsRequest:
    """Asks for the kernels of all `custom_ops` that have one here."""

    custom_ops: CustomOps


@dataclass(frozen=True)
class HostKernels:
    """`digest` holds the libraries: one for each op, since their sources may share names."""

    kernels: tuple[KernelLibrary, ...] = ()
    digest: Digest = EMPTY_DIGEST

    def below(self, folder: str) -> HostKernels:
        """The same, if the digest was put into a folder."""
        return replace(
            self,
            kernels=tuple(
                replace(kernel, library=os.path.join(folder, kernel.library))
                for kernel in self.kernels
            ),
        )

    def render(self) -> bytes:
        """The kernels as a JSON file, for a command line."""
        return f"{json.dumps(to_plain(self.kernels), sort_keys=True, indent=2)}\n".encode()


@rule(desc="Build kernels for this machine")
async def build_host_kernels(request: HostKernelsRequest) -> HostKernels:
    ops = request.custom_ops.ops
    libraries = await concurrently(
        build_library(CustomOpLibraryRequest((op.address,), host_platform())) for op in ops
    )
    folders = [os.path.join(_FOLDER, str(position)) for position in range(len(ops))]
    shared = [library.shared for library in libraries if library.shared is not None]
    digests = await concurrently(
        add_prefix(AddPrefix(library.digest, folder)) for library, folder in zip(shared, folders)
    )
    return HostKernels(
        kernels=tuple(
            KernelLibrary(op.name, os.path.join(folder, library.path), op.registration)
            for op, library, folder in zip(ops, shared, folders)
        ),
        digest=await merge_digests(MergeDigests(digests)),
    )


def rules():
    return collect_rules()
