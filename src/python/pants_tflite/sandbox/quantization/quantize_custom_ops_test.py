# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel
from pants_tflite.sandbox.quantization.quantize_custom_ops import main, quantize_custom_ops
from pants_tflite.sandbox.quantization.quantize_custom_ops_protocol import QuantizeOpsRequest
from pants_tflite.sandbox.testing.host_kernel import OP, build_kernel
from pants_tflite.sandbox.testing.small_models import SERVING, OpSpec, TensorSpec, build_model
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.packing import pack, unpack

TENSORS = [
    TensorSpec("x", (None, 3), "int8", scale=0.5),
    TensorSpec("x_real", (None, 3)),
    TensorSpec("y_real", (None, 3)),
    TensorSpec("y", (None, 3), "int8", scale=0.5),
]
OPS = [
    OpSpec("DEQUANTIZE", ("x",), ("x_real",)),
    OpSpec(OP, ("x_real",), ("y_real",), custom=True),
    OpSpec("QUANTIZE", ("y_real",), ("y",)),
]


def quantized(content: bytes, *names: str) -> bytes | None:
    model = unpack(content, field="")
    return pack(model) if quantize_custom_ops(model, names) else None


def test_the_op_is_connected_to_the_int8_tensors(tmp_path: Path) -> None:
    content = quantized(build_model(TENSORS, OPS, SERVING), OP)
    assert content is not None
    model = parse_model(content)
    assert [op.code.name for op in model.subgraphs[0].ops] == [OP]
    assert [code.name for code in model.op_codes] == [OP]
    assert [tensor.name for tensor in model.subgraphs[0].tensors] == ["x", "y"]
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    loaded = LoadedModel(path, model, field=None, custom_kernels=[build_kernel(tmp_path)])
    x = np.array([[1, -2, 50]], np.int8)
    assert loaded.run(model.callables[0], {"x": x})["y"].tolist() == [[2, -4, 100]]


def test_tensors_that_others_use_stay() -> None:
    tensors = [*TENSORS, TensorSpec("z", (None, 3))]
    ops = [*OPS, OpSpec("SOFTMAX", ("x_real",), ("z",))]
    content = quantized(build_model(tensors, ops, SERVING, outputs=("y", "z")), OP)
    assert content is not None
    names = [op.code.name for op in parse_model(content).subgraphs[0].ops]
    assert names == ["DEQUANTIZE", OP, "SOFTMAX"]


@pytest.mark.parametrize(
    ("names", "ops", "outputs"),
    [
        (("Other",), OPS, ("y",)),
        ((OP,), OPS[:2], ("y_real",)),
        ((OP,), OPS, ("y", "y_real")),
        ((OP,), [OpSpec("SOFTMAX", ("x",), ("x_real",)), *OPS[1:]], ("y",)),
        ((OP,), [*OPS, OpSpec("SOFTMAX", ("y_real",), ("z",))], ("y", "z")),
    ],
)
def test_ops_that_stay_in_float(
    names: tuple[str, ...], ops: list[OpSpec], outputs: tuple[str, ...]
) -> None:
    tensors = [*TENSORS, TensorSpec("z", (None, 3))]
    assert quantized(build_model(tensors, ops, outputs=outputs), *names) is None


def test_a_model_without_such_ops_keeps_its_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = build_model(TENSORS, OPS, SERVING)
    Path("model.tflite").write_bytes(content)
    Path("out").mkdir()
    main(QuantizeOpsRequest("model.tflite", ("Other",)))
    assert Path("out/model.tflite").read_bytes() == content
    main(QuantizeOpsRequest("model.tflite", (OP,)))
    assert Path("out/model.tflite").read_bytes() == quantized(content, OP)
