# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Archives from Maven repositories, fetched by jgo or the user's Maven, pinned by their hash."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Mapping, Union

from pants.backend.python.util_rules.pex_environment import PexEnvironment
from pants.core.util_rules.system_binaries import BinaryPathRequest
from pants.engine.addresses import Address
from pants.engine.env_vars import EnvironmentVarsRequest
from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest
from pants.option.global_options import GlobalOptions, ca_certs_path_to_file_content
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    environment_vars_subset,
    find_binary,
    implicitly,
    rule,
)
from pants_tflite.custom_ops.target_types import RuntimeMavenField
from pants_tflite.errors import Mistake
from pants_tflite.sandbox.fetching.fetch_artifact_protocol import (
    FetchRequest,
    JgoClient,
    MvnClient,
)
from pants_tflite.subsystems.maven import NETWORK_VARIABLES, Maven
from pants_tflite.util_rules.python_environments import JgoEnvironmentRequest, find_jgo_environment
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program

_DEFAULT_PACKAGING = "aar"
_PART = re.compile(r"[A-Za-z0-9_.+-]+")
# The one variable that jgo reads certificates from, and those that mean the same to other programs;
# the first that is set counts.
_CERTIFICATES = "REQUESTS_CA_BUNDLE"
_CERTIFICATE_VARIABLES = (_CERTIFICATES, "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


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
    """`digest` holds only `archive.<packaging>`."""

    digest: Digest


@dataclass(frozen=True)
class MavenBinaryRequest:
    """Asks for `mvn`, which the target at `address` needs."""

    address: Address


@dataclass(frozen=True)
class MavenBinary:
    path: str
    # Where `mvn` looks for `java` and the system's commands.
    search_path: tuple[str, ...]


@dataclass(frozen=True)
class JgoClientRequest:
    """Asks for jgo, which comes with the backend."""


@dataclass(frozen=True)
class MvnClientRequest:
    """Asks for the user's own Maven, which the target at `address` needs."""

    address: Address


@dataclass(frozen=True)
class MavenClient:
    """What fetches archives: its part of the program's request, and what its process needs."""

    name: str
    settings: Union[JgoClient, MvnClient]
    variables: FrozenDict[str, str]
    digest: Digest


def full_coordinates(value: str, address: Address) -> str:
    """`group:artifact:version:packaging`; raises if `value` is not of this form."""
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


def network_variables(
    variables: Mapping[str, str], everywhere: Mapping[str, str], certificates: str | None
) -> dict[str, str]:
    """What jgo sees of `variables`, and of those that every process sees.

    `certificates`, a file, come before those that a variable names. Only one variable for
    certificates remains, so that the others do not enter the cache key.
    """
    found = {name: value for name, value in everywhere.items() if name in NETWORK_VARIABLES}
    found.update(variables)
    named = [found.pop(name, "") for name in _CERTIFICATE_VARIABLES]
    first = next(filter(None, [certificates, *named]), None)
    return {**found, _CERTIFICATES: first} if first else found


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
                "Install Maven, set `[maven].executable_search_paths`, or leave `[maven].use_mvn` "
                "out: jgo fetches the archive without Maven."
            ),
            field=RuntimeMavenField.alias,
        ).at(request.address)
    return MavenBinary(first.path, search_path)


@rule
async def set_up_jgo(
    _: JgoClientRequest,
    maven: Maven,
    environment_aware: Maven.EnvironmentAware,
    pex_environment: PexEnvironment,
    global_options: GlobalOptions,
) -> MavenClient:
    path = global_options.ca_certs_path
    certificates = [ca_certs_path_to_file_content(path)] if path else []
    digest, variables = await concurrently(
        create_digest(CreateDigest(certificates)),
        environment_vars_subset(
            EnvironmentVarsRequest(environment_aware.network_env_vars), **implicitly()
        ),
    )
    return MavenClient(
        name="jgo",
        settings=JgoClient(tuple(maven.repositories)),
        variables=FrozenDict(
            network_variables(
                variables,
                pex_environment.subprocess_environment_dict,
                certificates[0].path if certificates else None,
            )
        ),
        digest=digest,
    )


@rule
async def set_up_mvn(
    request: MvnClientRequest, environment_aware: Maven.EnvironmentAware
) -> MavenClient:
    maven, variables = await concurrently(
        find_maven(MavenBinaryRequest(request.address), **implicitly()),
        environment_vars_subset(
            EnvironmentVarsRequest(environment_aware.extra_env_vars), **implicitly()
        ),
    )
    return MavenClient(
        name="Maven",
        settings=MvnClient(maven.path),
        variables=FrozenDict({"PATH": os.pathsep.join(maven.search_path), **variables}),
        digest=EMPTY_DIGEST,
    )


@rule
async def fetch_artifact(request: FetchArtifactRequest, maven: Maven) -> FetchedArtifact:
    coordinates = full_coordinates(request.coordinates, request.address)
    if maven.use_mvn:
        client = await set_up_mvn(MvnClientRequest(request.address), **implicitly())
    else:
        client = await set_up_jgo(JgoClientRequest(), **implicitly())
    # Maven uses this environment too, though it needs only Python.
    environment = await find_jgo_environment(JgoEnvironmentRequest(), **implicitly())
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            FetchRequest(
                client=client.settings,
                environment=client.variables,
                coordinates=coordinates,
                sha256=request.sha256,
            ),
            environment,
            input_digest=client.digest,
            description=f"Fetch {coordinates} with {client.name}",
        )
    )
    return FetchedArtifact(result.digest)


def rules():
    return collect_rules()
