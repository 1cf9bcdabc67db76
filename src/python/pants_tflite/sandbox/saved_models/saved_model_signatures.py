# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The signatures of a SavedModel, read from its protobuf: loading the model takes seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.constants import DEFAULT_SIGNATURE
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.export_protocol import ExportReport
from pants_tflite.sandbox.saved_models.loading import check_files
from pants_tflite.sandbox.saved_models.saved_model_proto import SAVED_MODEL_FILE


@dataclass(frozen=True)
class Signature:
    """A signature's inputs in the model's own order. An unknown dimension is -1, an unknown rank
    None."""

    shapes: Mapping[str, tuple[int, ...] | None]
    dtypes: Mapping[str, np.dtype]


def read_signatures(path: Path) -> dict[str, Signature]:
    """All signatures of the SavedModel in the directory `path`, by key, sorted.

    The order of their inputs is in the report of the export next to the directory; without one
    they are sorted by name. Raises Mistake where there is no SavedModel, a corrupt one, or one without signatures.
    """
    from tensorflow.core.protobuf import saved_model_pb2

    check_files(path, field="saved_model", title=path.name)
    content = (path / SAVED_MODEL_FILE).read_bytes()
    saved_model = saved_model_pb2.SavedModel.FromString(content)
    orders = _read_orders(path.with_name(ExportReport.FILE))
    signatures = {
        key: _signature(definition, orders.get(key, ()))
        for meta_graph in saved_model.meta_graphs[:1]
        for key, definition in sorted(meta_graph.signature_def.items())
        if not key.startswith("__")
    }
    if not signatures:
        raise Mistake(
            f"the SavedModel `{path.name}` has no signatures",
            field="saved_model",
            value=path.name,
            fix="Save it with `signatures=…`, or a Keras model with `model.export`.",
        )
    return signatures


def choose_signatures(signatures: Mapping[str, Signature], wanted: Sequence[str]) -> list[str]:
    """The keys to convert: those `wanted`, else `serving_default`, else the only one.

    Raises Mistake where a wanted one does not exist, or there are several to choose from.
    """
    unknown = [key for key in wanted if key not in signatures]
    if unknown or not (wanted or DEFAULT_SIGNATURE in signatures or len(signatures) == 1):
        message = (
            f"the SavedModel has no signature `{unknown[0]}`"
            if unknown
            else f"the SavedModel has {len(signatures)} signatures, and none is {DEFAULT_SIGNATURE}"
        )
        raise Mistake(
            message,
            field="signatures",
            value=", ".join(unknown) or None,
            fix=f"Choose from {', '.join(signatures)}.",
        )
    if wanted:
        return sorted(set(wanted))
    return [DEFAULT_SIGNATURE if DEFAULT_SIGNATURE in signatures else next(iter(signatures))]


def _read_orders(path: Path) -> dict[str, tuple[str, ...]]:
    """The names of each signature's inputs in the model's own order, as far as it is known."""
    if not path.is_file():
        return {}
    report = ExportReport.parse(path.read_bytes())
    return {
        key: tuple(info.name for info in signature.inputs)
        for key, signature in report.signatures.items()
    }


def _signature(definition: object, order: Sequence[str]) -> Signature:
    from tensorflow import as_dtype

    by_name = dict(definition.inputs)  # type: ignore[attr-defined]
    names = sorted(by_name)
    inputs = [(name, by_name[name]) for name in (order if sorted(order) == names else names)]
    shapes = {
        name: (
            None
            if info.tensor_shape.unknown_rank
            else tuple(dimension.size for dimension in info.tensor_shape.dim)
        )
        for name, info in inputs
    }
    dtypes = {name: np.dtype(as_dtype(info.dtype).as_numpy_dtype) for name, info in inputs}
    return Signature(shapes, dtypes)
