# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The tables of ops, and the same as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

from pants_tflite.goals.ops_table import TargetOps, render_json, render_tables
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport, RefusedOp
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
        "refusal": None,
        "runtimes": [],
    }


def test_why_nothing_ships_a_file() -> None:
    refused = replace(MODEL, refusal="m:model: LiteRT refuses it.\n\nFix: Another file.")
    (value,) = json.loads(render_json([refused]))
    assert value["refusal"] == refused.refusal
    assert render_tables([refused]).splitlines()[-4:] == [
        "  These are the ops that the file names; as it is, nothing ships it:",
        "    m:model: LiteRT refuses it.",
        "",
        "    Fix: Another file.",
    ]


def test_each_runtime_that_was_asked_has_a_column() -> None:
    lacks = RefusedOp(2, "Mine", "net/c/t", "it has no kernel for this op.")
    half = RefusedOp(1, "CONV_2D", "net/b/t", "no floats")
    answers = (
        CoverageReport("micro", False, (half, lacks), answered_by="tflite-micro 1"),
        CoverageReport("litert", True, (), answered_by="LiteRT 2"),
        CoverageReport("old", False, (), "it is too large", "Lite 1"),
        CoverageReport("gpu", None, (), "there is no driver."),
    )
    model = TargetOps("m:model", None, MODEL.ops, answers)
    assert render_tables([model]).splitlines() == [
        "m:model",
        "  TensorFlow Lite op  version  count  types               MACs   micro       litert  old  gpu  layers",
        "  CONV_2D             1        2      float32 int32 int8  1,500  no, 1 of 2  yes     ?    ?    net/a, net/b",
        "  Mine (custom)       1        1      int32 int8                 no          yes     ?    ?    net/c",
        "  3 ops, 1,500 multiply-accumulates",
        "  micro (tflite-micro 1) refuses the model; CONV_2D: no floats; Mine: it has no kernel for this op",
        "  litert (LiteRT 2) takes the model",
        "  old (Lite 1) refuses the model; it is too large",
        "  gpu was not asked: there is no driver",
    ]
    (entry,) = json.loads(render_json([model]))
    assert [op["refused_by"] for op in entry["tflite_ops"]] == [{"micro": 1}, {"micro": 1}]
    assert [answer["loads"] for answer in entry["runtimes"]] == [False, True, False, None]
