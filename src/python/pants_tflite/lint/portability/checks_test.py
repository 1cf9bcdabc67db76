# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What is found in models, by what the steps report of them."""

from __future__ import annotations

from typing import Any, Sequence

import pytest

from pants_tflite.bundles.testutil import model_description
from pants_tflite.lint.findings import Finding
from pants_tflite.lint.origins import Origins
from pants_tflite.lint.portability.checks import ModelToCheck, check_graph, check_model
from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLine, CodeLinesReport
from pants_tflite.sandbox.saved_models.list_graph_ops_protocol import GraphOpCount
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse

FIXED, OPEN, SIZED = [1, 8], [None, 8], [None, None]
LINES = CodeLinesReport(
    {
        "net/a/Op": CodeLine("a", "m/train.py:3"),
        "net/b/DecodePng": CodeLine(None, "m/train.py:5"),
    }
)


def op(name: str, *dtypes: str, **fields: Any) -> OpUse:
    values: dict[str, Any] = {
        "subgraph": 0,
        "version": 1,
        "custom": False,
        "tensor": "net/a/Op",
        "layer": "net/a",
        "macs": 0,
        "is_before_weights": True,
        **fields,
    }
    return OpUse(op=name, dtypes=tuple(dtypes) or ("float32",), **values)


def findings(
    *ops: OpUse,
    inputs: Sequence[Any] = FIXED,
    outputs: Sequence[Any] = FIXED,
    micro: bool = False,
    **converted: Any,
) -> list[Finding]:
    fields = {
        "inputs": [{"name": "x", "shape_signature": inputs}],
        "outputs": [{"name": "y", "shape_signature": outputs}],
        "signatures": {},
    }
    model = ModelToCheck(
        "m:m",
        model_description(fields),
        ops,
        Origins((), LINES),
        micro_bundles=("m:micro",) if micro else (),
        **converted,
    )
    return list(check_model(model))


@pytest.mark.parametrize(
    ("found", "check"),
    [
        (op("FlexDecodePng", "string", custom=True), "decoding"),
        (op("RESIZE_BILINEAR"), "resizing"),
        (op("RFFT2D"), "signal"),
        (op("HASHTABLE_FIND"), "text"),
        (op("GATHER", "int32", "string"), "text"),
        (op("NON_MAX_SUPPRESSION_V5"), "detection"),
        (op("TFLite_Detection_PostProcess", custom=True), "detection"),
        (op("WHILE"), "control-flow"),
        (op("ADD", "uint32"), "tensor-type"),
    ],
)
def test_ops_that_a_portable_model_does_without(found: OpUse, check: str) -> None:
    (finding,) = findings(found, op("ADD"))
    assert (finding.address, finding.check) == ("m:m", check)
    assert finding.what.endswith(f"{found.op} in `net/a`")
    assert finding.code == ("`a`, called at m/train.py:3",)
    assert finding.runtime and finding.instead


def test_ops_that_are_fine() -> None:
    ops = [op("RESIZE_BILINEAR", is_before_weights=False), op("ADD"), op("WHILEST", custom=True)]
    assert findings(*ops, inputs=OPEN, outputs=OPEN) == []


def test_ops_of_one_kind_are_one_finding() -> None:
    other = op("IF", tensor="net/b/cond", layer="net/b")
    (finding,) = findings(op("WHILE"), other, op("WHILE", layer="net/c"))
    assert finding.what == (
        "the model has a loop or a branch: IF in `net/b`; WHILE in `net/a`, `net/c`"
    )


def test_sizes() -> None:
    shape = op("SHAPE", "float32", "int32")
    (computed,) = findings(shape, inputs=OPEN)
    assert computed.check == "computed-size"
    assert computed.instead == "Fix the shapes with `input_shapes={'x': [1, 8]}`."
    assert findings(shape) == []
    assert findings(inputs=SIZED) == []
    (unknown,) = findings(inputs=SIZED, outputs=SIZED, micro=True)
    assert (unknown.check, unknown.runtime) == ("unknown-size", "micro")
    assert "m:micro needs to know the memory" in unknown.what
    (chosen,) = findings(outputs=SIZED, micro=True)
    assert (chosen.check, "output `y`" in chosen.what) == ("unknown-size", True)
    assert findings(outputs=SIZED) == []
    (batch,) = findings(inputs=[4, 8])
    assert (batch.check, "the batch 4" in batch.what) == ("batch", True)
    assert findings(inputs=[4]) == []


def test_ops_in_floats_of_a_model_in_an_integer_mode() -> None:
    ops = (op("NEG"), op("ADD", "int8"), op("QUANTIZE", "float32", "int8"), op("Mine", custom=True))
    (finding,) = findings(*ops, mode="int8", is_converted=True)
    assert finding.check == "float-op"
    assert finding.what == "NEG in `net/a` computes in floats in a model of int8"
    assert finding.instead.startswith("Use `x * -1.0`")
    assert findings(*ops, mode="dynamic_range", is_converted=True) == []


def test_ops_in_floats_in_a_file_that_multiplies_in_integers() -> None:
    dense, rest = op("FULLY_CONNECTED", "int32", "int8", macs=9), op("SIN", "float32")
    border = op("QUANTIZE", "float32", "int8")
    (finding,) = findings(dense, rest, border)
    assert (finding.check, "SIN in `net/a`" in finding.what) == ("float-op", True)
    hybrid = op("FULLY_CONNECTED", "float32", "int8", macs=9)
    assert findings(hybrid, rest) == []
    # A converted model has a mode, or a recipe that says which ops stay in floats.
    assert findings(dense, rest, is_converted=True) == []


def test_where_a_detector_is_to_be_cut() -> None:
    graph_ops = (GraphOpCount("NonMaxSuppressionV5", 1, ("",)),)
    (finding,) = check_graph("m:m", Origins(graph_ops, LINES, ("boxes", "scores")))
    assert finding.instead.endswith('Or cut the model there: `outputs=["boxes", "scores"]`.')
    (finding,) = check_graph("m:m", Origins(graph_ops, LINES))
    assert "cut" not in finding.instead


def test_a_graph_that_does_not_become_a_model() -> None:
    origins = Origins(
        (
            GraphOpCount("Add", 1, ("net/a",)),
            GraphOpCount("DecodePng", 1, ("net/b",)),
            GraphOpCount("ResizeBicubic", 1, ("",)),
            GraphOpCount("ResizeBilinear", 1, ("net/a",)),
        ),
        LINES,
    )
    decoding, resizing = check_graph("m:m", origins)
    assert (decoding.check, resizing.check) == ("decoding", "resizing")
    assert decoding.what == "the model decodes files: DecodePng in `net/b`"
    assert decoding.code == ("m/train.py:5",)
    assert resizing.what == "the model resizes pictures: ResizeBicubic"
