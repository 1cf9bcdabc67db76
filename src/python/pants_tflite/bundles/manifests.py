# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`manifest.json`: what is in a bundle and what made it, in one form for all kinds of bundles."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Optional

from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.models import BundleModel
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.sandbox.protocol import to_plain

FORMAT_VERSION = 1
MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True)
class ModelEntry:
    """What a manifest says about one model.

    `file` and `labels_file` are paths within the bundle; the latter is None if there are no
    labels. `arena` and `golden` are what a microcontroller's runtime measured, if one did.
    """

    model: BundleModel
    file: str
    labels_file: Optional[str] = None
    arena: Optional[FrozenDict[str, Any]] = None
    golden: Optional[FrozenDict[str, Any]] = None

    def to_json(self) -> dict[str, Any]:
        facts = self.model.facts
        labels = self.model.labels
        return {
            "name": self.model.name,
            "address": str(self.model.address),
            "file": self.file,
            "bytes": facts.sizes.file,
            "sha256": facts.sha256,
            "inputs": to_plain(facts.inputs),
            "outputs": to_plain(facts.outputs),
            "signatures": to_plain(facts.signatures),
            "ops": to_plain(facts.ops),
            "custom_ops": to_plain(facts.custom_ops),
            "quantization": to_plain(facts.quantization),
            "labels": (
                {"file": self.labels_file, "count": len(labels), "sha256": self.model.labels_sha256}
                if labels
                else None
            ),
            "arena": _plain(self.arena),
            "golden": _plain(self.golden),
            "tools": to_plain(facts.tools),
        }


def _plain(value: Optional[FrozenDict[str, Any]]) -> Optional[dict[str, Any]]:
    return None if value is None else dict(value)


@dataclass(frozen=True)
class FileDescription:
    """A file in the bundle, by its path in there."""

    path: str
    bytes: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        return {"path": self.path, "bytes": self.bytes, "sha256": self.sha256}


@dataclass(frozen=True)
class KernelBuild:
    """A kernel as it is in the bundle: `file` was built for `platform` by `toolchain`, or is one of
    its sources, and then the other two are None."""

    file: str
    platform: Optional[str] = None
    toolchain: Optional[str] = None

    def to_json(self) -> dict[str, Any]:
        return {"file": self.file, "platform": self.platform, "toolchain": self.toolchain}


@dataclass(frozen=True)
class KernelEntry:
    """A custom op that the bundle has a kernel for. The function `registration` returns it."""

    op: CustomOp
    registration: str
    builds: tuple[KernelBuild, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.op.name,
            "address": str(self.op.address),
            "registration": self.registration,
            "builds": [build.to_json() for build in self.builds],
        }


@dataclass(frozen=True)
class BundleManifest:
    """`kind` is the target's alias, `platforms` what the bundle runs on, in the words of its
    fields. `custom_ops` says which platforms each kernel was built for, and how. `tools` are the
    versions, by name, of what made the bundle, in addition to those that made the models."""

    kind: str
    name: str
    version: str
    models: tuple[ModelEntry, ...]
    platforms: tuple[str, ...]
    files: tuple[FileDescription, ...] = ()
    custom_ops: tuple[KernelEntry, ...] = ()
    tools: FrozenDict[str, str] = FrozenDict()

    def render(self) -> bytes:
        """Sorted and indented, so that equal manifests are equal bytes."""
        ops = {op.name for entry in self.models for op in entry.model.facts.ops}
        manifest = {
            "format_version": FORMAT_VERSION,
            "kind": self.kind,
            "name": self.name,
            "version": self.version,
            "platforms": list(self.platforms),
            "models": [entry.to_json() for entry in self.models],
            "ops": sorted(ops),
            "custom_ops": [entry.to_json() for entry in self.custom_ops],
            "files": [entry.to_json() for entry in sorted(self.files, key=lambda e: e.path)],
            "tools": dict(self.tools),
        }
        # The parts are frozen, so that the manifest can be part of a request.
        text = json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=False, default=dict)
        return f"{text}\n".encode()
