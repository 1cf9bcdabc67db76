# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Models that do not convert as they are, or not whole: what is made of them, and what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np
import pytest

from pants_tflite.sandbox.conversion.convert import main
from pants_tflite.sandbox.conversion.convert_protocol import ConvertRequest
from pants_tflite.sandbox.interpreter.litert_interpreter import FAST_KERNELS, LoadedModel
from pants_tflite.sandbox.mistakes import Mistake, MistakeReport
from pants_tflite.sandbox.modes import find_mode
from pants_tflite.sandbox.quantization.quantize import quantize
from pants_tflite.sandbox.quantization.recipes import io_entries, mode_recipe
from pants_tflite.sandbox.samples.npz_files import Dataset, write_npz
from pants_tflite.sandbox.saved_models.tensorflow_runtime import start_tensorflow
from pants_tflite.sandbox.testing.convert_requests import convert_request
from pants_tflite.sandbox.testing.program_runs import run_program
from pants_tflite.sandbox.testing.verify_requests import verify_request
from pants_tflite.sandbox.tflite.model_reader import parse_model, read_model
from pants_tflite.sandbox.verification import verify
from pants_tflite.sandbox.verification.float_ops import FloatFallback
from pants_tflite.sandbox.verification.type_checks import check_mode, check_per_tensor
from pants_tflite.sandbox.verification.verify_protocol import VerificationReport

THREADS = 1
RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(20, 16)).astype("float32")
Convert = Callable[..., Path]


@pytest.fixture(scope="module")
def tf() -> Any:
    return start_tensorflow(threads=THREADS)


@pytest.fixture(scope="module")
def keras(tf: Any) -> Any:
    import keras

    keras.utils.set_random_seed(0)
    return keras


@pytest.fixture
def convert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Convert]:
    """Exports a Keras model or the tf.function of a module, converts it, and returns the file."""

    def convert(model: Any, samples: dict[str, np.ndarray] | None = None, **fields: Any) -> Path:
        monkeypatch.chdir(tmp_path)
        Path("out").mkdir(exist_ok=True)
        main(write_request(model, samples, **fields))
        return tmp_path / "out" / "model.tflite"

    yield convert


@pytest.fixture
def error(convert: Convert) -> Callable[..., Mistake]:
    def error(model: Any, samples: dict[str, np.ndarray] | None = None, **fields: Any) -> Mistake:
        with pytest.raises(Mistake) as raised:
            convert(model, samples, **fields)
        return raised.value

    return error


def write_request(
    model: Any, samples: dict[str, np.ndarray] | None = None, **fields: Any
) -> ConvertRequest:
    import tensorflow

    if isinstance(model, tensorflow.Module) and not hasattr(model, "export"):
        tensorflow.saved_model.save(
            model, "saved_model", signatures={"serving_default": model.call}
        )
    else:
        model.export("saved_model", verbose=False)
    if samples is not None:
        write_npz(Path("dataset.npz"), {f"input/{name}": x for name, x in samples.items()})
    calibration = None if samples is None else "dataset.npz"
    return convert_request(calibration=calibration, threads=THREADS, **fields)


def module(
    tf: Any, function: Callable[[Any], Any], *shape: int | None, dtype: str = "float32"
) -> Any:
    made = tf.Module()
    spec = tf.TensorSpec(shape, getattr(tf, dtype), name="x")
    made.call = tf.function(lambda x: {"y": function(x)}, input_signature=[spec])
    return made


def normalized(keras: Any) -> Any:
    x = keras.Input((16,), name="x")
    y = keras.layers.LayerNormalization(name="norm")(keras.layers.Dense(16, name="first")(x))
    return keras.Model(x, keras.layers.Dense(3, name="scores")(y), name="net")


# -----------------------------------------------------------------------------------------------
# Integers with parts in floats
# -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["int8", "int16x8"])
def test_what_can_be_quantized_is_and_the_rest_is_told(
    keras: Any, convert: Convert, mode: str
) -> None:
    path = convert(normalized(keras), {"x": ROWS}, mode=mode, float_fallback=True)
    float_ops = check_mode(read_model(path), find_mode(mode), FloatFallback(True))
    assert float_ops
    assert {op.layer.split("/")[1] for op in float_ops} == {"norm_1"}


def test_token_ids_in_int16x8(keras: Any, convert: Convert, error: Callable[..., Mistake]) -> None:
    ids = keras.Input((3,), dtype="int32", name="ids")
    y = keras.layers.Flatten()(keras.layers.Embedding(50, 4, name="words")(ids))
    model = keras.Model(ids, keras.layers.Dense(2, name="y")(y))
    samples = {"ids": RANDOM.integers(0, 50, (20, 3)).astype("int32")}
    raised = error(model, samples, mode="int16x8", float_fallback=True)
    assert (raised.field, raised.value) == ("engine", "tensorflow")
    # The way that the error names.
    content = convert(model).read_bytes()
    mode = find_mode("int16x8")
    quantized = quantize(
        content,
        [*mode_recipe(mode), *io_entries("float32", "float32")],
        Dataset.read(Path("dataset.npz")),
        THREADS,
        must_change=True,
    )
    assert check_mode(parse_model(quantized), mode, FloatFallback(True)) is not None


# -----------------------------------------------------------------------------------------------
# Quantization-aware training
# -----------------------------------------------------------------------------------------------


def quantization_aware(tf: Any) -> Any:
    weights = tf.constant(RANDOM.uniform(-0.5, 0.5, (16, 4)).astype("float32"))

    def function(x: Any) -> Any:
        x = tf.quantization.fake_quant_with_min_max_args(x, -4, 4)
        kernel = tf.quantization.fake_quant_with_min_max_args(weights, -0.5, 0.5, narrow_range=True)
        return tf.quantization.fake_quant_with_min_max_args(tf.matmul(x, kernel), -6, 6)

    return module(tf, function, None, 16)


def test_a_model_that_knows_its_ranges_needs_no_samples(tf: Any, convert: Convert) -> None:
    path = convert(quantization_aware(tf), mode="int8", quantization_aware=True)
    model = read_model(path)
    assert check_mode(model, find_mode("int8")) == ()
    scales = [t.quantization.scales[0] for t in model.subgraphs[0].tensors if t.quantization]
    assert any(scale == pytest.approx(8 / 255, rel=0.01) for scale in scales)


@pytest.mark.parametrize("mode", ["dynamic_range", "float16"])
def test_a_model_that_is_quantized_already_is_not_quantized_otherwise(
    tf: Any, error: Callable[..., Mistake], mode: str
) -> None:
    raised = error(quantization_aware(tf), mode=mode)
    assert (raised.field, raised.value) == ("quantization", mode)
    assert "the model is quantized already" in raised.message
    assert "quantization_aware=True" in raised.fix


def test_a_model_without_fake_quantization_knows_no_ranges(
    keras: Any, error: Callable[..., Mistake]
) -> None:
    raised = error(normalized(keras), mode="int8", quantization_aware=True)
    assert raised.field == "quantization_aware"
    assert raised.message == "the model has no fake quantization to take the ranges from"


# -----------------------------------------------------------------------------------------------
# One scale a tensor
# -----------------------------------------------------------------------------------------------


def test_one_scale_for_a_depthwise_convolution_in_int16x8(
    keras: Any, error: Callable[..., Mistake]
) -> None:
    x = keras.Input((8, 8, 3), name="x")
    samples = {"x": RANDOM.normal(size=(5, 8, 8, 3)).astype("float32")}
    model = keras.Model(x, keras.layers.DepthwiseConv2D(3)(x))
    raised = error(model, samples, mode="int16x8", per_channel=False)
    assert (raised.field, raised.value) == ("per_channel", False)


@pytest.mark.parametrize("mode", ["dynamic_range", "int8", "int16x8"])
def test_one_scale_for_all_channels(keras: Any, convert: Convert, mode: str) -> None:
    x = keras.Input((16, 16, 3), name="x")
    y = keras.layers.Conv2D(64, 3)(x)
    y = keras.layers.Dense(16)(keras.layers.GlobalAveragePooling2D()(y))
    samples = {"x": RANDOM.normal(size=(5, 16, 16, 3)).astype("float32")}
    model = keras.Model(x, keras.layers.Dense(64)(y))
    path = convert(model, samples if find_mode(mode).calibrates else None, mode=mode)
    with pytest.raises(Mistake):
        check_per_tensor(read_model(path))
    size = path.stat().st_size
    path = convert(
        model, samples if find_mode(mode).calibrates else None, mode=mode, per_channel=False
    )
    check_per_tensor(read_model(path))
    assert path.stat().st_size < size


# -----------------------------------------------------------------------------------------------
# Ops of TensorFlow
# -----------------------------------------------------------------------------------------------


def whitening(keras: Any) -> Any:
    import tensorflow as tf

    class Whiten(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            covariance = tf.matmul(x, x, transpose_a=True) / 8.0 + tf.eye(4)
            return tf.matmul(x, tf.linalg.inv(covariance))

    x = keras.Input((8, 4), name="x")
    return keras.Model(x, keras.layers.Dense(2, name="y")(Whiten(name="whiten")(x)), name="net")


def verified(tf: Any, path: Path, samples: np.ndarray, **fields: Any) -> VerificationReport:
    """What the program that verifies says, which compares with the SavedModel."""
    serving = tf.saved_model.load("saved_model").signatures["serving_default"]
    outputs = serving(x=tf.constant(samples))
    reference = {
        "source": np.array("0" * 64),
        "serving_default/input/x": samples,
        **{f"serving_default/output/{name}": y.numpy() for name, y in outputs.items()},
    }
    write_npz(Path("reference.npz"), reference)
    usual = {"reference": "reference.npz", "mode": "float32", "select_tf_ops": True}
    verify.main(verify_request(str(path), **{**usual, **fields}))
    return VerificationReport.parse(Path("out/verification.json").read_bytes())


@pytest.mark.parametrize("allowed", [True, ("MatrixInverse",)])
def test_an_op_of_tensorflow_is_taken_and_verified(
    tf: Any, keras: Any, convert: Convert, allowed: Any
) -> None:
    path = convert(whitening(keras), select_tf_ops=allowed)
    model = read_model(path)
    assert (model.select_tf_ops, model.custom_ops) == (("MatrixInverse",), ())
    assert "FlexMatrixInverse" in [code.name for code in model.op_codes]
    report = verified(tf, path, RANDOM.normal(size=(5, 8, 4)).astype("float32"))
    assert report.not_run is None and list(report.tools) == ["tensorflow"]
    assert report.outputs[0].error < 1e-5


def test_a_wrong_model_with_an_op_of_tensorflow_is_refused(
    tf: Any, keras: Any, convert: Convert
) -> None:
    path = convert(whitening(keras), select_tf_ops=True)
    whitening(keras).export("saved_model", verbose=False)  # Other weights.
    with pytest.raises(Mistake, match="differs from the SavedModel"):
        verified(tf, path, RANDOM.normal(size=(5, 8, 4)).astype("float32"))


def test_an_int8_model_with_an_op_of_tensorflow(tf: Any, keras: Any, convert: Convert) -> None:
    samples = RANDOM.normal(size=(20, 8, 4)).astype("float32")
    fields: dict[str, Any] = {"mode": "int8", "float_fallback": True}
    path = convert(whitening(keras), {"x": samples}, select_tf_ops=True, **fields)
    assert read_model(path).select_tf_ops == ("MatrixInverse",)
    assert verified(tf, path, samples, **fields).outputs[0].error < 0.1


def test_an_op_of_tensorflow_works_on_text(tf: Any, convert: Convert) -> None:
    function = module(tf, lambda x: tf.strings.regex_replace(x, "o", "00"), None, dtype="string")
    path = convert(function, select_tf_ops=("StaticRegexReplace",))
    model = read_model(path)
    texts = np.array([b"on", b"", "gro\u00df".encode()], object)
    (output,) = LoadedModel(path, model, field=None).run(model.signatures[0], {"x": texts}).values()
    assert output.tolist() == [b"00n", b"", "gr00\u00df".encode()]


@pytest.mark.parametrize(
    ("allowed", "value", "message"),
    [
        (("Roll",), "Roll", "the model takes `MatrixInverse` (it makes the tensor "),
        (("MatrixInverse", "Roll"), "Roll", "the model does not take Roll from TensorFlow"),
    ],
)
def test_just_the_ops_that_are_allowed(
    keras: Any, error: Callable[..., Mistake], allowed: tuple[str, ...], value: str, message: str
) -> None:
    raised = error(whitening(keras), select_tf_ops=allowed)
    assert (raised.field, raised.value) == ("select_tf_ops", value)
    assert raised.message.startswith(message)


def test_a_model_that_needs_no_op_of_tensorflow(keras: Any, error: Callable[..., Mistake]) -> None:
    raised = error(normalized(keras), select_tf_ops=True)
    assert (raised.field, raised.value) == ("select_tf_ops", "True")


def test_an_op_that_tensorflow_lite_lacks_and_both_ways_out(
    keras: Any, error: Callable[..., Mistake]
) -> None:
    raised = error(whitening(keras))
    assert (raised.field, raised.value) == ("saved_model", "MatrixInverse")
    assert raised.message == "TensorFlow Lite has no op `MatrixInverse` (in `net_1/whiten_1`)"
    assert "`select_tf_ops=['MatrixInverse']`" in raised.fix
    assert "`custom_ops=['MatrixInverse']`" in raised.fix


# -----------------------------------------------------------------------------------------------
# What a model's author wrote
# -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_model_of_mixed_precision(keras: Any, error: Callable[..., Mistake], dtype: str) -> None:
    x = keras.Input((8, 8, 3), name="x")
    policy = f"mixed_{dtype}"
    y = keras.layers.Conv2D(4, 3, activation="relu", dtype=policy, name="features")(x)
    model = keras.Model(x, keras.layers.Dense(2, dtype=policy, name="y")(y), name="net")
    raised = error(model)
    assert raised.field == "saved_model"
    assert f"the model computes in {dtype}, and TensorFlow Lite in float32" in raised.message
    assert "`Conv2D` (in `net_1/features_1`)" in raised.message
    assert 'set_dtype_policy("float32")' in raised.fix
    assert "custom_ops" not in raised.fix


def test_a_model_in_double_precision(tf: Any, error: Callable[..., Mistake]) -> None:
    weights = tf.constant(RANDOM.normal(size=(16, 4)))
    raised = error(module(tf, lambda x: x @ weights, None, 16, dtype="float64"))
    assert "the model computes in float64, and TensorFlow Lite in float32" in raised.message
    assert "tf.cast" in raised.fix and "custom_ops" not in raised.fix


def test_the_arg_max_of_keras(keras: Any, error: Callable[..., Mistake]) -> None:
    x = keras.Input((16,), name="x")
    scores = keras.layers.Dense(5, name="scores")(x)
    raised = error(keras.Model(x, keras.ops.argmax(scores, axis=-1), name="net"))
    assert "`BitwiseAnd`" in raised.message
    assert raised.nodes == ("net_1/BitwiseAnd",)
    assert "keras.ops.argmax" in raised.fix and "tf.argmax" in raised.fix


def test_an_op_of_tensorflow_lite_is_no_custom_op(
    keras: Any, error: Callable[..., Mistake]
) -> None:
    x = keras.Input((16,), name="x")
    model = keras.Model(x, keras.layers.Dense(2, dtype="mixed_float16", name="y")(x), name="net")
    raised = error(model, custom_ops=("BiasAdd", "MatMul"))
    assert (raised.field, raised.value) == ("custom_ops", "BiasAdd, MatMul")
    assert "the model computes in float16, and TensorFlow Lite in float32" in raised.message
    assert "`MatMul` (in `net_1/y_1`)" in raised.message


def test_a_model_in_training_mode(tf: Any, keras: Any, error: Callable[..., Mistake]) -> None:
    flip = keras.layers.RandomFlip(name="flip")
    flip.build((None, 8, 8, 3))
    model = module(tf, lambda x: flip(x, training=True), None, 8, 8, 3)
    model.state = flip.generator.state.value
    raised = error(model)
    assert raised.message.startswith("the model draws random numbers, which it does in training")
    assert "custom_ops" not in raised.fix and "training=False" in raised.fix


def test_a_model_that_draws_random_numbers_is_no_wrong_conversion(
    tf: Any, convert: Convert
) -> None:
    path = convert(module(tf, lambda x: x + tf.random.normal([1, 4], seed=1), None, 4))
    with pytest.raises(Mistake, match="differs from the SavedModel") as raised:
        verified(tf, path, RANDOM.normal(size=(5, 4)).astype("float32"), select_tf_ops=False)
    assert "draws random numbers, by RANDOM_STANDARD_NORMAL" in raised.value.fix
    assert "lost" not in raised.value.fix


@pytest.mark.parametrize("batch", [None, 1])
def test_one_word_and_a_table_need_a_fixed_shape(
    tf: Any, convert: Convert, batch: int | None
) -> None:
    words = tf.lookup.KeyValueTensorInitializer(["on", "off"], tf.constant([1, 2], tf.int64))
    table = tf.lookup.StaticHashTable(words, 0)
    rows = tf.constant(RANDOM.normal(size=(3, 4)).astype("float32"))

    def embed(x: Any) -> Any:
        number = table.lookup(x)
        y = tf.gather(rows, tf.where(number < 0, number + 3, number))
        return tf.reshape(y, [tf.shape(y)[0], 4])

    model = module(tf, embed, batch, 1, dtype="string")
    model.table = table
    path = convert(model)
    file = read_model(path)
    loaded = LoadedModel(path, file, field=None, kernels=FAST_KERNELS)

    def run() -> Any:
        return loaded.run(file.signatures[0], {"x": np.array([["on"]], object)})["y"]

    if batch is not None:
        np.testing.assert_array_equal(run(), rows[1:2])
        return
    with pytest.raises(Mistake) as raised:
        run()
    assert "`input_shapes={'x': [1, 1]}`" in raised.value.fix


def test_a_recurrent_layer_of_an_unknown_batch(keras: Any, error: Callable[..., Mistake]) -> None:
    x = keras.Input((12, 6), name="x")
    model = keras.Model(x, keras.layers.LSTM(4, name="memory")(keras.layers.Masking(-1.0)(x)))
    raised = error(model)
    assert "a recurrent layer of an unknown batch or length" in raised.message
    assert "keras.Input(batch_shape=(1, 12, 6))" in raised.fix
    assert "custom_ops" not in raised.fix


def test_a_loop_that_kills_the_converter(
    tf: Any, keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    x = keras.Input(batch_shape=(1, 10, 5), name="x")
    net = keras.Model(x, keras.layers.GRU(8, name="memory")(x), name="net")
    model = module(tf, lambda x: net(x, training=False), 1, 10, 5)
    model.variables_of_net = [variable.value for variable in net.variables]
    samples = {"x": RANDOM.normal(size=(5, 10, 5)).astype("float32")}
    finished = run_program(
        "conversion.convert", tmp_path, write_request(model, samples, mode="int8")
    )
    assert finished.returncode not in (0, 3), "the converter quantizes loops now: drop the report"
    report = MistakeReport.parse((tmp_path / "out" / MistakeReport.FILE).read_bytes())
    assert "crashes on quantizing the loop in `net_1/memory_1`" in report.message
    assert "unroll=True" in report.fix
