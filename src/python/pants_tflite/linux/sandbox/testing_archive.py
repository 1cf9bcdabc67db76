# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""An unpacked archive, as tests have it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Mapping, Sequence, Tuple

import numpy as np

from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.tflite.inspect_model import describe_model
from pants_tflite.sandbox.tflite.manifest_protocol import (
    BundledFile,
    BundledGolden,
    BundledKernel,
    BundledLabels,
    BundledModel,
    KernelBuild,
    Manifest,
)
from pants_tflite.sandbox.tflite.model_reader import parse_model

Golden = Tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _describe(name: str, data: bytes, labels: BundledLabels | None) -> BundledModel:
    facts = describe_model(parse_model(data), _sha256(data))
    return BundledModel(
        name=name,
        address=f"m:{name}",
        file=f"models/{name}.tflite",
        bytes=len(data),
        sha256=facts.sha256,
        inputs=facts.inputs,
        outputs=facts.outputs,
        signatures=facts.signatures,
        ops=facts.ops,
        custom_ops=facts.custom_ops,
        quantization=None,
        labels=labels,
        arena=None,
        golden=None,
        tools={},
    )


def write_archive(
    folder: Path,
    models: Mapping[str, bytes],
    *,
    labels: Sequence[str] = (),
    kernels: Sequence[BundledKernel] = (),
    golden: Mapping[str, Golden] | None = None,
) -> None:
    """Lays out models, by name, and their manifest as an archive has them.

    `labels` are those of all models; the libraries of `kernels` are in the folder already. `golden` are
    the arrays of both golden files, by the models' names.
    """
    (folder / "models").mkdir(exist_ok=True)
    files, entries = [], []
    for name, data in models.items():
        entry = None
        content = {f"models/{name}.tflite": data}
        if labels:
            text = "".join(f"{label}\n" for label in labels).encode()
            file = f"models/{name}.labels.txt"
            content[file] = text
            entry = BundledLabels(file, len(labels), _sha256(text))
        described = _describe(name, data, entry)
        if golden is not None:
            paths = BundledGolden(*(f"models/{name}.golden_{it}.npz" for it in ("input", "output")))
            described = replace(described, golden_files=paths)
            for path, arrays in zip((paths.inputs, paths.outputs), golden[name]):
                write_npz(folder / path, arrays)
                content[path] = (folder / path).read_bytes()
        entries.append(described)
        for path, written in content.items():
            (folder / path).write_bytes(written)
            files.append(BundledFile(path, len(written), _sha256(written)))
    for kernel in kernels:
        for build in kernel.builds:
            written = (folder / build.file).read_bytes()
            files.append(BundledFile(build.file, len(written), _sha256(written)))
    manifest = Manifest(
        kind="tflite_linux_archive",
        name="demo",
        version="1.0.0",
        platforms=("linux_x86_64",),
        models=tuple(entries),
        ops=(),
        custom_ops=tuple(kernels),
        files=tuple(files),
        tools={},
    )
    (folder / Manifest.FILE).write_bytes(manifest.render())


def library_kernel(op: str, library: str, registration: str) -> BundledKernel:
    """The entry of a kernel whose library is in the folder."""
    return BundledKernel(op, f"ops:{op}", registration, (KernelBuild(library, "linux_x86_64"),))
