# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the kinds of bundles say about themselves, as a `manifest.json`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.models import BundleModel
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.sandbox.tflite.manifest_protocol import (
    BundledFile,
    BundledGolden,
    BundledKernel,
    BundledLabels,
    BundledModel,
    KernelBuild,
    Manifest,
    MicroRuntime,
    SharedArena,
)

MANIFEST_FILE = Manifest.FILE


@dataclass(frozen=True)
class ModelEntry:
    """A model and where it is in a bundle.

    `file` and `labels_file` are paths within the bundle; the latter is None if there are no
    labels. `arena`, `golden` and `instructions` are what a microcontroller's runtime measured, if one
    did, `npu` is what the compiler for an NPU reports, `compression` what compressing the weights won
    and lost, and `golden_files` are in the bundle if it has golden vectors.
    """

    model: BundleModel
    file: str
    labels_file: Optional[str] = None
    arena: Optional[FrozenDict[str, Any]] = None
    golden: Optional[FrozenDict[str, Any]] = None
    instructions: Optional[FrozenDict[str, Any]] = None
    npu: Optional[FrozenDict[str, Any]] = None
    golden_files: Optional[BundledGolden] = None
    compression: Optional[FrozenDict[str, Any]] = None

    def to_bundled(self) -> BundledModel:
        facts = self.model.facts
        return BundledModel(
            name=self.model.name,
            address=str(self.model.address),
            file=self.file,
            bytes=facts.sizes.file,
            sha256=facts.sha256,
            inputs=facts.inputs,
            outputs=facts.outputs,
            signatures=facts.signatures,
            ops=facts.ops,
            custom_ops=facts.custom_ops,
            quantization=facts.quantization,
            labels=self._labels(),
            arena=self.arena,
            golden=self.golden,
            tools=facts.tools,
            micro_only=facts.verification.micro_only,
            select_tf_ops=facts.select_tf_ops,
            cut=facts.cut,
            instructions=self.instructions,
            npu=self.npu,
            golden_files=self.golden_files,
            compression=self.compression,
            nondeterministic=self.model.nondeterministic,
        )

    def _labels(self) -> Optional[BundledLabels]:
        labels = self.model.labels
        if not labels:
            return None
        assert self.labels_file is not None, f"{self.file} has labels, but no file for them"
        return BundledLabels(self.labels_file, len(labels), self.model.labels_sha256)


@dataclass(frozen=True)
class KernelEntry:
    """A custom op that the bundle has a kernel for. The function `registration` returns it."""

    op: CustomOp
    registration: str
    builds: tuple[KernelBuild, ...]

    def to_bundled(self) -> BundledKernel:
        return BundledKernel(
            name=self.op.name,
            address=str(self.op.address),
            registration=self.registration,
            builds=self.builds,
        )


@dataclass(frozen=True)
class BundleManifest:
    """What becomes a bundle's `Manifest`. Its parts are hashable, so that it can be part of a
    request; that class says what they mean."""

    kind: str
    name: str
    version: str
    models: tuple[ModelEntry, ...]
    platforms: tuple[str, ...]
    files: tuple[BundledFile, ...] = ()
    custom_ops: tuple[KernelEntry, ...] = ()
    tools: FrozenDict[str, str] = FrozenDict()
    runtime: Optional[MicroRuntime] = None
    shared_arena: Optional[SharedArena] = None
    memory: Optional[FrozenDict[str, Any]] = None

    def to_manifest(self) -> Manifest:
        ops = {op.name for entry in self.models for op in entry.model.facts.ops}
        return Manifest(
            kind=self.kind,
            name=self.name,
            version=self.version,
            platforms=self.platforms,
            models=tuple(entry.to_bundled() for entry in self.models),
            ops=tuple(sorted(ops)),
            custom_ops=tuple(entry.to_bundled() for entry in self.custom_ops),
            files=tuple(sorted(self.files, key=lambda file: file.path)),
            tools=self.tools,
            runtime=self.runtime,
            shared_arena=self.shared_arena,
            memory=self.memory,
        )

    def render(self) -> bytes:
        return self.to_manifest().render()
