# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Where results go below `dist/`, and that no two targets go to one place."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pants.core.goals.package import BuiltPackage, BuiltPackageArtifact, OutputPathField
from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, Digest
from pants.engine.target import AllTargets
from pants.util.frozendict import FrozenDict

from pants_tflite.compat import add_prefix, collect_rules, rule
from pants_tflite.errors import Mistake
from pants_tflite.target_types import OutputDirectoryField


@dataclass(frozen=True)
class AllOutputPaths:
    """Every target of ours by the directory below `dist/` that it is packaged into."""

    addresses: FrozenDict[str, tuple[Address, ...]]


@dataclass(frozen=True)
class OutputPathRequest:
    """Asks where a target goes, and for an error where that is not its own place."""

    field: OutputPathField


@dataclass(frozen=True)
class OutputPath:
    """A directory, relative to `dist/`."""

    value: str


@dataclass(frozen=True)
class PackageOutputRequest:
    """Asks for a step's result as a package."""

    path: OutputPath
    digest: Digest


def output_directory(output_path: OutputPathField) -> str:
    return os.path.normpath(output_path.value_or_default(file_ending=None))


@rule(desc="Find all output paths")
async def find_all_output_paths(all_targets: AllTargets) -> AllOutputPaths:
    by_path: dict[str, list[Address]] = {}
    for target in all_targets:
        if target.has_field(OutputDirectoryField):
            path = output_directory(target[OutputDirectoryField])
            by_path.setdefault(path, []).append(target.address)
    return AllOutputPaths(FrozenDict({p: tuple(sorted(a)) for p, a in sorted(by_path.items())}))


def check_output_path(output_path: OutputPathField, all_paths: AllOutputPaths) -> None:
    """Raises where another target's directory is this target's own, or above or below it, or where
    the path leads out of `dist/`."""
    address = output_path.address
    path = output_directory(output_path)
    if os.path.isabs(path) or path.split(os.path.sep)[0] in ("..", "."):
        raise Mistake(
            message="the path leads out of the distribution directory, or is all of it",
            fix="Give a relative path of a directory below it.",
            field=output_path.alias,
            value=output_path.value,
        ).at(address)
    for other_path, addresses in all_paths.addresses.items():
        others = [other for other in addresses if other != address]
        nested = f"{other_path}/".startswith(f"{path}/") or f"{path}/".startswith(f"{other_path}/")
        if others and nested:
            raise Mistake(
                message=f"the output would be mixed with that of {others[0]}, in `{other_path}`",
                fix=(
                    f"Give each target an `{output_path.alias}` of its own, or leave the field out; "
                    "a parametrized target needs `parametrize` here too."
                ),
                field=output_path.alias,
                value=path,
            ).at(address)


@rule
async def find_output_path(request: OutputPathRequest, all_paths: AllOutputPaths) -> OutputPath:
    check_output_path(request.field, all_paths)
    return OutputPath(output_directory(request.field))


@rule
async def place_output(request: PackageOutputRequest) -> BuiltPackage:
    digest = await add_prefix(AddPrefix(request.digest, request.path.value))
    return BuiltPackage(digest, (BuiltPackageArtifact(relpath=request.path.value),))


def rules():
    return collect_rules()
