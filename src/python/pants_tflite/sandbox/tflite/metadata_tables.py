# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""TFLite Metadata as a flatbuffer: the tables of its schema, as far as this backend fills them.

The schema is metadata_schema.fbs of the TFLite Support library, whose file identifier is M001. Its
tables only grow at their ends, so the place of a field never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence, Union

import flatbuffers
import numpy as np

IDENTIFIER = b"M001"
# What a reader must know to understand all fields here: those that the schema began with.
MIN_PARSER_VERSION = "1.0.0"

# Members of the schema's enumerations and unions.
TENSOR_AXIS_LABELS = 2
RGB, GRAYSCALE = 1, 2
_FEATURE_PROPERTIES, _IMAGE_PROPERTIES = 1, 2
_NORMALIZATION_OPTIONS = 1


@dataclass(frozen=True)
class Scalar:
    """A number, with the name that the flatbuffers library has for its type."""

    kind: str
    value: int


@dataclass(frozen=True)
class Table:
    """Fields by their places in the schema; what is None is left out."""

    fields: Mapping[int, Value]


Value = Union[str, Scalar, Table, Sequence[float], Sequence[Table], None]


def associated_file(name: str, description: str, kind: int) -> Table:
    return Table({0: name, 1: description, 2: Scalar("Int8", kind)})


def image_content(color_space: int, size: tuple[int, int] | None) -> Table:
    """What an image is; `size` is its width and height, if the model fixes them."""
    image_size = size and Table(
        {index: Scalar("Uint32", length) for index, length in enumerate(size)}
    )
    properties = Table({0: Scalar("Int8", color_space), 1: image_size})
    return Table({0: Scalar("Uint8", _IMAGE_PROPERTIES), 1: properties})


def feature_content() -> Table:
    """What everything else is."""
    return Table({0: Scalar("Uint8", _FEATURE_PROPERTIES), 1: Table({})})


def normalization(mean: Sequence[float], std: Sequence[float]) -> Table:
    """The process unit (x - mean) / std."""
    return Table({0: Scalar("Uint8", _NORMALIZATION_OPTIONS), 1: Table({0: mean, 1: std})})


def stats(low: Sequence[float], high: Sequence[float]) -> Table:
    return Table({0: high, 1: low})


def tensor(
    name: str,
    content: Table,
    *,
    process_units: Sequence[Table] = (),
    statistics: Table | None = None,
    files: Sequence[Table] = (),
) -> Table:
    return Table({0: name, 3: content, 4: process_units, 5: statistics, 6: files})


def model(
    *,
    name: str | None,
    description: str | None,
    version: str | None,
    author: str | None,
    license: str | None,
    inputs: Sequence[Table],
    outputs: Sequence[Table],
) -> Table:
    """The root, for a model of which the main graph is described."""
    return Table(
        {
            0: name,
            1: description,
            2: version,
            3: (Table({2: inputs, 3: outputs}),),
            4: author,
            5: license,
            7: MIN_PARSER_VERSION,
        }
    )


def render(root: Table) -> bytes:
    """The flatbuffer; equal tables are equal bytes."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(_write(builder, root), file_identifier=IDENTIFIER)
    return bytes(builder.Output())


def _write(builder: flatbuffers.Builder, table: Table) -> int:
    """Writes a table, after all that it points to, and returns where it is."""
    fields = {place: value for place, value in sorted(table.fields.items()) if _is_said(value)}
    offsets = {
        place: _write_value(builder, value)
        for place, value in fields.items()
        if not isinstance(value, Scalar)
    }
    builder.StartObject(max(fields, default=-1) + 1)
    for place, value in fields.items():
        if isinstance(value, Scalar):
            getattr(builder, f"Prepend{value.kind}Slot")(place, value.value, 0)
        else:
            builder.PrependUOffsetTRelativeSlot(place, offsets[place], 0)
    return int(builder.EndObject())


def _is_said(value: Value) -> bool:
    return isinstance(value, (Scalar, Table)) or bool(value)


def _write_value(builder: flatbuffers.Builder, value: Value) -> int:
    if isinstance(value, str):
        return int(builder.CreateString(value))
    if isinstance(value, Table):
        return _write(builder, value)
    assert value is not None and not isinstance(value, Scalar)
    tables = [item for item in value if isinstance(item, Table)]
    if not tables:
        return int(builder.CreateNumpyVector(np.array(value, np.float32)))
    offsets = [_write(builder, item) for item in tables]
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())
