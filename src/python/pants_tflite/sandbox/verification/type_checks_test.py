# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import find_mode
from pants_tflite.sandbox.testing.small_models import (
    SERVING,
    OpSpec,
    TensorSpec,
    build_model,
    custom_op_model,
    linear_model,
    pack,
    quantized_linear_model,
    unpack,
)
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.verification.float_ops import FloatFallback
from pants_tflite.sandbox.verification.type_checks import (
    check_custom_ops,
    check_io_types,
    check_mode,
    check_per_tensor,
    check_select_tf_ops,
)
from pants_tflite.sandbox.verification.verify_protocol import FloatOp


def float16_model(features: int = 1) -> bytes:
    """Weights in float16, which a DEQUANTIZE op makes float32, as the converter does it."""
    return build_model(
        [
            TensorSpec("x", (None, features)),
            TensorSpec("weights", (1, features), "float16", value=2.0),
            TensorSpec("weights32", (1, features)),
            TensorSpec("y", (None, 1)),
        ],
        [
            OpSpec("DEQUANTIZE", ("weights",), ("weights32",)),
            OpSpec("FULLY_CONNECTED", ("x", "weights32", ""), ("y",)),
        ],
        SERVING,
    )


def hybrid_model(weights: str = "int8") -> bytes:
    """Float32 activations with integer weights, as in dynamic range quantization."""
    return build_model(
        [
            TensorSpec("x", (None, 2048)),
            TensorSpec("weights", (1, 2048), weights, value=1, scale=0.01),
            TensorSpec("y", (None, 1)),
        ],
        [OpSpec("FULLY_CONNECTED", ("x", "weights", ""), ("y",))],
        SERVING,
    )


def mixed_model() -> bytes:
    """Int8, except for a softmax that stays in float32."""
    return build_model(
        [
            TensorSpec("x", (1, 2), "int8", scale=0.1),
            TensorSpec("real", (1, 2)),
            TensorSpec("shares", (1, 2)),
            TensorSpec("y", (1, 2), "int8", scale=0.1),
        ],
        [
            OpSpec("DEQUANTIZE", ("x",), ("real",)),
            OpSpec("SOFTMAX", ("real",), ("shares",)),
            OpSpec("QUANTIZE", ("shares",), ("y",)),
        ],
        SERVING,
    )


@pytest.mark.parametrize(
    "mode, data",
    [
        ("float32", linear_model()),
        ("float32", linear_model(features=2048)),
        ("dynamic_range", hybrid_model()),
        ("float16", float16_model()),
        ("float16", float16_model(2048)),
        ("int8", quantized_linear_model()),
        ("int8", quantized_linear_model(io_type="int8")),
        ("int16x8", quantized_linear_model(activation_type="int16")),
        ("int16x8", quantized_linear_model(activation_type="int16", io_type="int16")),
        # Less than 1,024 weights, which the converter does not change.
        ("dynamic_range", linear_model(features=1023)),
        ("float16", linear_model(features=1023)),
    ],
)
def test_models_as_the_converter_makes_them(mode: str, data: bytes) -> None:
    check_mode(parse_model(data), find_mode(mode))


def partly_int8_model(activation_type: str = "int8") -> bytes:
    """A fully connected layer in integers, then two ops of a layer in float32."""
    return build_model(
        [
            TensorSpec("x", (1, 2), activation_type, scale=0.1),
            TensorSpec("weights", (2, 2), "int8", value=1, scale=0.1),
            TensorSpec("dense", (1, 2), activation_type, scale=0.1),
            TensorSpec("real", (1, 2)),
            TensorSpec("net/norm/Softmax;net/norm/Add", (1, 2)),
            TensorSpec("net/norm/Softmax_1", (1, 2)),
            TensorSpec("y", (1, 2), activation_type, scale=0.1),
        ],
        [
            OpSpec("FULLY_CONNECTED", ("x", "weights", ""), ("dense",)),
            OpSpec("DEQUANTIZE", ("dense",), ("real",)),
            OpSpec("SOFTMAX", ("real",), ("net/norm/Softmax;net/norm/Add",)),
            OpSpec("SOFTMAX", ("net/norm/Softmax;net/norm/Add",), ("net/norm/Softmax_1",)),
            OpSpec("QUANTIZE", ("net/norm/Softmax_1",), ("y",)),
        ],
        SERVING,
    )


IN_FLOATS = (
    FloatOp("SOFTMAX", tensor="net/norm/Softmax;net/norm/Add", layer="net/norm"),
    FloatOp("SOFTMAX", tensor="net/norm/Softmax_1", layer="net/norm"),
)


@pytest.mark.parametrize("mode, dtype", [("int8", "int8"), ("int16x8", "int16")])
def test_ops_in_floats_are_an_error_that_names_them_all(mode: str, dtype: str) -> None:
    with pytest.raises(Mistake) as raised:
        check_mode(parse_model(partly_int8_model(dtype)), find_mode(mode))
    assert raised.value.message == (
        f"the model is not {mode} throughout, for 2 of 5 ops compute in floats: "
        "in `net/norm` SOFTMAX (2 times)"
    )
    assert f'mode="{mode}", float_fallback=True, max_float_ops=2)' in raised.value.fix


def test_ops_may_compute_in_floats_if_told_so() -> None:
    model, mode = parse_model(partly_int8_model()), find_mode("int8")
    assert check_mode(model, mode, FloatFallback(True)) == IN_FLOATS
    assert check_mode(model, mode, FloatFallback(True, 2)) == IN_FLOATS
    with pytest.raises(Mistake, match="2 of 5 ops compute in floats") as raised:
        check_mode(model, mode, FloatFallback(True, 1))
    assert (raised.value.field, raised.value.value) == ("max_float_ops", 1)


@pytest.mark.parametrize("data", [linear_model(), mixed_model(), hybrid_model(), float16_model()])
def test_a_model_of_which_nothing_is_quantized_is_refused_all_the_same(data: bytes) -> None:
    with pytest.raises(Mistake, match="the model is not int8: its op"):
        check_mode(parse_model(data), find_mode("int8"), FloatFallback(True))


def test_an_integer_op_of_another_type_is_no_float_op() -> None:
    with pytest.raises(Mistake, match="FULLY_CONNECTED` computes with `x` of type int16"):
        check_mode(parse_model(partly_int8_model("int16")), find_mode("int8"), FloatFallback(True))


def test_one_scale_for_all_weights() -> None:
    check_per_tensor(parse_model(quantized_linear_model()))
    model = unpack(quantized_linear_model())
    (weights,) = (t for t in model.subgraphs[0].tensors if t.name == b"weights")
    weights.quantization.scale, weights.quantization.zeroPoint = [0.1, 0.2], [0, 0]
    with pytest.raises(Mistake, match="the weights `weights` have 2 scales") as raised:
        check_per_tensor(parse_model(pack(model)))
    assert raised.value.field == "per_channel"


@pytest.mark.parametrize(
    "mode, data, offence",
    [
        ("int8", linear_model(), "computes with `x` of type float32"),
        ("int16x8", linear_model(), "computes with `x` of type float32"),
        ("int16x8", quantized_linear_model(), "computes with `x_quantized` of type int8"),
        (
            "int8",
            quantized_linear_model(activation_type="int16"),
            "computes with `x_quantized` of type int16",
        ),
        # One op in floats between conversions: nothing of the model is quantized.
        ("int8", mixed_model(), "`SOFTMAX` computes with `real` of type float32"),
        ("int8", hybrid_model(), "computes with `x` of type float32"),
        ("int8", float16_model(), "computes with `x` of type float32"),
        ("dynamic_range", linear_model(features=1024), "has the weights `weights` of type float32"),
        ("float16", linear_model(features=1024), "has the weights `weights` of type float32"),
        ("float16", hybrid_model(), "has the weights `weights` of type int8"),
        ("float32", hybrid_model(), "has the weights `weights` of type int8"),
        ("float32", quantized_linear_model(), "computes with `x_quantized` of type int8"),
    ],
)
def test_models_of_another_mode(mode: str, data: bytes, offence: str) -> None:
    with pytest.raises(Mistake) as raised:
        check_mode(parse_model(data), find_mode(mode))
    assert offence in raised.value.message
    assert f"the model is not {mode}" in raised.value.message
    assert (raised.value.field, raised.value.value) == ("quantization", mode)
    assert ("calibration" in raised.value.fix) == find_mode(mode).calibrates


def check_io(data: bytes, input_type: str | None, output_type: str | None, **real: bool) -> None:
    (signature,) = parse_model(data).signatures
    check_io_types(signature, input_type, output_type, real)


def test_types_as_asked() -> None:
    check_io(linear_model(), "float32", "float32")
    check_io(quantized_linear_model(io_type="int8"), "int8", "int8")
    check_io(quantized_linear_model(io_type="int8"), None, None)


@pytest.mark.parametrize("field", ["input_type", "output_type"])
def test_types_not_as_asked(field: str) -> None:
    asked = {"input_type": "float32", "output_type": "float32", field: "int8"}
    with pytest.raises(Mistake) as raised:
        check_io(linear_model(), asked["input_type"], asked["output_type"])
    kind, name = field.split("_")[0], "x" if field == "input_type" else "y"
    assert raised.value.field == field
    assert raised.value.value == "int8"
    assert f"the {kind} `{name}` of `serving_default` is float32" in raised.value.message


def test_integers_of_the_saved_model_stay_what_they_are() -> None:
    tokens = build_model(
        [TensorSpec("x", (1,), "int32"), TensorSpec("y", (1,), "int8", scale=0.1)],
        [OpSpec("CAST", ("x",), ("y",))],
        SERVING,
    )
    check_io(tokens, "int8", "int8")
    check_io(tokens, "int8", "int8", x=False, y=True)
    with pytest.raises(Mistake, match="the input `x` of `serving_default` is int32"):
        check_io(tokens, "int8", "int8", x=True)


def test_custom_ops() -> None:
    check_custom_ops(parse_model(linear_model()), [])
    check_custom_ops(parse_model(custom_op_model("Twice")), ["Twice"])


def test_undeclared_custom_op() -> None:
    with pytest.raises(Mistake) as raised:
        check_custom_ops(parse_model(custom_op_model("Twice")), ["Thrice"])
    assert raised.value.message == "the model needs the custom ops Twice, which are not declared"
    assert (raised.value.field, raised.value.value) == ("custom_ops", "Thrice")


def test_an_npus_op_is_declared_or_its_model_replaced() -> None:
    model = parse_model(custom_op_model("ethos-u"))
    check_custom_ops(model, ["ethos-u"])
    with pytest.raises(Mistake) as raised:
        check_custom_ops(model, [])
    assert 'declare `custom_ops=["ethos-u"]`' in raised.value.fix
    assert "kernel of your own" not in raised.value.fix


def test_tensorflows_own_op_is_no_custom_op() -> None:
    model = parse_model(custom_op_model("FlexErf"))
    check_custom_ops(model, [])
    check_select_tf_ops(model, True)
    check_select_tf_ops(model, ["Erf", "Erfinv"])
    for allowed in (False, [], ["Erfinv"]):
        with pytest.raises(Mistake, match="takes the ops Erf from TensorFlow itself") as raised:
            check_select_tf_ops(model, allowed)
        assert raised.value.field == "select_tf_ops"


def test_a_custom_op_is_not_tensorflows_own() -> None:
    for allowed in (False, True):
        check_select_tf_ops(parse_model(custom_op_model("Twice")), allowed)


def test_declared_custom_op_that_the_model_lacks() -> None:
    with pytest.raises(Mistake) as raised:
        check_custom_ops(parse_model(custom_op_model("Twice")), ["Thrice", "Twice"])
    assert raised.value.message == "the model has no custom op Thrice"
    assert "Twice" in raised.value.fix
