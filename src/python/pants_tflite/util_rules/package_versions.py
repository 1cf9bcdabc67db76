# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which versions of packages a Python environment has, for manifests."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.fs import Digest, DigestContents
from pants.engine.rules import Get, collect_rules, rule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pants_tflite.util_rules.python_environments import PythonEnvironment
from pants_tflite.util_rules.sandbox_programs import ProgramResult, RunProgramRequest


@dataclass(frozen=True)
class PackageVersionsRequest:
    """Asks for the versions of `packages`, which `environment` must have."""

    address: Address
    environment: PythonEnvironment
    packages: tuple[str, ...]


@dataclass(frozen=True)
class PackageVersions:
    """By the packages' names."""

    versions: FrozenDict[str, str]


@rule(desc="Find versions of packages", level=LogLevel.DEBUG)
async def find_package_versions(request: PackageVersionsRequest) -> PackageVersions:
    result = await Get(
        ProgramResult,
        RunProgramRequest,
        RunProgramRequest.create(
            request.address,
            "package_versions",
            request.environment,
            {"packages": request.packages},
            description=f"Find the versions of {', '.join(request.packages)}",
        ),
    )
    (file,) = await Get(DigestContents, Digest, result.digest)
    return PackageVersions(FrozenDict(json.loads(file.content)))


def rules():
    return collect_rules()
