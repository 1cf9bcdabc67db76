# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Any

from pants_tflite.reporting.ops import join_ops
from pants_tflite.reporting.scores import default_metric
from pants_tflite.sandbox.evaluation.find_layer_errors_protocol import LayerError, LayerErrorReport
from pants_tflite.sandbox.samples.sample_dataset_protocol import ArrayInfo
from pants_tflite.sandbox.tflite.weigh_model_protocol import StoredTensor, WeighedOp, WeightReport


def weighed(index: int, *, subgraph: int = 0, tensor: str = "t") -> WeighedOp:
    return WeighedOp(
        subgraph=subgraph,
        index=index,
        op="CONV_2D",
        tensor=f"{tensor}{index}",
        layer="net",
        stored=(StoredTensor("w", (2,), "int8", 2),),
        folded=False,
    )


def error(index: int, **fields: Any) -> LayerError:
    values: dict[str, Any] = {
        "index": index,
        "op": "CONV_2D",
        "tensor": f"t{index}",
        "layer": "net",
        "float_tensor": "",
        "signature": "serving_default",
        "accumulated": 0.5,
        "isolated": None,
        "matched_by": "name",
        "stands_out": False,
    }
    return LayerError(**{**values, **fields})


def report(*layers: LayerError) -> LayerErrorReport:
    return LayerErrorReport(
        layers=layers, unmatched=(), not_walked={}, samples=1, source="seeded", tools={}
    )


def test_errors_are_with_the_ops_that_make_the_tensors() -> None:
    weights = WeightReport((weighed(0), weighed(1), weighed(1, subgraph=1)), bytes=100, other=94)
    errors = report(error(1, isolated=0.25, stands_out=True), error(0, tensor="other"))
    ops = join_ops(weights, errors)
    assert [(op.accumulated, op.isolated, op.stands_out) for op in ops] == [
        (None, None, False),
        (0.5, 0.25, True),
        (None, None, False),
    ]
    assert [op.bytes for op in ops] == [2, 2, 2]
    assert [op.accumulated for op in join_ops(weights, None)] == [None] * 3


def test_real_labels_are_scored_by_their_error() -> None:
    assert default_metric(ArrayInfo("label", (), "int32")) == "accuracy"
    assert default_metric(ArrayInfo("label", (1,), "float32")) == "mae"
