# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a `tflite_runtime` yields: an archive, checked against its hash, and the headers in it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace

from pants.core.target_types import FileSourceField
from pants.engine.addresses import Address
from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestSubset,
    FileEntry,
    PathGlobs,
    Paths,
    RemovePrefix,
)
from pants.engine.target import HydrateSourcesRequest, Target

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    digest_to_snapshot,
    get_digest_entries,
    hydrate_sources,
    implicitly,
    path_globs_to_paths,
    remove_prefix,
    rule,
)
from pants_tflite.custom_ops.maven import FetchArtifactRequest, fetch_artifact
from pants_tflite.custom_ops.target_types import (
    CustomOpRuntimeField,
    RuntimeHeadersField,
    RuntimeMavenField,
    RuntimeSha256Field,
    RuntimeSourceField,
)
from pants_tflite.errors import Mistake
from pants_tflite.sandbox.archives.archive_entries import ZIP
from pants_tflite.util_rules.archives import UnpackArchiveRequest, unpack_archive
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference

_SHA256 = re.compile(r"[0-9a-f]{64}")
# Maven's archives, of Android and of Java, are zips.
_ZIPS = (".aar", ".jar")


@dataclass(frozen=True)
class RuntimeArchiveRequest:
    """Asks for the whole archive of a `tflite_runtime`, unpacked: headers and libraries."""

    target: Target

    def debug_hint(self) -> str:
        return str(self.target.address)


@dataclass(frozen=True)
class RuntimeArchive:
    digest: Digest


@dataclass(frozen=True)
class RuntimeHeadersRequest:
    """Asks for the headers of the `tflite_runtime` that a custom op's `runtime` field names."""

    runtime: CustomOpRuntimeField

    def debug_hint(self) -> str:
        return str(self.runtime.address)


@dataclass(frozen=True)
class RuntimeHeaders:
    """`digest` is an include path: it holds `tensorflow/lite/…`. `address` is the runtime's."""

    address: Address
    digest: Digest


def check_runtime(target: Target) -> None:
    """Raises if the fields of a `tflite_runtime` do not say where the archive is, or which."""
    has_source = target[RuntimeSourceField].value is not None
    has_maven = target[RuntimeMavenField].value is not None
    if has_source == has_maven:
        both = (
            "both `source` and `maven` name" if has_source else "neither `source` nor `maven` names"
        )
        raise Mistake.of(
            target[RuntimeSourceField],
            message=f"{both} an archive",
            fix="Give one of the two fields.",
        )
    sha256 = target[RuntimeSha256Field]
    if not _SHA256.fullmatch(sha256.value):
        raise Mistake.of(
            sha256,
            message="a SHA-256 has 64 hexadecimal digits, in lower case",
            fix="Write what `sha256sum` prints for the archive.",
        )


def check_file(paths: Paths, field: RuntimeSourceField) -> None:
    """Raises unless `paths` is the one file that the field names."""
    if paths.files != (field.file_path,):
        raise Mistake.of(
            field,
            message=f"there is no file `{field.file_path}`",
            fix="Name an archive relative to the BUILD file.",
        )


def check_hash(entry: FileEntry, target: Target) -> None:
    """Raises where the archive is not the one that the target pins."""
    field, digest = target[RuntimeSha256Field], entry.file_digest
    if digest.fingerprint != field.value:
        raise Mistake.of(
            field,
            message=(
                f"`{os.path.basename(entry.path)}` is {digest.serialized_bytes_length} bytes with "
                f"the SHA-256 {digest.fingerprint}, where {field.value} is expected"
            ),
            fix=(
                "Find out why it differs. Only if it is the archive that you mean, write its own "
                "hash into the field."
            ),
        )


def archive_name(path: str) -> str:
    """A file name for an archive from which Pants can tell its kind."""
    name = os.path.basename(path)
    stem, suffix = os.path.splitext(name)
    return stem + ZIP if suffix in _ZIPS else name


@rule(desc="Unpack a runtime's archive")
async def unpack_runtime(request: RuntimeArchiveRequest) -> RuntimeArchive:
    target = request.target
    check_runtime(target)
    coordinates = target[RuntimeMavenField].value
    if coordinates is not None:
        fetched = await fetch_artifact(
            FetchArtifactRequest(target.address, coordinates, target[RuntimeSha256Field].value),
            **implicitly(),
        )
        digest = fetched.digest
    else:
        field = target[RuntimeSourceField]
        if isinstance(field.value, str):
            paths = await path_globs_to_paths(PathGlobs((field.file_path,)))
            check_file(paths, field)
        sources = await hydrate_sources(
            HydrateSourcesRequest(
                field,
                for_sources_types=(FileSourceField,),
                enable_codegen=True,
            ),
            **implicitly(),
        )
        digest = sources.snapshot.digest
    (entry,) = [e for e in await get_digest_entries(digest) if isinstance(e, FileEntry)]
    check_hash(entry, target)
    renamed = await create_digest(CreateDigest([replace(entry, path=archive_name(entry.path))]))
    origin = target[RuntimeSourceField] if coordinates is None else target[RuntimeMavenField]
    unpacked = await unpack_archive(
        UnpackArchiveRequest(
            renamed,
            name=os.path.basename(entry.path),
            address=target.address,
            field=origin.alias,
            value=str(origin.value),
        )
    )
    return RuntimeArchive(unpacked.digest)


@rule
async def find_runtime_headers(request: RuntimeHeadersRequest) -> RuntimeHeaders:
    field = request.runtime
    reference = await resolve_reference(ReferenceRequest(field, field.value))
    target = reference.target
    archive = await unpack_runtime(RuntimeArchiveRequest(target))
    folder = os.path.normpath(target[RuntimeHeadersField].value)
    pattern = "**" if folder == "." else os.path.join(folder, "**")
    headers, everything = await concurrently(
        digest_to_snapshot(**implicitly(DigestSubset(archive.digest, PathGlobs((pattern,))))),
        digest_to_snapshot(archive.digest),
    )
    if not headers.files:
        folders = sorted({path.split("/")[0] for path in everything.files})
        raise Mistake.of(
            target[RuntimeHeadersField],
            message=f"the archive has no files in `{folder}/`; it has {', '.join(folders)}",
            fix="Name the folder that holds `tensorflow/lite/`.",
        )
    if folder == ".":
        return RuntimeHeaders(target.address, headers.digest)
    return RuntimeHeaders(target.address, await remove_prefix(RemovePrefix(headers.digest, folder)))


def rules():
    return collect_rules()
