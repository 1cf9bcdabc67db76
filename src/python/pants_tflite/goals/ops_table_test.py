# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The tables of ops, and the same as JSON."""

from __future__ import annotations

import json

from pants_tflite.goals.ops_table import TargetOps, render_json, render_tables
from pants_tflite.sandbox.saved_models.list_graph_ops_protocol import GraphOpCount
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse


def use(op: str, layer: str, macs: int = 0, dtype: str = "int8", custom: bool = False) -> OpUse:
    return OpUse(
        subgraph=0,
        op=op,
        version=1,
        custom=custom,
        tensor=f"{layer}/t",
        layer=layer,
        dtypes=(dtype, "int32"),
        macs=macs,
        is_before_weights=False,
    )


MODEL = TargetOps(
    "m:model",
    (GraphOpCount("Conv2D", 3, ("net/a", "net/b", "net/c")),),
    (
        use("CONV_2D", "net/a", 1000),
        use("CONV_2D", "net/b", 500, "float32"),
        use("Mine", "net/c", custom=True),
    ),
)


def test_uses_of_one_op_are_one_row() -> None:
    assert render_tables([MODEL]).splitlines() == [
        "m:model",
        "  TensorFlow op  count  layers",
        "  Conv2D         3      net/a, net/b and 1 more",
        "  TensorFlow Lite op  version  count  types               MACs   layers",
        "  CONV_2D             1        2      float32 int32 int8  1,500  net/a, net/b",
        "  Mine (custom)       1        1      int32 int8                 net/c",
        "  3 ops, 1,500 multiply-accumulates",
    ]


def test_json_has_all_layers_and_what_a_target_lacks_is_null() -> None:
    (model, saved_model) = json.loads(
        render_json([MODEL, TargetOps("m:sm", MODEL.graph_ops, None)])
    )
    assert model["tensorflow_ops"] == [
        {"op": "Conv2D", "count": 3, "layers": ["net/a", "net/b", "net/c"]}
    ]
    assert [op["op"] for op in model["tflite_ops"]] == ["CONV_2D", "Mine"]
    assert model["tflite_ops"][0]["macs"] == 1500
    assert saved_model == {
        "target": "m:sm",
        "tensorflow_ops": model["tensorflow_ops"],
        "tflite_ops": None,
    }
