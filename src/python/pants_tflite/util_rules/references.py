# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Addresses in fields: the targets that they refer to, and whether the field takes these."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from pants.core.target_types import FileSourceField
from pants.engine.addresses import Address, AddressInput
from pants.engine.fs import Digest, PathGlobs
from pants.engine.target import (
    AllUnexpandedTargets,
    HydrateSourcesRequest,
    MultipleSourcesField,
    OptionalSingleSourceField,
    SourcesField,
    Target,
    WrappedTargetRequest,
)

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    hydrate_sources,
    implicitly,
    path_globs_to_paths,
    resolve_address,
    resolve_target,
    rule,
)
from pants_tflite.errors import Mistake, TfLiteError
from pants_tflite.fields import ReferencesMixin

_FILE = "file"
# Without what only addresses have, and without what patterns have.
_MAYBE_A_PATH = re.compile(r"(?!//|!)[^:*]+")


@dataclass(frozen=True)
class ReferenceRequest:
    """Asks for the target that `value` in `field` refers to."""

    field: ReferencesMixin
    value: str
    # Dependencies are inferred from a wrong type too: building the target reports the error.
    check_type: bool = True

    def debug_hint(self) -> str:
        return f"{self.field.address}, field {self.field.alias}: {self.value}"


@dataclass(frozen=True)
class Reference:
    target: Target


@dataclass(frozen=True)
class ReferencesRequest:
    """Asks for all targets that `field` refers to, of any type."""

    field: ReferencesMixin


@dataclass(frozen=True)
class References:
    addresses: tuple[Address, ...]


@dataclass(frozen=True)
class ReferencedFileRequest:
    """Asks for the one file of the target that `value` in `field` refers to."""

    field: ReferencesMixin
    value: str


@dataclass(frozen=True)
class ReferencedFile:
    """`digest` holds the file at `path`, and nothing else."""

    digest: Digest
    path: str


@dataclass(frozen=True)
class NoFileRequest:
    """Asks to check that `value` in `field` is not the path of a file, which is easily taken for an address."""

    field: ReferencesMixin
    value: str


@dataclass(frozen=True)
class NotAFile:
    """A value that may be an address."""


@dataclass(frozen=True)
class FileOwnersRequest:
    """Asks which targets an address of the `file` can mean, or own it."""

    file: str


@dataclass(frozen=True)
class FileOwners:
    """`is_address` says whether the file's path is an address: of a target that is made for the file.

    `owners` are the targets, of any type, whose one source the file is, each with its type's name.
    """

    is_address: bool
    owners: tuple[tuple[Address, str], ...]


def _has_source(target: Target, file: str) -> bool:
    if not target.has_field(OptionalSingleSourceField):
        return False
    field = target[OptionalSingleSourceField]
    # An `http_source` is no text.
    return isinstance(field.value, str) and field.file_path == file


@rule
async def find_file_owners(
    request: FileOwnersRequest, all_targets: AllUnexpandedTargets
) -> FileOwners:
    folder = os.path.dirname(request.file)
    generators = [
        target
        for target in all_targets
        if target.address == Address(folder) and target.has_field(MultipleSourcesField)
    ]
    sources = await concurrently(
        hydrate_sources(HydrateSourcesRequest(target[MultipleSourcesField]), **implicitly())
        for target in generators
    )
    owners = [
        (target.address, target.alias)
        for target in all_targets
        if _has_source(target, request.file)
    ]
    return FileOwners(
        is_address=any(request.file in hydrated.snapshot.files for hydrated in sources),
        owners=tuple(sorted(owners)),
    )


def possible_files(field: ReferencesMixin, value: str) -> list[str]:
    """The paths that `value` may be meant as: from the root of the repository, or from the BUILD file."""
    if not _MAYBE_A_PATH.fullmatch(value):
        return []
    paths = {
        os.path.normpath(os.path.join(folder, value)) for folder in ("", field.address.spec_path)
    }
    return sorted(path for path in paths if path != "." and not path.startswith("../"))


def file_mistake(field: ReferencesMixin, value: str, file: str, owners: FileOwners) -> TfLiteError:
    """The error for the path of a file where an address is expected."""
    taken = field.target_aliases
    found = [address for address, alias in owners.owners if not taken or alias in taken]
    folder, base = os.path.split(file)
    name = os.path.splitext(base)[0]
    if found:
        fix = f"Write the address of the target that has the file: `{found[0]}`."
    elif taken and _FILE not in taken:
        aliases = " or ".join(f"`{alias}`" for alias in taken)
        fix = f"Write the address of a {aliases} target."
    else:
        is_here = folder == field.address.spec_path
        address = f":{name}" if is_here else f"{folder or '//'}:{name}"
        fix = (
            f'Declare the file in `{os.path.join(folder, "BUILD")}` as `{_FILE}(name="{name}", source="{base}")`, '
            f"and write `{address}` here."
        )
    return Mistake.of(
        field, message="that is the path of a file, not an address", fix=fix, value=value
    )


@rule
async def check_no_file(request: NoFileRequest) -> NotAFile:
    field, value = request.field, request.value
    paths = await path_globs_to_paths(PathGlobs(possible_files(field, value)))
    for file in paths.files:
        owners = await find_file_owners(FileOwnersRequest(file), **implicitly())
        if not owners.is_address:
            raise file_mistake(field, value, file, owners)
    return NotAFile()


@rule
async def resolve_reference(request: ReferenceRequest) -> Reference:
    field = request.field
    await check_no_file(NoFileRequest(field, request.value))
    origin = f"the `{field.alias}` field of the target {field.address}"
    address_input = AddressInput.parse(
        request.value, relative_to=field.address.spec_path, description_of_origin=origin
    )
    address = await resolve_address(**implicitly({address_input: AddressInput}))
    wrapped = await resolve_target(
        WrappedTargetRequest(address, description_of_origin=origin), **implicitly()
    )
    target = wrapped.target
    is_expected = not field.target_aliases or target.alias in field.target_aliases
    if request.check_type and not is_expected:
        expected = " or ".join(f"`{alias}`" for alias in field.target_aliases)
        raise Mistake.of(
            field,
            message=f"{target.address} is a `{target.alias}` target",
            fix=f"Give the address of a {expected} target.",
            value=request.value,
        )
    return Reference(target)


@rule
async def find_referenced_file(request: ReferencedFileRequest) -> ReferencedFile:
    reference = await resolve_reference(ReferenceRequest(request.field, request.value))
    sources = await hydrate_sources(
        HydrateSourcesRequest(
            reference.target[SourcesField],
            for_sources_types=(FileSourceField,),
            enable_codegen=True,
        ),
        **implicitly(),
    )
    (path,) = sources.snapshot.files
    return ReferencedFile(sources.snapshot.digest, path)


@rule
async def find_references(request: ReferencesRequest) -> References:
    references = await concurrently(
        resolve_reference(ReferenceRequest(request.field, value, check_type=False))
        for value in request.field.references
    )
    return References(tuple(reference.target.address for reference in references))


def rules():
    return collect_rules()
