# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Keras models are exported for inference: what they compute is what their own `predict` does."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models import export
from pants_tflite.sandbox.saved_models.assigned_variables import assigned_variables
from pants_tflite.sandbox.saved_models.export_protocol import ExportRequest, KerasFile
from pants_tflite.sandbox.saved_models.keras_models import serving_function
from pants_tflite.sandbox.saved_models.predict_check import check_predict
from pants_tflite.sandbox.saved_models.returned_models import to_exportable
from pants_tflite.sandbox.saved_models.tensorflow_runtime import seed_training, start_tensorflow

HAS_TF_KERAS = importlib.util.find_spec("tf_keras") is not None
Check = Callable[[Any], tuple[int, ...]]


@pytest.fixture(scope="module")
def tf() -> Any:
    tensorflow = start_tensorflow(threads=1)
    seed_training(0)
    return tensorflow


@pytest.fixture(scope="module", params=["keras", "tf_keras"])
def keras(tf: Any, request: Any) -> Any:
    if request.param == "tf_keras" and not HAS_TF_KERAS:
        pytest.skip("tf_keras is not installed")
    return importlib.import_module(request.param)


@pytest.fixture
def check(tf: Any) -> Check:
    """Traces a model as the export does, and compares it with its `predict`."""

    def check(model: Any) -> tuple[int, ...]:
        exportable = to_exportable(model)
        return check_predict(model, exportable.signatures["serving_default"], seed=0)

    return check


def trained(model: Any) -> Any:
    """Gives batch normalizations moving statistics that no single batch has."""
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights([gamma, beta, mean + 0.5, variance * 4.0])
    return model


def resizing_model(keras: Any, *first: Any) -> Any:
    layers = keras.layers
    image = keras.layers.Input((12, 16, 3), name="frame")
    y = image
    for layer in first or (layers.Resizing(8, 8),):
        y = layer(y)
    y = layers.BatchNormalization()(layers.Conv2D(4, 3)(y))
    y = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(layers.ReLU()(y)))
    return trained(keras.Model(image, layers.Dense(5, activation="softmax")(y)))


@pytest.mark.parametrize("first", ["Resizing", "CenterCrop", "RandomFlip"])
def test_a_preprocessing_layer_leaves_the_rest_in_inference_mode(
    keras: Any, check: Check, first: str
) -> None:
    arguments = ("horizontal",) if first == "RandomFlip" else (8, 8)
    model = resizing_model(keras, getattr(keras.layers, first)(*arguments))
    images = np.random.default_rng(0).uniform(0, 255, (6, 12, 16, 3)).astype("float32")
    function = serving_function(model).get_concrete_function()
    assert not assigned_variables(function)
    for batch in (images, images[:1]):
        exported = function(batch).numpy()
        assert np.allclose(exported, model.predict(batch, verbose=0), atol=1e-6)
    assert check(model) == (1, 3)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_keras_file_is_in_inference_mode(
    tf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    import keras

    model = resizing_model(keras)
    model.save(tmp_path / f"model{suffix}")
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    export.main(ExportRequest(KerasFile(f"model{suffix}", allow_code=False), seed=0, threads=1))
    assert json.loads(Path("out/export.json").read_text())["predict_batches"] == [1, 3]
    images = np.random.default_rng(0).uniform(0, 255, (6, 12, 16, 3)).astype("float32")
    signature = tf.saved_model.load("out/saved_model").signatures["serving_default"]
    (exported,) = signature(frame=images).values()
    expected = model.predict(images, verbose=0)
    assert np.allclose(exported, expected, atol=1e-6)
    assert (exported.numpy().argmax(-1) == expected.argmax(-1)).all()


def test_a_model_traced_as_in_training_differs_from_predict(tf: Any) -> None:
    import keras

    model = resizing_model(keras, keras.layers.Resizing(8, 8))
    spec = tf.TensorSpec((None, 12, 16, 3), name="frame")
    function = tf.function(
        lambda frame: model(frame), input_signature=[spec], autograph=False
    ).get_concrete_function()
    names = [variable.name for variable in assigned_variables(function)]
    assert any("moving_mean" in name for name in names)
    with pytest.raises(Mistake, match="not what the Keras model .* computes"):
        check_predict(model, function, seed=0)


class Structured:
    """Makes models of several inputs and outputs, which are dicts, lists or both."""

    @staticmethod
    def functional(keras: Any, inputs: Any, outputs: Any) -> Any:
        a, b = keras.layers.Input((3,), name="a"), keras.layers.Input((3,), name="b")
        return keras.Model(inputs(b, a), outputs(a - b, keras.layers.Dense(2)(a + b)))


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        (lambda b, a: [b, a], lambda x, y: [x, y]),
        (lambda b, a: {"b": b, "a": a}, lambda x, y: {"z": x, "y": y}),
        (lambda b, a: [b, {"a": a}], lambda x, y: {"z": [x], "y": y}),
    ],
    ids=["lists", "dicts", "nested"],
)
def test_models_of_several_inputs_and_outputs_are_compared(
    keras: Any, check: Check, inputs: Any, outputs: Any
) -> None:
    if keras.__name__ == "tf_keras" and isinstance(inputs(0, 0), list) and inputs(0, 0)[1] != 0:
        pytest.skip("tf_keras has no nested inputs")
    assert check(Structured.functional(keras, inputs, outputs)) == (1, 3)


def test_a_model_whose_call_takes_no_training_argument(keras: Any, check: Check) -> None:
    class Plain(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, x: Any) -> Any:
            return self.dense(x)

    model = Plain()
    model(np.zeros((2, 3), "float32"))
    assert check(model) == (1, 3)


def test_a_sequential_model_and_one_inside_of_another(keras: Any, check: Check) -> None:
    layers = keras.layers
    inner = keras.Sequential(
        [layers.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.BatchNormalization()]
    )
    trained(inner)
    model = keras.Sequential(
        [layers.Input((12, 16, 3)), layers.Resizing(8, 8), inner, layers.Flatten(), layers.Dense(2)]
    )
    assert check(model) == (1, 3)


@pytest.mark.parametrize(
    ("shape", "dtype", "batches"),
    [
        ((None, 3), "float32", (1, 3)),
        ((None, None, None, 3), "float32", (1, 3)),
        ((2, 3), "float32", (2,)),
        ((None, 4), "int32", (1, 3)),
        ((None, 4), "uint8", (1, 3)),
    ],
)
def test_shapes_and_types(
    keras: Any, check: Check, shape: tuple[int | None, ...], dtype: str, batches: tuple[int, ...]
) -> None:
    layers = keras.layers
    x = (
        layers.Input(batch_shape=shape, dtype=dtype)
        if keras.__name__ == "keras"
        else layers.Input(batch_size=shape[0], shape=shape[1:], dtype=dtype)
    )
    if dtype == "int32":
        y = layers.Embedding(2, 3)(x)
    elif dtype == "uint8":
        y = layers.Dense(2)(layers.Rescaling(1 / 255)(x))
    else:
        y = layers.Dense(2)(x)
    assert check(keras.Model(x, y)) == batches


def test_a_model_that_computes_in_float16_is_compared_more_loosely(check: Check) -> None:
    import keras

    policy = keras.DTypePolicy("mixed_float16")
    image = keras.Input((8, 8, 3))
    y = keras.layers.Conv2D(8, 3, dtype=policy)(image)
    y = keras.layers.Dense(4, dtype=policy)(keras.layers.Flatten()(y))
    model = keras.Model(image, keras.layers.Activation("softmax", dtype="float32")(y))
    assert check(model) == (1, 3)


def test_an_rnn_owns_its_states(keras: Any, check: Check) -> None:
    layers = keras.layers
    for kind in (layers.GRU, layers.LSTM):
        x = layers.Input(batch_size=1, shape=(2, 5))
        model = keras.Model(x, layers.Dense(2)(kind(4, stateful=True)(x)))
        (rnn,) = (layer for layer in model.layers if hasattr(layer, "states"))
        model(np.ones((1, 2, 5), "float32"))
        before = [np.array(state) for state in rnn.states]
        assert check(model) == (1,)
        assert all(np.array_equal(state, old) for state, old in zip(rnn.states, before))


def test_a_layer_owns_a_weight_that_is_not_trainable(keras: Any, check: Check) -> None:
    class Smoother(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.mean = self.add_weight(
                name="mean", shape=(3,), initializer="zeros", trainable=False
            )

        def call(self, x: Any) -> Any:
            self.mean.assign(0.9 * self.mean + 0.1 * x[0])
            return x - self.mean

    x = keras.layers.Input(batch_size=1, shape=(3,))
    assert check(keras.Model(x, Smoother()(x))) == (1,)


def training_batch_normalization(keras: Any) -> Any:
    class Stubborn(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.normal = keras.layers.BatchNormalization(name="normal")

        def call(self, x: Any, training: bool = False) -> Any:
            return self.normal(x, training=True)

    model = Stubborn()
    model(np.zeros((2, 3), "float32"))
    return model


def training_dropout(keras: Any) -> Any:
    class Stubborn(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.drop = keras.layers.Dropout(0.5, name="drop")

        def call(self, x: Any, training: bool = False) -> Any:
            return self.drop(x, training=True)

    model = Stubborn()
    model(np.zeros((2, 3), "float32"))
    return model


def unstripped_pruning_wrapper(keras: Any) -> Any:
    class PruneLowMagnitude(keras.layers.Wrapper):
        """Masks the kernel at each call, as the wrapper of tfmot does."""

        def build(self, input_shape: Any) -> None:
            self.layer.build(input_shape)
            self.mask = self.add_weight(
                name="mask", shape=(3, 2), initializer="ones", trainable=False
            )

        def call(self, x: Any, training: Any = None) -> Any:
            self.layer.kernel.assign(self.layer.kernel * self.mask)
            return self.layer(x)

    x = keras.layers.Input((3,))
    dense = keras.layers.Dense(2, name="dense")
    return keras.Model(x, PruneLowMagnitude(dense)(x))


def counting_layer(keras: Any) -> Any:
    class Counter(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.calls = self.add_weight(name="calls", shape=(), initializer="zeros")

        def call(self, x: Any) -> Any:
            self.calls.assign(self.calls + 1.0)
            return x + self.calls

    x = keras.layers.Input((3,))
    return keras.Model(x, Counter(name="counter")(x))


def variable_of_nobody(keras: Any) -> Any:
    import tensorflow as tf

    calls = tf.Variable(0.0, name="calls")

    class Counter(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x + calls.assign_add(1.0)

    x = keras.layers.Input((3,))
    return keras.Model(x, Counter(name="counter")(x))


@pytest.mark.parametrize(
    ("make", "message", "fix"),
    [
        (
            training_batch_normalization,
            "moving_mean.* of its layer `normal`, of type `BatchNormalization`: it is in training",
            "never call the layer with `training=True`",
        ),
        (
            unstripped_pruning_wrapper,
            "kernel.* of its layer `dense`, of type `Dense`: its pruning wrappers are still there",
            "strip_pruning",
        ),
        (
            counting_layer,
            "calls.* of its layer `counter`, of type `Counter`: a weight is not a state",
            "trainable=False",
        ),
        (variable_of_nobody, "`calls`: none of its layers holds it", "trainable=False"),
    ],
)
def test_what_is_no_state_is_not_assigned(
    keras: Any, check: Check, make: Callable[[Any], Any], message: str, fix: str
) -> None:
    with pytest.raises(
        Mistake, match=f"called for inference, the Keras model .*{message}"
    ) as caught:
        check(make(keras))
    assert caught.value.field == "entry_point"
    assert fix in caught.value.fix


def test_random_numbers_are_for_training(check: Check) -> None:
    import keras

    message = (
        "seed_generator_state` of its layer `drop`, of type `Dropout`: it draws random numbers"
    )
    with pytest.raises(Mistake, match=message):
        check(training_dropout(keras))


def test_a_predict_of_the_models_own_is_the_truth(keras: Any, check: Check) -> None:
    class Percent(keras.Model):
        def predict_step(self, data: Any) -> Any:
            return 100.0 * super().predict_step(data)

    x = keras.layers.Input((3,))
    with pytest.raises(Mistake, match="which overrides `predict_step`"):
        check(Percent(x, keras.layers.Dense(2)(x)))


def test_assignments_inside_of_functions_loops_and_branches(tf: Any) -> None:
    variables = {name: tf.Variable(1.0, name=name) for name in "abcdefg"}

    @tf.function(autograph=False)
    def inner(x: Any) -> Any:
        variables["b"].assign_add(x)
        return x + variables["g"]

    def body(i: Any, x: Any) -> Any:
        variables["c"].assign(x)
        return i + 1, x * variables["g"]

    def branch() -> Any:
        variables["d"].assign(2.0)
        return variables["g"] * 1.0

    @tf.function(input_signature=[tf.TensorSpec([])], autograph=False)
    def outer(x: Any) -> Any:
        x = x + variables["a"].assign_add(1.0)
        x = inner(x)
        _, x = tf.while_loop(lambda i, _: i < 3, body, (0, x))
        x = tf.cond(x > 0, branch, lambda: variables["e"] * x)
        return tf.switch_case(
            tf.cast(x, tf.int32), [lambda: variables["f"].assign(x) * 1.0, branch]
        )

    function = outer.get_concrete_function()
    assert [variable.name[0] for variable in assigned_variables(function)] == list("abcdf")


def test_a_function_of_the_users_own_calls_models_for_inference(tf: Any, keras: Any) -> None:
    """Keras 2 is in inference mode by default, and Keras 3 in that of the first layer."""
    model = resizing_model(keras)
    spec = tf.TensorSpec((None, 12, 16, 3), name="frame")

    def signature(training: bool | None) -> Any:
        def serve(frame: Any) -> Any:
            return model(frame, training=training)

        return tf.function(serve, input_signature=[spec], autograph=False)

    assert to_exportable((model, {"serving_default": signature(False)})).signatures
    message = "the default signature assigns the variable .* of the layer .* as training does"
    with pytest.raises(Mistake, match=message):
        to_exportable((model, {"serving_default": signature(True)}))
    holder = tf.Module()
    holder.model, holder.serve = model, signature(True)
    with pytest.raises(Mistake, match=message) as caught:
        to_exportable(holder)
    assert "`training=False`" in caught.value.fix
    # Other signatures may train.
    assert to_exportable((model, {"adapt": signature(True)})).signatures
