# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""An untrained model is as large as the trained one, and of the same ops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pants_tflite.sandbox.saved_models.canonical_saved_model import Exportable
from pants_tflite.sandbox.saved_models.returned_models import to_exportable
from pants_tflite.sandbox.saved_models.tensorflow_runtime import seed_training, start_tensorflow
from pants_tflite.sandbox.saved_models.untrained_weights import vary_equal_weights


@pytest.fixture(scope="module")
def tf() -> Any:
    tf = start_tensorflow(threads=1)
    seed_training(0)
    return tf


def _network() -> Any:
    import keras

    # Layers are numbered, and names take space in a model.
    keras.backend.clear_session()
    return keras.Sequential(
        [
            keras.Input((6, 6, 2), name="image"),
            keras.layers.Conv2D(4, 3, activation="relu"),
            # After an activation, it cannot become part of the convolution.
            keras.layers.BatchNormalization(),
            keras.layers.Conv2D(4, 3),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(4),
        ]
    )


def _convert(tf: Any, model: Any) -> tuple[int, list[str]]:
    """The size of the converted model, and its ops."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.exclude_conversion_metadata = True
    content = converter.convert()
    details = tf.lite.Interpreter(model_content=content)._get_ops_details()
    return len(content), sorted(op["op_name"] for op in details if op["op_name"] != "DELEGATE")


def test_size_and_ops_are_those_of_the_trained_model(tf: Any) -> None:
    trained, untrained = _network(), _network()
    random = np.random.default_rng(1)
    trained.set_weights([random.uniform(0.5, 1.5, w.shape) for w in trained.get_weights()])
    assert _convert(tf, untrained) != _convert(tf, trained)
    vary_equal_weights(to_exportable(untrained), seed=0)
    assert _convert(tf, untrained) == _convert(tf, trained)


def test_weights_stay_near_what_they_were(tf: Any) -> None:
    network = _network()
    before = network.get_weights()
    varied = vary_equal_weights(to_exportable(network), seed=0)
    # Three biases, and four weights of each normalization.
    assert len(varied) == 11
    for old, new in zip(before, network.get_weights()):
        if (old == old.flat[0]).all():
            assert len(np.unique(new)) == new.size
            assert 0 < np.abs(new - old).max() < 0.02
        else:
            assert (old == new).all()


def test_a_seed_gives_the_same_weights(tf: Any) -> None:
    def bias(seed: int) -> list[float]:
        network = _network()
        vary_equal_weights(to_exportable(network), seed=seed)
        return list(network.get_weights()[1])

    assert bias(3) == bias(3) != bias(4)


def test_a_state_and_whole_numbers_are_no_weights(tf: Any) -> None:
    class Counter(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.state = tf.Variable(tf.zeros([1, 3]))
            self.table = tf.Variable(tf.ones([3], tf.int32))
            self.bias = tf.Variable(tf.zeros([3]))

        @tf.function(input_signature=[tf.TensorSpec([1, 3], tf.float32, name="x")])
        def __call__(self, x: Any) -> Any:
            self.state.assign_add(x)
            return self.state + self.bias + tf.cast(self.table, tf.float32)

    counter = Counter()
    exportable: Exportable = to_exportable(counter)
    (varied,) = vary_equal_weights(exportable, seed=0)
    assert varied is counter.bias
