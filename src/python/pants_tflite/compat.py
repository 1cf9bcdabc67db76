# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The one module that knows Pants versions: 2.17.1 to 2.31.0 from one source tree."""

from __future__ import annotations

import dataclasses
from typing import Any

from pants.core.goals.test import TestResult

try:
    from pants.core.environments.rules import (  # type: ignore[import-not-found]
        EnvironmentNameRequest,
    )
    from pants.core.environments.target_types import (  # type: ignore[import-not-found]
        EnvironmentField,
        EnvironmentTarget,
    )
except ImportError:
    from pants.core.util_rules.environments import (  # type: ignore[no-redef]
        EnvironmentField,
        EnvironmentNameRequest,
        EnvironmentTarget,
    )

try:
    from pants.backend.python.dependency_inference.module_mapper import map_module_to_address
    from pants.backend.python.util_rules.pex import create_venv_pex
    from pants.backend.python.util_rules.pex_cli import setup_pex_cli_process
    from pants.backend.python.util_rules.python_sources import prepare_python_sources
    from pants.core.environments.rules import resolve_environment_name
    from pants.core.util_rules.archive import maybe_extract_archive
    from pants.core.util_rules.env_vars import environment_vars_subset
    from pants.core.util_rules.system_binaries import find_binary
    from pants.engine.internals.build_files import resolve_address
    from pants.engine.internals.graph import (
        determine_explicitly_provided_dependencies,
        find_valid_field_sets,
        hydrate_sources,
        resolve_dependencies,
        resolve_target,
        resolve_unparsed_address_inputs,
        transitive_targets,
    )
    from pants.engine.intrinsics import (
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
    )
    from pants.engine.process import execute_process_or_raise
    from pants.engine.rules import collect_rules, concurrently, implicitly, rule
    from pants.source.source_root import get_source_root, get_source_roots
except ImportError:
    from pants.backend.python.dependency_inference.module_mapper import (
        PythonModuleOwners,
        PythonModuleOwnersRequest,
    )
    from pants.backend.python.util_rules.pex import VenvPex, VenvPexRequest
    from pants.backend.python.util_rules.pex_cli import PexCliProcess
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
    from pants.engine.process import FallibleProcessResult, Process, ProcessResult
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

    from pants_tflite.calls_2_17 import Call, collect_rules, concurrently, implicitly, rule

    add_prefix = Call(Digest, AddPrefix)
    create_digest = Call(Digest, CreateDigest)
    create_venv_pex = Call(VenvPex, VenvPexRequest)
    determine_explicitly_provided_dependencies = Call(ExplicitlyProvidedDependencies)
    digest_subset_to_digest = Call(Digest, DigestSubset)
    digest_to_snapshot = Call(Snapshot, Digest)
    environment_vars_subset = Call(EnvironmentVars, EnvironmentVarsRequest)
    execute_process = Call(FallibleProcessResult, Process)
    execute_process_or_raise = Call(ProcessResult)
    find_binary = Call(BinaryPaths, BinaryPathRequest)
    find_valid_field_sets = Call(FieldSetsPerTarget, FieldSetsPerTargetRequest)
    get_digest_contents = Call(DigestContents, Digest)
    get_digest_entries = Call(DigestEntries, Digest)
    get_source_root = Call(SourceRoot, SourceRootRequest)
    get_source_roots = Call(SourceRootsResult, SourceRootsRequest)
    hydrate_sources = Call(HydratedSources, HydrateSourcesRequest)
    map_module_to_address = Call(PythonModuleOwners, PythonModuleOwnersRequest)
    maybe_extract_archive = Call(ExtractedArchive, MaybeExtractArchiveRequest)
    merge_digests = Call(Digest, MergeDigests)
    path_globs_to_paths = Call(Paths, PathGlobs)
    prepare_python_sources = Call(PythonSourceFiles, PythonSourceFilesRequest)
    remove_prefix = Call(Digest, RemovePrefix)
    resolve_address = Call(Address)
    resolve_dependencies = Call(Addresses, DependenciesRequest)
    resolve_environment_name = Call(EnvironmentName, EnvironmentNameRequest)
    resolve_target = Call(WrappedTarget, WrappedTargetRequest)
    resolve_unparsed_address_inputs = Call(Addresses, UnparsedAddressInputs)
    setup_pex_cli_process = Call(Process, PexCliProcess)
    transitive_targets = Call(TransitiveTargets, TransitiveTargetsRequest)


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
