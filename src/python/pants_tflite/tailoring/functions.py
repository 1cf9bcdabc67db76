# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants tailor` for Python functions: those that return models, and those that yield samples."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Iterable, Optional

from pants.backend.python.target_types import (
    PythonResolveField,
    PythonSourceField,
    PythonTestsGeneratingSourcesField,
    PythonTestUtilsGeneratingSourcesField,
)
from pants.core.goals.tailor import PutativeTargets, PutativeTargetsRequest
from pants.engine.fs import PathGlobs
from pants.engine.target import (
    AllTargets,
    AllUnexpandedTargets,
    Target,
)
from pants.engine.unions import UnionRule
from pants.source.filespec import FilespecMatcher

from pants_tflite.compat import (
    collect_rules,
    get_digest_contents,
    implicitly,
    rule,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.subsystems.tailoring import Tailoring
from pants_tflite.tailoring.proposals import Proposal, can_be_source, name_proposals
from pants_tflite.tailoring.python_code import MODEL, FoundFunction, PythonCode, read_python
from pants_tflite.target_types import TfLiteDatasetTarget, TfSavedModelTarget
from pants_tflite.util_rules.dependency_inference import function_fields
from pants_tflite.util_rules.entry_points import EntryPoint

_MAIN = "__main__.py"
_TESTS = FilespecMatcher(
    (
        *PythonTestsGeneratingSourcesField.default,
        *PythonTestUtilsGeneratingSourcesField.default,
    ),
    (),
)
_TEST, _TEST_UTILS = "python_test", "python_test_utils"


class PutativeFunctionsRequest(PutativeTargetsRequest):
    pass


@dataclass(frozen=True)
class PythonOwnersRequest:
    """Asks which Python targets own files in `folders`."""

    folders: tuple[str, ...]


@dataclass(frozen=True)
class PythonOwners:
    """What of its owner counts: the files of tests, and the resolve of those that have just one."""

    tests: frozenset[str]
    resolves: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class NamedFunctions:
    """The functions that targets name, each as a file, with or without its source root, and a name."""

    files: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, targets: Iterable[Target]) -> NamedFunctions:
        found = set()
        for target in targets:
            for field in function_fields(target):
                try:
                    entry_point = EntryPoint.parse(field)
                except TfLiteError:
                    # Building the target reports it.
                    continue
                path = entry_point.path
                file = (
                    os.path.normpath(os.path.join(target.address.spec_path, path))
                    if entry_point.is_file
                    else path.replace(".", os.path.sep) + ".py"
                )
                found.add((file, entry_point.function))
        return cls(frozenset(found))

    def has(self, file: str, function: str) -> bool:
        parts = file.split(os.path.sep)
        ends = (os.path.join(*parts[begin:]) for begin in range(len(parts)))
        return any((end, function) in self.files for end in ends)


def _is_test(path: str) -> bool:
    return bool(_TESTS.matches([os.path.basename(path)]))


def _proposal(path: str, found: FoundFunction, resolve: Optional[str]) -> Proposal:
    folder, file = os.path.split(path)
    fields = {"entry_point": f"{file}:{found.name}"}
    if resolve is not None:
        fields["resolve"] = resolve
    return Proposal(
        TfSavedModelTarget if found.kind == MODEL else TfLiteDatasetTarget,
        folder=folder,
        name=found.name,
        longer_name=f"{os.path.splitext(file)[0]}_{found.name}",
        fields=fields,
    )


@rule
async def find_python_owners(
    request: PythonOwnersRequest, all_targets: AllTargets, generators: AllUnexpandedTargets
) -> PythonOwners:
    # Only the targets that others generate know their resolve.
    test_utils = {target.address for target in generators if target.alias == _TEST_UTILS}
    tests: set[str] = set()
    resolves: dict[str, set[str]] = {}
    for target in all_targets:
        if not target.has_field(PythonSourceField):
            continue
        file = target[PythonSourceField].file_path
        if os.path.dirname(file) not in request.folders:
            continue
        if (
            target.alias == _TEST
            or target.address.maybe_convert_to_target_generator() in test_utils
        ):
            tests.add(file)
        elif target.has_field(PythonResolveField):
            resolves.setdefault(file, set()).add(target[PythonResolveField].value or "")
    only = {file: found.pop() for file, found in resolves.items() if len(found) == 1}
    return PythonOwners(
        frozenset(tests),
        tuple(sorted((file, resolve) for file, resolve in only.items() if resolve)),
    )


def _is_helper(path: str, function: str, code: dict[str, PythonCode]) -> bool:
    """Whether another of the files uses the function."""
    module = os.path.splitext(os.path.basename(path))[0]
    return any((module, function) in other.uses for file, other in code.items() if file != path)


@rule(desc="Determine candidate targets of Python functions to create")
async def find_putative_functions(
    request: PutativeFunctionsRequest, all_targets: AllUnexpandedTargets, tailoring: Tailoring
) -> PutativeTargets:
    if not tailoring.tailor_functions:
        return PutativeTargets()
    contents = await get_digest_contents(**implicitly({request.path_globs("*.py"): PathGlobs}))
    code = {file.path: read_python(file.content) for file in contents if not _is_test(file.path)}
    named = NamedFunctions.of(all_targets)
    found = [
        (path, function)
        for path, read in sorted(code.items())
        for function in read.functions
        if os.path.basename(path) != _MAIN
        and can_be_source(path)
        and not named.has(path, function.name)
        and not _is_helper(path, function.name, code)
    ]
    folders = {os.path.dirname(path) for path, _ in found}
    owners = await find_python_owners(PythonOwnersRequest(tuple(sorted(folders))), **implicitly())
    resolves = dict(owners.resolves)
    return name_proposals(
        _proposal(path, function, resolves.get(path))
        for path, function in found
        if path not in owners.tests
    )


def rules():
    return (
        *collect_rules(),
        UnionRule(PutativeTargetsRequest, PutativeFunctionsRequest),
    )
