# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Ops lead to layers and to the lines of the user's code."""

from __future__ import annotations

import pytest

from pants_tflite.lint.origins import Origins
from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLine, CodeLinesReport
from pants_tflite.sandbox.saved_models.list_graph_ops_protocol import GraphOpCount
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse

ORIGINS = Origins(
    (
        GraphOpCount("NonMaxSuppressionV4", 1, ("net_1/boxes_1",)),
        GraphOpCount("StatelessWhile", 1, ("",)),
    ),
    CodeLinesReport(
        {
            "net_1/boxes_1/NonMaxSuppressionV4": CodeLine("boxes", "m/train.py:3"),
            "net_1/resizing_1/resize/ResizeBilinear": CodeLine("resizing", "m/train.py:7"),
            "StatelessWhile": CodeLine(None, "m/train.py:9"),
            "mul": CodeLine(None, "m/train.py:11"),
        }
    ),
)


def op(name: str, tensor: str) -> OpUse:
    return OpUse(
        subgraph=0,
        op=name,
        version=1,
        custom=False,
        tensor=tensor,
        layer=tensor.split(";")[0].rpartition("/")[0],
        dtypes=("float32",),
        macs=0,
        is_before_weights=True,
    )


@pytest.mark.parametrize(
    ("name", "tensor", "expected"),
    [
        (
            "RESIZE_BILINEAR",
            "net_1/resizing_1/resize/ResizeBilinear",
            "`resizing`, called at m/train.py:7",
        ),
        # Joined ops, a graph that another calls, and a second tensor of a node.
        ("ADD", "net_1/none_1/Add;mul", "m/train.py:11"),
        (
            "ADD",
            "call/net_1/resizing_1/resize/ResizeBilinear",
            "`resizing`, called at m/train.py:7",
        ),
        ("MUL", "mul1", "m/train.py:11"),
        ("MUL", "mul:0", "m/train.py:11"),
        # Outputs have a name of their own.
        ("NON_MAX_SUPPRESSION_V4", "PartitionedCall:0", "`boxes`, called at m/train.py:3"),
        ("WHILE", "PartitionedCall:1", "m/train.py:9"),
    ],
)
def test_the_line_of_an_op(name: str, tensor: str, expected: str) -> None:
    assert ORIGINS.code([op(name, tensor)]) == (expected,)


def test_an_op_that_no_line_is_known_of() -> None:
    ops = [op("MUL", "net_1/other_1/mul"), op("ADD", "PartitionedCall:0")]
    assert ORIGINS.code(ops) == ()
    assert Origins().code([op("MUL", "mul")]) == ()


def test_two_ops_of_one_line_have_it_once() -> None:
    assert ORIGINS.code([op("MUL", "mul"), op("MUL", "mul1")]) == ("m/train.py:11",)


def test_the_layer_of_an_op() -> None:
    assert ORIGINS.layers(op("ADD", "net_1/other_1/add")) == ("net_1/other_1",)
    assert ORIGINS.layers(op("NON_MAX_SUPPRESSION_V4", "PartitionedCall:0")) == ("net_1/boxes_1",)
    assert ORIGINS.layers(op("WHILE", "PartitionedCall:0")) == ()


def test_the_line_of_an_op_of_tensorflow() -> None:
    assert ORIGINS.graph_code(ORIGINS.graph_ops) == (
        "`boxes`, called at m/train.py:3",
        "m/train.py:9",
    )
