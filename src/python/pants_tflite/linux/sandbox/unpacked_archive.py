# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A Linux archive that was unpacked: its manifest, and files that are as the manifest says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel
from pants_tflite.sandbox.prediction.tensor_values import BadInput
from pants_tflite.sandbox.protocol import ProtocolError
from pants_tflite.sandbox.tflite.manifest_protocol import BundledModel, Manifest


@dataclass(frozen=True)
class UnpackedArchive:
    """The archive in `folder`. Its methods raise BadInput if a file is not what was packaged."""

    folder: Path
    manifest: Manifest

    @classmethod
    def read(cls, folder: Path) -> UnpackedArchive:
        try:
            return cls(folder, Manifest.parse((folder / Manifest.FILE).read_bytes()))
        except (OSError, ProtocolError) as error:
            raise BadInput(
                f"`{folder / Manifest.FILE}` cannot be read: {error}; unpack the archive again"
            ) from error

    def find_model(self, name: str | None) -> BundledModel:
        """The model called `name`, or the only one."""
        models = {model.name: model for model in self.manifest.models}
        if name is None and len(models) == 1:
            return next(iter(models.values()))
        if name is None or name not in models:
            what = "give --model" if name is None else f"there is no model `{name}`"
            raise BadInput(f"{what}; the models are {', '.join(models)}")
        return models[name]

    def read_intact(self, file: str) -> bytes:
        """The content of a file of the archive, once it is seen to be what the manifest says.

        A damaged model or kernel may kill the process that loads it.
        """
        path = self.folder / file
        (digest,) = (entry.sha256 for entry in self.manifest.files if entry.path == file)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BadInput(
                f"`{path}` cannot be read: {error.strerror}; unpack the archive again"
            ) from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise BadInput(f"`{path}` is not what manifest.json says; unpack the archive again")
        return content

    def labels(self, model: BundledModel) -> list[str]:
        """The names of the elements of a model's output, or none."""
        if model.labels is None:
            return []
        return self.read_intact(model.labels.file).decode().splitlines()

    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels of the archive's custom ops."""
        kernels = []
        for op in self.manifest.custom_ops:
            (build,) = op.builds
            self.read_intact(build.file)
            kernels.append(Kernel(op.name, self.folder / build.file, op.registration))
        return tuple(kernels)
