# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a converting program leaves behind: the model, and how it was made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Mapping

from pants_tflite.sandbox.harness import OUTPUT_DIR, write_json
from pants_tflite.sandbox.samples.npz_files import Dataset, fingerprint

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Conversion:
    """How a model was converted; `calibration` is what `describe_calibration` says of it."""

    engine: str
    mode: str | None
    input_type: str | None
    output_type: str | None
    signatures: tuple[str, ...]
    calibration: dict[str, Any] | None
    recipe: list[dict[str, Any]] | None = None


def describe_calibration(dataset: Dataset | None) -> dict[str, Any] | None:
    """The count and the fingerprint of the samples, if any."""
    if dataset is None:
        return None
    return {"count": len(dataset), "fingerprint": fingerprint(dataset.to_arrays())}


def write_conversion(model: bytes, conversion: Conversion, tools: Mapping[str, str]) -> None:
    """Writes `model.tflite` and `conversion.json`, which tells the `tools` and versions."""
    (OUTPUT_DIR / "model.tflite").write_bytes(model)
    write_json(
        OUTPUT_DIR / "conversion.json",
        {
            **asdict(conversion),
            "format_version": FORMAT_VERSION,
            "tools": dict(tools),
        },
    )
