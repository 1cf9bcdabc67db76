# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What lint says of types is tried: the model is refused as it is, and taken after what is advised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

pytest.importorskip("tflite_micro", reason="its wheels are for Linux x86_64 only")

from pants_tflite.lint.advice import (  # noqa: E402
    COMMON_TYPES,
    FLOATS_ALONE,
    FOUR_DIMENSIONS,
    INT8_FOR_INT16,
    OUTSIDE,
    find_advice,
    find_gpu_advice,
    is_hybrid,
)
from pants_tflite.lint.replacements import replacement  # noqa: E402
from pants_tflite.micro.sandbox.check_coverage import check as ask_micro  # noqa: E402
from pants_tflite.micro.sandbox.check_coverage_protocol import MicroCoverageRequest  # noqa: E402
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport  # noqa: E402
from pants_tflite.sandbox.gpu.check_gpu import check as ask_gpu  # noqa: E402
from pants_tflite.sandbox.gpu.check_gpu_protocol import CheckGpuRequest, GpuReport  # noqa: E402
from pants_tflite.sandbox.gpu.find_vulkan_driver import find_driver  # noqa: E402
from pants_tflite.sandbox.gpu.find_vulkan_driver_protocol import VulkanSearch  # noqa: E402
from pants_tflite.sandbox.testing.small_models import (  # noqa: E402
    OpSpec,
    TensorSpec,
    build_model,
    quantized_linear_model,
)
from pants_tflite.sandbox.tflite.list_ops import list_ops  # noqa: E402
from pants_tflite.sandbox.tflite.model_reader import parse_model  # noqa: E402

_MODEL = "model.tflite"
_EVERYWHERE = VulkanSearch(None, None)
_INT8, _INT16 = (
    [tf.lite.OpsSet.TFLITE_BUILTINS_INT8],
    [tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8],
)
_RANDOM = np.random.default_rng(0)
_WEIGHTS = _RANDOM.normal(size=(64, 64)).astype("float32")


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def dense(x: Any) -> Any:
    return x @ _WEIGHTS


def convolved(x: Any) -> Any:
    return tf.nn.conv2d(x, tf.reshape(_WEIGHTS, [4, 4, 4, 64]), 1, "SAME")


def gathered(x: Any) -> Any:
    return tf.gather(x, [3, 0], axis=1)


def convert(
    function: Any, shape: list[int], *, quantize: bool = False, ops: list[Any] | None = None
) -> bytes:
    """A model in floats, with integer weights alone if it is only to `quantize`, or with these `ops`."""
    spec = tf.TensorSpec(shape, tf.float32)
    traced = tf.function(function, input_signature=[spec]).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced], tf.Module())
    if quantize or ops:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if ops:
        converter.target_spec.supported_ops = ops
        sample = _RANDOM.normal(size=shape).astype("float32")
        converter.representative_dataset = lambda: [[sample]]
    return bytes(converter.convert())


def on_micro(model: bytes) -> CoverageReport:
    Path(_MODEL).write_bytes(model)
    return ask_micro(MicroCoverageRequest("micro", _MODEL, ()))


def on_gpu(model: bytes) -> GpuReport:
    driver = find_driver(_EVERYWHERE).driver
    if driver is None:
        pytest.skip("there is no Vulkan driver")
    Path(_MODEL).write_bytes(model)
    return ask_gpu(
        CheckGpuRequest(
            model=_MODEL,
            golden_input=None,
            golden_output=None,
            search=_EVERYWHERE,
            driver=driver,
            max_samples=1,
            seed=0,
            max_seconds=60,
        )
    )


def negation(dtype: str) -> bytes:
    tensors = [TensorSpec("x", (1, 4), dtype), TensorSpec("y", (1, 4), dtype)]
    return build_model(tensors, [OpSpec("NEG", ("x",), ("y",))], inputs=("x",), outputs=("y",))


@pytest.mark.parametrize(("function", "shape"), [(dense, [1, 64]), (convolved, [1, 8, 8, 4])])
def test_integer_weights_alone(function: Any, shape: list[int]) -> None:
    (refused,) = on_micro(convert(function, shape, quantize=True)).refused
    assert is_hybrid(refused.reason, is_micro=True)
    assert on_micro(convert(function, shape)).loads
    assert on_micro(convert(function, shape, ops=_INT8)).loads


def test_int16() -> None:
    model = convert(gathered, [1, 4], ops=_INT16)
    (refused,) = on_micro(model).refused
    use = list_ops(parse_model(model)).ops[refused.index]
    assert find_advice(refused.reason, use.dtypes, is_micro=True) == INT8_FOR_INT16
    assert on_micro(convert(gathered, [1, 4], ops=_INT8)).loads


@pytest.mark.parametrize("ops", [_INT8, _INT16], ids=["int8", "int16x8"])
def test_an_op_that_the_runtime_has_in_floats_alone(ops: list[Any]) -> None:
    model = convert(tf.exp, [1, 4], ops=ops)
    (refused,) = on_micro(model).refused
    use = list_ops(parse_model(model)).ops[refused.index]
    assert find_advice(refused.reason, use.dtypes, is_micro=True) == FLOATS_ALONE
    assert on_micro(convert(tf.exp, [1, 4])).loads


def advice_for_gpu(model: bytes) -> dict[str, str]:
    """What is advised about each op that the GPU refuses."""
    ops = list_ops(parse_model(model)).ops
    return {
        refused.op: find_gpu_advice(refused.op, refused.reason, ops[refused.index].dtypes)
        for refused in on_gpu(model).refused
    }


def on_rows(function: Any) -> bytes:
    """A model of a function of one row, of which the converter makes what it can."""
    return convert(function, [1, 64])


def test_types_that_a_gpu_lacks() -> None:
    assert advice_for_gpu(negation("int64")) == {"NEG": COMMON_TYPES}
    for taken in (negation("float32"), negation("int32"), quantized_linear_model()):
        assert on_gpu(taken).delegated
    assert advice_for_gpu(on_rows(lambda x: tf.argmax(x, -1))) == {"ARG_MAX": COMMON_TYPES}
    assert on_gpu(on_rows(lambda x: tf.argmax(x, -1, output_type=tf.int32))).delegated


def test_complex_numbers_on_a_gpu() -> None:
    # What the entry suggests is tried by replacements_test.py, on a GPU too.
    advice = advice_for_gpu(on_rows(lambda x: tf.abs(tf.signal.rfft(x))))
    assert set(advice) == {"COMPLEX_ABS", "RESHAPE", "RFFT2D"}
    assert set(advice.values()) == {replacement("signal").instead}


def test_more_than_four_dimensions_on_a_gpu() -> None:
    five = on_rows(lambda x: tf.nn.relu(tf.reshape(x, [1, 4, 4, 2, 2])))
    assert set(advice_for_gpu(five).values()) == {FOUR_DIMENSIONS}
    assert on_gpu(on_rows(lambda x: tf.nn.relu(tf.reshape(x, [1, 16, 2, 2])))).delegated


def test_an_op_that_a_gpu_lacks_is_left_outside_of_the_graph() -> None:
    whole = on_rows(lambda x: tf.nn.log_softmax(dense(x)))
    assert advice_for_gpu(whole) == {"LOG_SOFTMAX": OUTSIDE}
    assert on_gpu(on_rows(dense)).delegated
