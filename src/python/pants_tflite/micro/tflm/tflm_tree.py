# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A source tree of TFLite Micro, as its own `create_tflm_tree.py` writes one."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pants.core.target_types import FileSourceField
from pants.engine.fs import AddPrefix, Digest, DigestSubset, PathGlobs, RemovePrefix
from pants.engine.target import HydrateSourcesRequest, SourcesField

from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    digest_to_snapshot,
    hydrate_sources,
    implicitly,
    remove_prefix,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.fields import ReferencesMixin
from pants_tflite.sandbox.archives.archive_entries import ARCHIVES
from pants_tflite.util_rules.archives import UnpackArchiveRequest, unpack_archive
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference

_MARKER = "tensorflow/lite/micro/micro_interpreter.h"
_SOURCES = (".c", ".cc", ".cpp")
# Sources that others include.
_INCLUDED_SOURCES = "third_party/kissfft/"
_HEADERS = ("**/*.h", "**/*.hpp", "**/*.inc", f"**/{_INCLUDED_SOURCES}**/*.c")
# Relative to the tree: how its sources name each other's headers and third-party ones.
_INCLUDE_DIRS = (
    "",
    "third_party/flatbuffers/include",
    "third_party/gemmlowp",
    "third_party/kissfft",
    "third_party/ruy",
    # Of trees that were made with CMSIS-NN.
    "third_party/cmsis",
    "third_party/cmsis/CMSIS/Core/Include",
    "third_party/cmsis_nn",
    "third_party/cmsis_nn/Include",
)
REFERENCE, CMSIS_NN = "reference", "cmsis_nn"
_CMSIS_NN_FOLDER = "third_party/cmsis_nn/"
# As TFLite Micro's own Makefile compiles it, and its kernels' headers; it has no kernels for floats.
_CMSIS_NN_DEFINES = (
    "ARM_NN_ENABLE_F16=0",
    "ARM_NN_ENABLE_F32=0",
    "CMSIS_NN",
    "PROJECT_GENERATION",
)
# Programs of their own, if a tree was made with examples.
_EXAMPLES = ("examples/", "tensorflow/lite/micro/examples/")
_TEST_SUFFIXES = ("_test.c", "_test.cc", "_test.cpp")
# Where the tree is in a sandbox.
TREE = "tflm"


@dataclass(frozen=True)
class TflmTreeRequest:
    """Asks for the tree that `value` in `field` refers to."""

    field: ReferencesMixin
    value: str

    def debug_hint(self) -> str:
        return f"{self.value} for {self.field.address}"


@dataclass(frozen=True)
class StageTflmTreeRequest:
    """Asks for a tree of which `digest` has the root at its top."""

    digest: Digest


@dataclass(frozen=True)
class TflmTree:
    """`digest` holds the whole tree below the directory TREE, `headers` only its headers.

    `sources` are paths in it, of what makes a library; all that includes its headers is compiled with
    `defines`. `version` is the hash of all of it: a tree does not say which commit it is of.
    `kernels` are REFERENCE or optimized ones.
    """

    digest: Digest
    headers: Digest
    sources: tuple[str, ...]
    include_dirs: tuple[str, ...]
    version: str
    kernels: str = REFERENCE

    @property
    def defines(self) -> tuple[str, ...]:
        return _CMSIS_NN_DEFINES if self.kernels == CMSIS_NN else ()


def find_root(files: tuple[str, ...]) -> str | None:
    """The directory of a tree among `files`: the outermost one."""
    roots = [
        path[: -len(_MARKER)].rstrip("/")
        for path in files
        if path == _MARKER or path.endswith(f"/{_MARKER}")
    ]
    return min(roots, key=lambda root: (root.count("/"), root), default=None)


def library_sources(files: tuple[str, ...]) -> tuple[str, ...]:
    """Those of a tree's `files` that go into a library."""
    return tuple(
        path
        for path in sorted(files)
        if path.endswith(_SOURCES)
        and not path.endswith(_TEST_SUFFIXES)
        and not path.startswith((*_EXAMPLES, _INCLUDED_SOURCES))
    )


def kernels_of(files: tuple[str, ...]) -> str:
    """Which kernels a tree of these files has."""
    return CMSIS_NN if any(path.startswith(_CMSIS_NN_FOLDER) for path in files) else REFERENCE


def no_tree(field: str, value: str, files: tuple[str, ...]) -> Mistake:
    """The mistake if files are not a tree."""
    seen = ", ".join(f"`{path}`" for path in sorted(files)[:3]) or "nothing"
    is_packed = len(files) == 1 and "." in os.path.basename(files[0])
    hint = f" An archive's name ends in {', '.join(ARCHIVES)}." if is_packed else ""
    return Mistake(
        message=(
            f"`{_MARKER}` is not in it, so it is not a source tree of TFLite Micro: it holds {seen}"
        ),
        fix=(
            "Write a tree with TFLite Micro's own "
            "`tensorflow/lite/micro/tools/project_generation/create_tflm_tree.py`, and name all of "
            f"it: a `file` with an archive, or `files` with a folder.{hint}"
        ),
        field=field,
        value=value,
    )


@rule(desc="Find a source tree of TFLite Micro")
async def find_tflm_tree(request: TflmTreeRequest) -> TflmTree:
    reference = await resolve_reference(ReferenceRequest(request.field, request.value))
    hydrated = await hydrate_sources(
        HydrateSourcesRequest(
            reference.target[SourcesField],
            for_sources_types=(FileSourceField, SourcesField),
            enable_codegen=True,
        ),
        **implicitly(),
    )
    digest, files = hydrated.snapshot.digest, hydrated.snapshot.files
    if len(files) == 1 and files[0].endswith(ARCHIVES):
        unpacked = await unpack_archive(
            UnpackArchiveRequest(
                digest,
                name=files[0],
                address=request.field.address,
                field=request.field.alias,
                value=request.value,
            )
        )
        snapshot = await digest_to_snapshot(unpacked.digest)
        digest, files = snapshot.digest, snapshot.files
    root = find_root(files)
    if root is None:
        raise no_tree(request.field.alias, request.value, files).at(request.field.address)
    return await stage_tflm_tree(
        StageTflmTreeRequest(await remove_prefix(RemovePrefix(digest, root)))
    )


@rule
async def stage_tflm_tree(request: StageTflmTreeRequest) -> TflmTree:
    snapshot, staged = await concurrently(
        digest_to_snapshot(request.digest),
        add_prefix(AddPrefix(request.digest, TREE)),
    )
    headers = await digest_subset_to_digest(DigestSubset(staged, PathGlobs(_HEADERS)))
    folders = {"", *(os.path.dirname(path) for path in snapshot.files)}
    return TflmTree(
        digest=staged,
        headers=headers,
        sources=tuple(os.path.join(TREE, path) for path in library_sources(snapshot.files)),
        include_dirs=tuple(
            os.path.normpath(os.path.join(TREE, folder))
            for folder in _INCLUDE_DIRS
            if any(f"{path}/".startswith(f"{folder}/" if folder else "") for path in folders)
        ),
        version=snapshot.digest.fingerprint,
        kernels=kernels_of(snapshot.files),
    )


def rules():
    return collect_rules()
