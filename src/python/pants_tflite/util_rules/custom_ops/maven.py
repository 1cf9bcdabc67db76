# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Archives out of Maven repositories, fetched by the user's own Maven and pinned by their hash."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from pants.core.util_rules.system_binaries import BinaryPathRequest
from pants.engine.addresses import Address
from pants.engine.env_vars import EnvironmentVarsRequest
from pants.engine.fs import Digest
from pants.util.logging import LogLevel

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    environment_vars_subset,
    find_binary,
    implicitly,
    rule,
)
from pants_tflite.custom_op_target_types import RuntimeMavenField
from pants_tflite.errors import Mistake
from pants_tflite.subsystems.maven import Maven
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program

_DEFAULT_PACKAGING = "aar"
_PART = re.compile(r"[A-Za-z0-9_.+-]+")


@dataclass(frozen=True)
class FetchArtifactRequest:
    """Asks for an archive by its coordinates, for the target at `address`."""

    address: Address
    coordinates: str
    sha256: str

    def debug_hint(self) -> str:
        return self.coordinates


@dataclass(frozen=True)
class FetchedArtifact:
    """`digest` holds `archive.<packaging>` alone."""

    digest: Digest


@dataclass(frozen=True)
class MavenBinaryRequest:
    """Asks for `mvn`, which the target at `address` needs."""

    address: Address


@dataclass(frozen=True)
class MavenBinary:
    path: str
    # Where it looks up `java` and the system's commands.
    search_path: tuple[str, ...]


def full_coordinates(value: str, address: Address) -> str:
    """`group:artifact:version:packaging`; raises where `value` is nothing of the kind."""
    parts = value.split(":")
    if len(parts) == 3:
        parts.append(_DEFAULT_PACKAGING)
    if len(parts) != 4 or not all(_PART.fullmatch(part) for part in parts):
        raise Mistake(
            message="these are no Maven coordinates",
            fix=(
                "Write `group:artifact:version`, such as `org.tensorflow:tensorflow-lite:2.16.1`, "
                "or `group:artifact:version:packaging`."
            ),
            field=RuntimeMavenField.alias,
            value=value,
        ).at(address)
    return ":".join(parts)


@rule(desc="Find Maven", level=LogLevel.DEBUG)
async def find_maven(
    request: MavenBinaryRequest, environment_aware: Maven.EnvironmentAware
) -> MavenBinary:
    search_path = environment_aware.executable_search_path
    paths = await find_binary(
        BinaryPathRequest(binary_name="mvn", search_path=search_path), **implicitly()
    )
    first = paths.first_path
    if first is None:
        raise Mistake(
            message=f"there is no `mvn` in {os.pathsep.join(search_path)}",
            fix=(
                "Install Maven, set `[maven].executable_search_paths`, or name the archive in "
                "`source`."
            ),
            field=RuntimeMavenField.alias,
        ).at(request.address)
    return MavenBinary(first.path, search_path)


@rule
async def fetch_artifact(
    request: FetchArtifactRequest, environment_aware: Maven.EnvironmentAware
) -> FetchedArtifact:
    coordinates = full_coordinates(request.coordinates, request.address)
    maven, variables, environment = await concurrently(
        find_maven(MavenBinaryRequest(request.address), **implicitly()),
        environment_vars_subset(
            EnvironmentVarsRequest(environment_aware.extra_env_vars), **implicitly()
        ),
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
    )
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            "fetch_artifact",
            environment,
            {
                "coordinates": coordinates,
                "environment": {"PATH": os.pathsep.join(maven.search_path), **variables},
                "mvn": maven.path,
                "sha256": request.sha256,
            },
            description=f"Fetch {coordinates} with Maven",
        )
    )
    return FetchedArtifact(result.digest)


def rules():
    return collect_rules()
