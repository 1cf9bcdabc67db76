# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel
from pants_tflite.sandbox.testing.small_models import OpSpec, SignatureSpec, TensorSpec, build_model
from pants_tflite.sandbox.tflite.flatbuffer_model import Quantization, Tensor
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.quantized_values import dequantize, quantize, real_range


def _tensor(quantization: Quantization | None, dtype: str = "int8") -> Tensor:
    return Tensor("x", (1,), (1,), dtype, quantization, constant=False, buffer=0)


def test_rounds_half_away_from_zero_and_saturates() -> None:
    tensor = _tensor(Quantization((0.5,), (3,), 0))
    values = np.array([0.0, 0.25, -0.25, 1.0, 1000.0, -1000.0], np.float32)
    assert quantize(values, tensor).tolist() == [3, 4, 2, 5, 127, -128]
    assert quantize(values, tensor).dtype == np.int8


def test_dequantize_gives_back_what_a_step_can_tell() -> None:
    tensor = _tensor(Quantization((0.1,), (-128,), 0))
    values = np.linspace(0, 25.5, 100, dtype=np.float32)
    restored = dequantize(quantize(values, tensor), tensor)
    assert restored.dtype == np.float32
    assert np.abs(restored - values).max() <= 0.0501


def test_unsigned_values_do_not_wrap_around() -> None:
    tensor = _tensor(Quantization((1.0,), (128,), 0), "uint8")
    assert dequantize(np.array([0, 255], np.uint8), tensor).tolist() == [-128.0, 127.0]
    assert real_range(tensor) == (-128.0, 127.0)


def test_scale_per_channel() -> None:
    tensor = _tensor(Quantization((1.0, 0.5), (0, 0), 1))
    stored = np.array([[2, 2], [4, 4]], np.int8)
    assert dequantize(stored, tensor).tolist() == [[2.0, 1.0], [4.0, 2.0]]
    assert quantize(np.array([[2.0, 1.0]]), tensor).tolist() == [[2, 2]]


def test_integers_of_four_bits() -> None:
    tensor = _tensor(Quantization((0.5,), (-2,), 0), "int4")
    stored = quantize(np.array([0.0, 1.0, 99.0, -99.0]), tensor)
    assert stored.astype(int).tolist() == [-2, 0, 7, -8]
    assert dequantize(stored, tensor).tolist() == [0.0, 1.0, 4.5, -3.0]
    assert real_range(tensor) == (-3.0, 4.5)


def test_a_scalar() -> None:
    tensor = _tensor(Quantization((0.5,), (3,), 0))
    stored = quantize(np.array(2.0), tensor)
    assert (stored.shape, stored.dtype, stored.item()) == ((), np.int8, 7)
    assert dequantize(stored, tensor) == 2


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_other_tensors_keep_their_values(dtype: str) -> None:
    values = np.array([1, 2], dtype)
    assert quantize(values, _tensor(None, dtype)) is values
    assert dequantize(values, _tensor(None, dtype)) is values


def test_agrees_with_the_quantize_op(tmp_path: Path) -> None:
    data = build_model(
        [TensorSpec("x", (None,)), TensorSpec("y", (None,), "int8", scale=0.037, zero_point=-11)],
        [OpSpec("QUANTIZE", ("x",), ("y",))],
        {"serving_default": SignatureSpec({"x": "x"}, {"y": "y"})},
    )
    path = tmp_path / "model.tflite"
    path.write_bytes(data)
    model = parse_model(data)
    (signature,) = model.signatures
    # They include multiples of half a step, at which rounding is decided.
    values = (np.arange(-300, 300) * np.float32(0.037) / 2).astype(np.float32)
    stored = LoadedModel(path, model, field=None).run(signature, {"x": values})["y"]
    assert np.array_equal(stored, quantize(values, signature.outputs[0][1]))
