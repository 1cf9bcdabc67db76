# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import flatbuffers
import pytest
from flatbuffers import encode, number_types

from pants_tflite.sandbox.tflite.metadata_tables import (
    GRAYSCALE,
    IDENTIFIER,
    Scalar,
    Table,
    image_content,
    render,
)


def root_of(content: bytes) -> flatbuffers.table.Table:
    offset = encode.Get(number_types.UOffsetTFlags.packer_type, content, 0)
    return flatbuffers.table.Table(bytearray(content), offset)


def place(table: flatbuffers.table.Table, index: int) -> int:
    """Where a field is in the file, by the flatbuffers library's own reading; 0 if it is absent."""
    offset = table.Offset(4 + 2 * index)
    return int(offset and offset + table.Pos)


def below(table: flatbuffers.table.Table, index: int) -> flatbuffers.table.Table:
    return flatbuffers.table.Table(table.Bytes, table.Indirect(place(table, index)))


def test_an_image() -> None:
    content = root_of(render(image_content(GRAYSCALE, (96, 64))))
    assert content.Get(number_types.Uint8Flags, place(content, 0)) == 2
    properties = below(content, 1)
    assert properties.Get(number_types.Int8Flags, place(properties, 0)) == 2
    size = below(properties, 1)
    sizes = [size.Get(number_types.Uint32Flags, place(size, index)) for index in (0, 1)]
    assert sizes == [96, 64]


def test_vectors() -> None:
    root = root_of(render(Table({1: (0.5, -1.0), 3: (Table({0: "a"}), Table({0: "b"}))})))
    assert root.GetVectorAsNumpy(number_types.Float32Flags, root.Offset(6)).tolist() == [0.5, -1.0]
    start = root.Vector(root.Offset(10))
    tables = [flatbuffers.table.Table(root.Bytes, root.Indirect(start + at)) for at in (0, 4)]
    assert [table.String(place(table, 0)) for table in tables] == [b"a", b"b"]


@pytest.mark.parametrize("nothing", [None, "", ()])
def test_what_says_nothing_is_left_out(nothing: None) -> None:
    assert render(Table({2: nothing, 4: Scalar("Int8", 1)})) == render(
        Table({4: Scalar("Int8", 1)})
    )


def test_the_bytes_are_marked_and_do_not_change() -> None:
    first, second = (render(image_content(GRAYSCALE, None)) for _ in range(2))
    assert first == second
    assert first[4:8] == IDENTIFIER == b"M001"
