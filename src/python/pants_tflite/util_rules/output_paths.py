# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Where results go below `dist/`, and a check that no two targets go to the same place."""

from __future__ import annotations

import os
from bisect import bisect_left
from dataclasses import dataclass
from typing import Iterable, Iterator

from pants.core.goals.package import BuiltPackage, BuiltPackageArtifact, OutputPathField
from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, Digest
from pants.engine.target import AllTargets
from pants.util.frozendict import FrozenDict

from pants_tflite.compat import add_prefix, collect_rules, rule
from pants_tflite.errors import Mistake
from pants_tflite.target_types import ModelOutputDirectoryField, OutputDirectoryField

GOLDEN_INPUTS_DIRECTORY = "golden_inputs"


@dataclass(frozen=True)
class AllOutputPaths:
    """Every target of ours by the directory below `dist/` that it is packaged into.

    `paths` are the keys of `addresses`, sorted, so that those below a directory stand together.
    `golden_inputs` has the first model of each directory in which models share golden inputs.
    """

    addresses: FrozenDict[str, tuple[Address, ...]]
    paths: tuple[str, ...]
    golden_inputs: FrozenDict[str, Address]

    @classmethod
    def of(cls, fields: Iterable[OutputPathField]) -> AllOutputPaths:
        by_path: dict[str, list[Address]] = {}
        golden_inputs: dict[str, Address] = {}
        for field in sorted(fields, key=lambda field: field.address):
            path = output_directory(field)
            by_path.setdefault(path, []).append(field.address)
            if isinstance(field, ModelOutputDirectoryField):
                golden_inputs.setdefault(golden_inputs_directory(path), field.address)
        paths = tuple(sorted(by_path))
        return cls(
            FrozenDict({path: tuple(by_path[path]) for path in paths}),
            paths,
            FrozenDict(sorted(golden_inputs.items())),
        )

    def first_at_or_below(self, path: str) -> Iterator[str]:
        """The path itself, if a target has it, and the first of those below it."""
        if path in self.addresses:
            yield path
        index = bisect_left(self.paths, f"{path}/")
        if index < len(self.paths) and self.paths[index].startswith(f"{path}/"):
            yield self.paths[index]

    def overlapping(self, path: str) -> Iterator[str]:
        """The directories of targets at, above and below `path`, sorted: of those below, the first."""
        yield from (parent for parent in parents(path) if parent in self.addresses)
        yield from self.first_at_or_below(path)


@dataclass(frozen=True)
class OutputPathRequest:
    """Asks where a target goes, and fails if another target writes there too."""

    field: OutputPathField


@dataclass(frozen=True)
class OutputPath:
    """A directory, relative to `dist/`."""

    value: str


@dataclass(frozen=True)
class PackageOutputRequest:
    """Asks for the result of a step as a package. `lines` are what `package` says of it."""

    path: OutputPath
    digest: Digest
    lines: tuple[str, ...] = ()


def output_directory(output_path: OutputPathField) -> str:
    return os.path.normpath(output_path.value_or_default(file_ending=None))


def golden_inputs_directory(path: str) -> str:
    """Where a model that is packaged into `path` shares its golden input with its neighbours."""
    return os.path.join(os.path.dirname(path), GOLDEN_INPUTS_DIRECTORY)


def parents(path: str) -> list[str]:
    """The directories above `path`, the outermost first."""
    parts = path.split(os.path.sep)
    return [os.path.sep.join(parts[:count]) for count in range(1, len(parts))]


@rule(desc="Find all output paths")
async def find_all_output_paths(all_targets: AllTargets) -> AllOutputPaths:
    return AllOutputPaths.of(
        target[OutputDirectoryField]
        for target in all_targets
        if target.has_field(OutputDirectoryField)
    )


def check_output_path(output_path: OutputPathField, all_paths: AllOutputPaths) -> None:
    """Raises if another target's directory is this target's own, or above or below it, or if the
    path leads out of `dist/`."""
    address = output_path.address
    path = output_directory(output_path)
    if os.path.isabs(path) or path.split(os.path.sep)[0] in ("..", "."):
        raise Mistake.of(
            output_path,
            message="the path leads out of the distribution directory, or is all of it",
            fix="Give a relative path of a directory below it.",
        )
    for other_path in all_paths.overlapping(path):
        others = [other for other in all_paths.addresses[other_path] if other != address]
        if others:
            raise Mistake.of(
                output_path,
                message=f"the output would be mixed with that of {others[0]}, in `{other_path}`",
                fix=(
                    f"Give each target an `{output_path.alias}` of its own, or leave the field out; "
                    "a parametrized target needs `parametrize` here too."
                ),
                value=path,
            )
    check_golden_inputs(output_path, all_paths)


def check_golden_inputs(output_path: OutputPathField, all_paths: AllOutputPaths) -> None:
    """Raises if the target is packaged where models share golden inputs, or shares its own where
    another target is packaged."""
    path = output_directory(output_path)
    for directory in (*parents(path), path):
        if directory in all_paths.golden_inputs:
            raise Mistake.of(
                output_path,
                message=(
                    "the output would be mixed with the golden inputs of "
                    f"{all_paths.golden_inputs[directory]}, in `{directory}`"
                ),
                fix=f"Give the target an `{output_path.alias}` elsewhere.",
                value=path,
            )
    if isinstance(output_path, ModelOutputDirectoryField):
        directory = golden_inputs_directory(path)
        for other_path in all_paths.first_at_or_below(directory):
            other = all_paths.addresses[other_path][0]
            raise Mistake.of(
                output_path,
                message=(
                    f"its golden input goes to `{directory}`, and {other} is packaged into "
                    f"`{other_path}`"
                ),
                fix=f"Give one of the two an `{output_path.alias}` elsewhere.",
                value=path,
            )


@rule
async def find_output_path(request: OutputPathRequest, all_paths: AllOutputPaths) -> OutputPath:
    check_output_path(request.field, all_paths)
    return OutputPath(output_directory(request.field))


@rule
async def place_output(request: PackageOutputRequest) -> BuiltPackage:
    digest = await add_prefix(AddPrefix(request.digest, request.path.value))
    artifact = BuiltPackageArtifact(relpath=request.path.value, extra_log_lines=request.lines)
    return BuiltPackage(digest, (artifact,))


def rules():
    return collect_rules()
