# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Finds the samples that two datasets have in common, by the bytes of their inputs."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.samples.find_shared_samples_protocol import (
    SharedSamplesReport,
    SharedSamplesRequest,
)
from pants_tflite.sandbox.samples.npz_files import Dataset


def sample_hashes(dataset: Dataset) -> list[bytes]:
    """A hash of each sample's inputs, whatever their names and the labels."""
    arrays = [array for _, array in sorted(dataset.inputs.items())]
    hashes = []
    for index in range(len(arrays[0]) if arrays else 0):
        digest = hashlib.sha256()
        for array in arrays:
            row = array[index]
            digest.update(f"{row.dtype} {row.shape} ".encode() + row.tobytes())
        hashes.append(digest.digest())
    return hashes


def main(request: SharedSamplesRequest) -> None:
    first, second = (
        sample_hashes(Dataset.read(Path(path))) for path in (request.first, request.second)
    )
    known = set(first)
    shared = tuple(index for index, sample in enumerate(second) if sample in known)
    write_report(SharedSamplesReport(shared, len(second)))


if __name__ == "__main__":
    run(main, SharedSamplesRequest)
