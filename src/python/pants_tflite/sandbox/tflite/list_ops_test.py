# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The ops of a model, with their multiply-accumulates."""

from __future__ import annotations

import pytest

from pants_tflite.sandbox.tflite.flatbuffer_model import Op, OpCode, Subgraph, Tensor
from pants_tflite.sandbox.tflite.list_ops import _ops_of, count_macs


def tensor(*shape: int) -> Tensor:
    return Tensor("scope/layer/t", shape, shape, "float32", None, constant=False, buffer=0)


@pytest.mark.parametrize(
    ("name", "shapes", "macs"),
    [
        ("CONV_2D", [(1, 8, 8, 3), (16, 3, 3, 3), (16,), (1, 8, 8, 16)], 8 * 8 * 16 * 27),
        ("DEPTHWISE_CONV_2D", [(1, 8, 8, 4), (1, 3, 3, 4), (4,), (1, 8, 8, 4)], 8 * 8 * 4 * 9),
        ("FULLY_CONNECTED", [(1, 20), (10, 20), (10,), (1, 10)], 200),
        ("TRANSPOSE_CONV", [(4,), (2, 3, 3, 5), (1, 4, 4, 5), (1, 8, 8, 2)], 4 * 4 * 5 * 18),
        ("CONV_3D", [(1, 4, 4, 4, 2), (3, 3, 3, 2, 6), (6,), (1, 4, 4, 4, 6)], 384 * 54),
        ("BATCH_MATMUL", [(2, 5, 7), (2, 7, 3), (2, 5, 3)], 2 * 5 * 7 * 3),
        ("BATCH_MATMUL", [(2, 5, 7), (2, 3, 7), (2, 5, 3)], 2 * 5 * 7 * 3),
        ("ADD", [(1, 20), (1, 20), (1, 20)], 0),
    ],
)
def test_multiply_accumulates(name: str, shapes: list[tuple[int, ...]], macs: int) -> None:
    tensors = tuple(tensor(*shape) for shape in shapes)
    last = len(shapes) - 1
    op = Op(OpCode(name, 1, False), tuple(range(last)), (last,))
    assert count_macs(op, Subgraph("main", tensors, (0,), (last,), (op,))) == macs


def test_what_comes_before_the_first_weights() -> None:
    tensors = tuple(tensor(*shape) for shape in [(1, 4), (1, 4), (2, 4), (1, 2), (1, 2), (1, 4)])
    ops = (
        Op(OpCode("RELU", 1, False), (0,), (1,)),
        Op(OpCode("FULLY_CONNECTED", 1, False), (1, 2), (3,)),
        Op(OpCode("RELU", 1, False), (3,), (4,)),
        Op(OpCode("ABS", 1, False), (1,), (5,)),
    )
    graph = Subgraph("main", tensors, (0,), (4, 5), ops)
    listed = list(_ops_of(0, graph, is_entry=True))
    assert [op.is_before_weights for op in listed] == [True, False, False, True]
    assert listed[0].layer == "scope/layer"
    assert not any(op.is_before_weights for op in _ops_of(1, graph, is_entry=False))
