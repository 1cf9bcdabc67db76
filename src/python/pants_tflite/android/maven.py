# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A Maven repository with one library in it, as files that a Gradle or Maven build can point at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Iterable
from xml.etree import ElementTree

from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, CreateDigest, Digest, FileContent, MergeDigests

from pants_tflite.android.sandbox.checksums_protocol import ChecksumsRequest
from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    create_digest,
    digest_to_snapshot,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program

_POM_NAMESPACE = "http://maven.apache.org/POM/4.0.0"
_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_METADATA_FILE = "maven-metadata.xml"
_DIRECTORY = "__repository__"


@dataclass(frozen=True)
class MavenCoordinates:
    group: str
    artifact: str
    version: str

    def __str__(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def artifact_directory(self) -> str:
        """The folder of all versions in a repository."""
        return os.path.join(*self.group.split("."), self.artifact)

    def file(self, extension: str) -> str:
        """The name of a file of this version."""
        return f"{self.artifact}-{self.version}.{extension}"

    def path(self, extension: str) -> str:
        """The path of that file in a repository."""
        return os.path.join(self.artifact_directory, self.version, self.file(extension))


@dataclass(frozen=True)
class LayOutRepositoryRequest:
    """Asks for a repository with an AAR, the only file of `aar`, which depends on `runtimes`."""

    address: Address
    coordinates: MavenCoordinates
    runtimes: tuple[MavenCoordinates, ...]
    aar: Digest


@dataclass(frozen=True)
class LaidOutRepository:
    """`digest` holds the repository's top."""

    digest: Digest


def _render(root: ElementTree.Element) -> bytes:
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _add(parent: ElementTree.Element, **texts: str) -> None:
    for tag, text in texts.items():
        ElementTree.SubElement(parent, tag).text = text


def render_pom(coordinates: MavenCoordinates, runtimes: Iterable[MavenCoordinates]) -> bytes:
    """The `.pom` of a library that needs `runtimes`, AARs too, to compile and to run."""
    project = ElementTree.Element(
        "project",
        {
            "xmlns": _POM_NAMESPACE,
            "xmlns:xsi": _SCHEMA_INSTANCE,
            "xsi:schemaLocation": f"{_POM_NAMESPACE} https://maven.apache.org/xsd/maven-4.0.0.xsd",
        },
    )
    _add(
        project,
        modelVersion="4.0.0",
        groupId=coordinates.group,
        artifactId=coordinates.artifact,
        version=coordinates.version,
        packaging="aar",
    )
    dependencies = ElementTree.SubElement(project, "dependencies")
    for runtime in runtimes:
        _add(
            ElementTree.SubElement(dependencies, "dependency"),
            groupId=runtime.group,
            artifactId=runtime.artifact,
            version=runtime.version,
            type="aar",
            scope="compile",
        )
    return _render(project)


def render_metadata(coordinates: MavenCoordinates) -> bytes:
    """`maven-metadata.xml` of a repository with one version, without a time stamp."""
    metadata = ElementTree.Element("metadata")
    _add(metadata, groupId=coordinates.group, artifactId=coordinates.artifact)
    versioning = ElementTree.SubElement(metadata, "versioning")
    _add(versioning, latest=coordinates.version, release=coordinates.version)
    _add(ElementTree.SubElement(versioning, "versions"), version=coordinates.version)
    return _render(metadata)


@rule(desc="Lay out a Maven repository")
async def lay_out_repository(request: LayOutRepositoryRequest) -> LaidOutRepository:
    coordinates = request.coordinates
    directory = coordinates.artifact_directory
    texts = (
        FileContent(coordinates.path("pom"), render_pom(coordinates, request.runtimes)),
        FileContent(os.path.join(directory, _METADATA_FILE), render_metadata(coordinates)),
    )
    described, aar, environment = await concurrently(
        create_digest(CreateDigest(texts)),
        add_prefix(AddPrefix(request.aar, os.path.dirname(coordinates.path("aar")))),
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
    )
    repository = await merge_digests(MergeDigests((described, aar)))
    files = (await digest_to_snapshot(repository)).files
    checksums = await run_program(
        RunProgramRequest.create(
            request.address,
            ChecksumsRequest(_DIRECTORY, files),
            environment,
            description=f"Write the checksums of {coordinates}",
            input_digest=await add_prefix(AddPrefix(repository, _DIRECTORY)),
        )
    )
    return LaidOutRepository(await merge_digests(MergeDigests((repository, checksums.digest))))


def rules():
    return collect_rules()
