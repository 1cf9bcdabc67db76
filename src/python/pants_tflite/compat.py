# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The differences between Pants 2.17.1 to 2.34, under the names of the newer versions.

The one module that knows versions, next to `calls_2_17`. A rule of Pants that is not listed yet goes
into both branches; the one of 2.17 declares the types of the parameters that calls pass.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from pants.core.goals.test import TestResult
from pants.engine import rules
from pants.engine.process import ProcessCacheScope
from pants.engine.rules import collect_rules  # noqa: F401

try:
    from pants.core.environments.rules import (  # type: ignore[import-not-found]
        EnvironmentNameRequest,
    )
    from pants.core.environments.target_types import (  # type: ignore[import-not-found]
        EnvironmentField,
        EnvironmentTarget,
    )
except ImportError:
    from pants.core.util_rules.environments import (  # type: ignore[no-redef]  # noqa: F401
        EnvironmentField,
        EnvironmentNameRequest,
        EnvironmentTarget,
    )

# MyPy reads this branch: the resolve that it runs in has 2.17.
if TYPE_CHECKING or not hasattr(rules, "concurrently"):
    from pants.backend.python.dependency_inference.module_mapper import (
        PythonModuleOwners,
        PythonModuleOwnersRequest,
    )
    from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
    from pants.backend.python.util_rules.pex import VenvPex, VenvPexRequest
    from pants.backend.python.util_rules.pex_environment import PythonExecutable
    from pants.backend.python.util_rules.pex_requirements import (
        LoadedLockfile,
        LoadedLockfileRequest,
    )
    from pants.backend.python.util_rules.python_sources import (
        PythonSourceFiles,
        PythonSourceFilesRequest,
    )
    from pants.core.util_rules.archive import ExtractedArchive, MaybeExtractArchiveRequest
    from pants.core.util_rules.system_binaries import BinaryPathRequest, BinaryPaths
    from pants.engine.addresses import Address, Addresses, UnparsedAddressInputs
    from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
    from pants.engine.environment import EnvironmentName
    from pants.engine.fs import (
        AddPrefix,
        CreateDigest,
        Digest,
        DigestContents,
        DigestEntries,
        DigestSubset,
        MergeDigests,
        PathGlobs,
        Paths,
        RemovePrefix,
        Snapshot,
    )
    from pants.engine.process import (
        FallibleProcessResult,
        InteractiveProcess,
        InteractiveProcessResult,
        Process,
        ProcessResult,
    )
    from pants.engine.target import (
        DependenciesRequest,
        ExplicitlyProvidedDependencies,
        FieldSetsPerTarget,
        FieldSetsPerTargetRequest,
        HydratedSources,
        HydrateSourcesRequest,
        TransitiveTargets,
        TransitiveTargetsRequest,
        WrappedTarget,
        WrappedTargetRequest,
    )
    from pants.source.source_root import (
        SourceRoot,
        SourceRootRequest,
        SourceRootsRequest,
        SourceRootsResult,
    )

    from pants_tflite.calls_2_17 import Call, concurrently, goal_rule, implicitly, rule

    add_prefix = Call("add_prefix", Digest, AddPrefix)
    create_digest = Call("create_digest", Digest, CreateDigest)
    create_venv_pex = Call("create_venv_pex", VenvPex, VenvPexRequest, ...)
    determine_explicitly_provided_dependencies = Call(
        "determine_explicitly_provided_dependencies", ExplicitlyProvidedDependencies, ...
    )
    digest_subset_to_digest = Call("digest_subset_to_digest", Digest, DigestSubset)
    digest_to_snapshot = Call("digest_to_snapshot", Snapshot, Digest)
    environment_vars_subset = Call(
        "environment_vars_subset", EnvironmentVars, EnvironmentVarsRequest, ...
    )
    execute_process = Call("execute_process", FallibleProcessResult, Process, ...)
    execute_process_or_raise = Call("execute_process_or_raise", ProcessResult, ...)
    find_binary = Call("find_binary", BinaryPaths, BinaryPathRequest, ...)
    find_interpreter = Call("find_interpreter", PythonExecutable, InterpreterConstraints, ...)
    find_valid_field_sets = Call(
        "find_valid_field_sets", FieldSetsPerTarget, FieldSetsPerTargetRequest, ...
    )
    get_digest_contents = Call("get_digest_contents", DigestContents, Digest)
    get_digest_entries = Call("get_digest_entries", DigestEntries, Digest)
    get_source_root = Call("get_source_root", SourceRoot, SourceRootRequest)
    get_source_roots = Call("get_source_roots", SourceRootsResult, SourceRootsRequest)
    hydrate_sources = Call("hydrate_sources", HydratedSources, HydrateSourcesRequest, ...)
    load_lockfile = Call("load_lockfile", LoadedLockfile, LoadedLockfileRequest, ...)
    map_module_to_address = Call(
        "map_module_to_address", PythonModuleOwners, PythonModuleOwnersRequest, ...
    )
    maybe_extract_archive = Call(
        "maybe_extract_archive", ExtractedArchive, MaybeExtractArchiveRequest, ...
    )
    merge_digests = Call("merge_digests", Digest, MergeDigests)
    path_globs_to_paths = Call("path_globs_to_paths", Paths, PathGlobs)
    prepare_python_sources = Call(
        "prepare_python_sources", PythonSourceFiles, PythonSourceFilesRequest, ...
    )
    remove_prefix = Call("remove_prefix", Digest, RemovePrefix)
    resolve_address = Call("resolve_address", Address, ...)
    resolve_dependencies = Call("resolve_dependencies", Addresses, DependenciesRequest, ...)
    resolve_environment_name = Call(
        "resolve_environment_name", EnvironmentName, EnvironmentNameRequest, ...
    )
    resolve_target = Call("resolve_target", WrappedTarget, WrappedTargetRequest, ...)
    resolve_unparsed_address_inputs = Call(
        "resolve_unparsed_address_inputs", Addresses, UnparsedAddressInputs, ...
    )
    run_interactive_process = Call(
        "run_interactive_process",
        InteractiveProcessResult,
        InteractiveProcess,
        is_effect=True,
    )
    transitive_targets = Call(
        "transitive_targets", TransitiveTargets, TransitiveTargetsRequest, ...
    )
else:
    from pants.backend.python.dependency_inference.module_mapper import (  # noqa: F401
        map_module_to_address,
    )
    from pants.backend.python.util_rules.pex import (  # noqa: F401
        create_venv_pex,
        find_interpreter,
    )
    from pants.backend.python.util_rules.pex_requirements import load_lockfile  # noqa: F401
    from pants.backend.python.util_rules.python_sources import prepare_python_sources  # noqa: F401
    from pants.core.environments.rules import resolve_environment_name  # noqa: F401
    from pants.core.util_rules.archive import maybe_extract_archive  # noqa: F401
    from pants.core.util_rules.env_vars import (  # noqa: F401
        environment_vars_subset,
    )
    from pants.core.util_rules.system_binaries import find_binary  # noqa: F401
    from pants.engine.internals.build_files import resolve_address  # noqa: F401
    from pants.engine.internals.graph import (  # noqa: F401
        determine_explicitly_provided_dependencies,
        find_valid_field_sets,
        hydrate_sources,
        resolve_dependencies,
        resolve_target,
        resolve_unparsed_address_inputs,
        transitive_targets,
    )
    from pants.engine.intrinsics import (  # noqa: F401
        add_prefix,
        create_digest,
        digest_subset_to_digest,
        digest_to_snapshot,
        execute_process,
        get_digest_contents,
        get_digest_entries,
        merge_digests,
        path_globs_to_paths,
        remove_prefix,
        run_interactive_process,
    )
    from pants.engine.process import execute_process_or_raise  # noqa: F401
    from pants.engine.rules import concurrently, goal_rule, implicitly, rule  # noqa: F401
    from pants.source.source_root import get_source_root, get_source_roots  # noqa: F401


# Of a process whose result is of use to this machine only: 2.17 hands it to a remote cache all the same.
CACHED_HERE = getattr(ProcessCacheScope, "LOCAL_SUCCESSFUL", ProcessCacheScope.SUCCESSFUL)


def test_result(**fields: Any) -> TestResult:
    """A TestResult of `fields` as 2.17 has them: a newer one has bytes, and a tuple of processes.

    `stdout` and `stderr` are bytes, and need not be UTF-8.
    """
    known = {field.name for field in dataclasses.fields(TestResult)}
    for name in ("stdout", "stderr"):
        output = fields.pop(name)
        fields.update(
            {f"{name}_bytes": output}
            if f"{name}_bytes" in known
            else {name: output.decode(errors="replace")}
        )
    if "process_results" in known:
        fields["process_results"] = ()
    return TestResult(**fields)


# Nothing for pytest to collect where a test imports it.
setattr(test_result, "__test__", False)
