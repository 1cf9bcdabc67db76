# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import importlib
import importlib.resources
import inspect
import pkgutil
from typing import Iterator, Type
from urllib.parse import urlparse

import pytest
from pants.backend.python.util_rules import pex_requirements
from pants.backend.python.util_rules.lockfile_metadata import PythonLockfileMetadata
from pants.backend.python.util_rules.pex_requirements import LoadedLockfile, LoadedLockfileRequest
from pants.core.util_rules.lockfile_metadata import BEGIN_LOCKFILE_HEADER, END_LOCKFILE_HEADER
from pants.engine.rules import QueryRule
from pants.testutil.option_util import create_subsystem
from pants.testutil.rule_runner import RuleRunner

import pants_tflite
from pants_tflite.subsystems.locked_environment import DEFAULT_LOCKFILE, LockedEnvironment

UNIVERSE = [f"3.{minor}" for minor in range(9, 15)]


def _find_environments() -> Iterator[Type[LockedEnvironment]]:
    """Every environment of the backend, from the `subsystems` packages."""
    for module_info in pkgutil.walk_packages(pants_tflite.__path__, "pants_tflite."):
        if ".subsystems." in module_info.name and not module_info.name.endswith("_test"):
            module = importlib.import_module(module_info.name)
            for _, member in inspect.getmembers(module, inspect.isclass):
                is_environment = issubclass(member, LockedEnvironment)
                if is_environment and member.__module__ == module_info.name:
                    if member is not LockedEnvironment:
                        yield member


ENVIRONMENTS = sorted(_find_environments(), key=lambda environment: environment.options_scope)


def _new(environment: Type[LockedEnvironment], *constraints: str) -> LockedEnvironment:
    return create_subsystem(
        environment,
        lockfile=DEFAULT_LOCKFILE,
        interpreter_constraints=list(constraints),
    )


def _read_metadata(environment: Type[LockedEnvironment]) -> PythonLockfileMetadata:
    """The metadata as Pants parses it."""
    url = urlparse(_new(environment).to_lockfile().url)
    path = importlib.resources.files(url.netloc) / f"{url.path[1:]}.metadata"
    lines = [BEGIN_LOCKFILE_HEADER, *path.read_text().splitlines(), END_LOCKFILE_HEADER]
    header = "\n".join(f"# {line}" for line in lines)
    return PythonLockfileMetadata.from_lockfile(header.encode(), delimeter="#")


def test_the_environments_are_found() -> None:
    scopes = [environment.options_scope for environment in ENVIRONMENTS]
    assert scopes == [
        *("jgo", "litert", "netron", "report", "scoring", "tf-keras", "tflm", "vela", "zig")
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda it: it.options_scope)
def test_pants_loads_the_default_lock(environment: Type[LockedEnvironment]) -> None:
    rule_runner = RuleRunner(
        rules=[*pex_requirements.rules(), QueryRule(LoadedLockfile, [LoadedLockfileRequest])]
    )
    lockfile = _new(environment).to_lockfile()
    assert lockfile.url.startswith("resource://")
    loaded = rule_runner.request(LoadedLockfile, [LoadedLockfileRequest(lockfile)])
    assert loaded.lockfile_path == f"{environment.options_scope}.lock"
    assert loaded.requirement_estimate > 1


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda it: it.options_scope)
@pytest.mark.parametrize(
    ("constraint", "is_valid"),
    [("CPython==3.10.*", False), ("CPython==3.11.*", True), ("CPython==3.12.*", True)],
)
def test_metadata_allows_for_other_interpreters(
    environment: Type[LockedEnvironment], constraint: str, is_valid: bool
) -> None:
    changed = _new(environment, constraint).to_interpreter_constraints()
    valid_for = _read_metadata(environment).valid_for_interpreter_constraints
    assert valid_for.contains(changed, UNIVERSE) == is_valid
