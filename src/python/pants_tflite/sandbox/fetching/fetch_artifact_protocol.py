# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `fetch_artifact` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Union

from pants_tflite.sandbox.protocol import Message


@dataclass(frozen=True)
class JgoClient:
    """`repositories` are URLs; without any, jgo uses its default one."""

    repositories: tuple[str, ...]


@dataclass(frozen=True)
class MvnClient:
    """`mvn` is the path of the user's own Maven."""

    mvn: str


@dataclass(frozen=True)
class FetchRequest(Message):
    """`environment` is what the client sees; `coordinates` are
    `group:artifact:version:packaging`."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.fetching.fetch_artifact"

    client: Union[JgoClient, MvnClient]
    environment: Mapping[str, str]
    coordinates: str
    sha256: str

    def output_files(self) -> tuple[str, ...]:
        return (f"archive.{self.coordinates.rpartition(':')[2]}",)
