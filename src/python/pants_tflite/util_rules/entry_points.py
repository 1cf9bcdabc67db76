# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Entry points of export and dataset functions: file, module, and the targets that own them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from pants.backend.python.dependency_inference.module_mapper import PythonModuleOwnersRequest
from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.addresses import Address, Addresses
from pants.engine.fs import PathGlobs
from pants.engine.target import Dependencies, DependenciesRequest
from pants.source.source_root import SourceRootRequest

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    determine_explicitly_provided_dependencies,
    get_source_root,
    implicitly,
    map_module_to_address,
    path_globs_to_paths,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.fields import FunctionField
from pants_tflite.target_types import TensorFlowResolveField

_FUNCTION = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class EntryPoint:
    """A parsed `entry_point`: `path` is a file relative to the BUILD file, or a dotted module."""

    path: str
    function: str

    @classmethod
    def parse(cls, field: FunctionField) -> EntryPoint:
        path, _, function = (field.value or "").rpartition(":")
        if not path or not _FUNCTION.fullmatch(function):
            raise Mistake.of(
                field,
                message="an entry point names a file and a function in it",
                fix="Write it as `train.py:export`, or as `path.to.train:export`.",
            )
        return cls(path, function)

    @property
    def is_file(self) -> bool:
        return self.path.endswith(".py")


@dataclass(frozen=True)
class EntryPointModuleRequest:
    """Asks for the module of `entry_point`, which `field` names."""

    field: FunctionField
    entry_point: EntryPoint


@dataclass(frozen=True)
class EntryPointModule:
    name: str
    file: str


@dataclass(frozen=True)
class EntryPointOwnersRequest:
    """Asks which Python targets own the file of an entry point."""

    address: Address
    entry_point: FunctionField
    resolve: TensorFlowResolveField
    dependencies: Dependencies


@dataclass(frozen=True)
class EntryPointOwners:
    module: EntryPointModule
    function: str
    owners: Addresses


@rule
async def find_entry_point_module(request: EntryPointModuleRequest) -> EntryPointModule:
    path, address = request.entry_point.path, request.field.address
    if not request.entry_point.is_file:
        return EntryPointModule(path, path.replace(".", os.path.sep) + ".py")
    file = os.path.normpath(os.path.join(address.spec_path, path))
    paths = await path_globs_to_paths(PathGlobs([file]))
    if paths.files != (file,):
        raise Mistake.of(
            request.field,
            message=f"there is no file `{file}`",
            fix="Name a Python file relative to the BUILD file.",
        )
    source_root = await get_source_root(SourceRootRequest.for_file(file))
    stripped = os.path.relpath(file, source_root.path)
    return EntryPointModule(os.path.splitext(stripped)[0].replace(os.path.sep, "."), file)


@rule
async def find_entry_point_owners(
    request: EntryPointOwnersRequest, python_setup: PythonSetup
) -> EntryPointOwners:
    field = request.entry_point
    entry_point = EntryPoint.parse(field)
    resolve = (
        request.resolve.normalized_value(python_setup) if python_setup.enable_resolves else None
    )
    module = await find_entry_point_module(EntryPointModuleRequest(field, entry_point))
    explicit, owners = await concurrently(
        determine_explicitly_provided_dependencies(
            **implicitly(DependenciesRequest(request.dependencies))
        ),
        map_module_to_address(
            PythonModuleOwnersRequest(module.name, resolve=resolve), **implicitly()
        ),
    )
    explicit.maybe_warn_of_ambiguous_dependency_inference(
        owners.ambiguous,
        request.address,
        owners_must_be_ancestors=entry_point.is_file,
        import_reference="module",
        context=f"The target {request.address} has the field `{field.alias}={field.value!r}`",
    )
    disambiguated = explicit.disambiguated(
        owners.ambiguous, owners_must_be_ancestors=entry_point.is_file
    )
    found = owners.unambiguous or ((disambiguated,) if disambiguated else ())
    return EntryPointOwners(module, entry_point.function, Addresses(sorted(found)))


def rules():
    return collect_rules()
