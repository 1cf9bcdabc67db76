# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import textwrap

import pytest

from pants_tflite.tailoring.python_code import MODEL, SAMPLES, FoundFunction, read_python

_IMPORTS = """\
from typing import Iterator

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L
from tensorflow.keras.models import Sequential as Stack


class Signed(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 1])])
    def __call__(self, x):
        return x


class Unsigned(tf.Module):
    @tf.function
    def __call__(self, x):
        return x


class Subclassed(keras.Model):
    pass


"""


def _functions(code: str) -> dict[str, str]:
    found = read_python(_IMPORTS + textwrap.dedent(code)).functions
    return {function.name: function.kind for function in found}


@pytest.mark.parametrize(
    "body",
    [
        "x = keras.Input((2,)); return keras.Model(x, x)",
        "x = keras.Input((2,)); model = keras.Model(x, x); model.fit(x); return model",
        "model: keras.Model = tf.keras.Model(inputs=1, outputs=2); return model",
        "return keras.Sequential([keras.Input((2,)), L.Dense(1)])",
        "return Stack([L.Dense(1, input_shape=(2,))])",
        "model = keras.Sequential([L.Dense(1)]); model.fit(1); return model",
        "return Signed()",
        "module = Unsigned(); return module, {'serving_default': module.__call__}",
        "names = {'a': 1}; return Signed(), names",
        "if tf: return keras.Model(1, 2)\n    return tf.keras.Model(3, 4)",
    ],
)
def test_a_function_that_returns_a_model(body: str) -> None:
    assert _functions(f"def export():\n    {body}\n") == {"export": MODEL}


@pytest.mark.parametrize(
    "body",
    [
        "return None",
        "return",
        "pass",
        "return keras.Sequential([L.Dense(1)])",
        # The layers come later: too little is known.
        "model = keras.Sequential(); model.add(L.Dense(1, input_shape=(2,))); return model",
        "return Unsigned()",
        "return Subclassed()",
        "return other()",
        "model = keras.Model(1, 2); model = other(model); return model",
        "for model in [keras.Model(1, 2)]: pass\n    return model",
        "if tf: return None\n    return keras.Model(1, 2)",
        "def inner():\n        return keras.Model(1, 2)\n    return inner",
        "return keras.Model",
        "return (Signed(), 1)",
        "yield keras.Model(1, 2)",
    ],
)
def test_a_function_that_may_return_something_else(body: str) -> None:
    assert _functions(f"def export():\n    {body}\n") == {}


@pytest.mark.parametrize(
    "type_name", ["keras.Model", "'tf.Module'", "tf.keras.Sequential", "Signed"]
)
def test_an_annotation_says_what_is_returned(type_name: str) -> None:
    assert _functions(f"def export() -> {type_name}:\n    return other()\n") == {"export": MODEL}


@pytest.mark.parametrize(
    "type_name", ["Subclassed", "Unsigned", "None", "'not a type'", "int", "L.Layer"]
)
def test_an_annotation_says_that_it_is_something_else(type_name: str) -> None:
    code = f"def export() -> {type_name}:\n    return keras.Model(1, 2)\n"
    assert _functions(code) == {}


@pytest.mark.parametrize(
    "function",
    [
        "def calibration():\n    yield np.zeros(2)",
        "def validation_samples() -> Iterator:\n    yield from ()",
        "def points() -> Iterator[np.ndarray]:\n    yield np.zeros(2)",
        "def pairs() -> Iterator[tuple[np.ndarray, int]]:\n    yield np.zeros(2), 1",
        "def later() -> 'Iterator[dict[str, np.ndarray]]':\n    yield {}",
        "def samples(count=3, *, scale=1.0):\n    yield np.zeros(2)",
    ],
)
def test_a_function_that_yields_samples(function: str) -> None:
    assert list(_functions(function).values()) == [SAMPLES]


@pytest.mark.parametrize(
    "function",
    [
        "def calibration():\n    return [np.zeros(2)]",
        "def representative():\n    yield [np.zeros((1, 2))]",
        "def lines() -> Iterator[str]:\n    yield 'a'",
        "def samples(count):\n    yield np.zeros(2)",
        "def samples(*, count):\n    yield np.zeros(2)",
        "def _samples():\n    yield np.zeros(2)",
        "@fixture\ndef samples():\n    yield np.zeros(2)",
        "async def samples():\n    yield np.zeros(2)",
        "def wrapper():\n    def samples():\n        yield np.zeros(2)\n    return samples",
    ],
)
def test_a_function_that_yields_something_else_or_cannot_be_called(function: str) -> None:
    assert _functions(function) == {}


def test_a_name_alone_says_nothing_without_arrays() -> None:
    code = "def validation():\n    yield 'an error'\n"
    assert read_python(code).functions == ()
    assert read_python(f"import numpy\n{code}").functions == (FoundFunction("validation", SAMPLES),)


def test_a_function_that_the_file_itself_uses_is_a_helper() -> None:
    code = """\
    def build():
        return keras.Model(1, 2)

    def export() -> keras.Model:
        model = build()
        return model

    def representative_samples():
        yield np.zeros((1, 2))

    converter.representative_dataset = representative_samples
    """
    assert _functions(code) == {"export": MODEL}


def test_a_function_that_calls_itself_is_no_helper() -> None:
    code = "def export() -> keras.Model:\n    return export()\n"
    assert _functions(code) == {"export": MODEL}


@pytest.mark.parametrize(
    "guard", ['if __name__ == "__main__":\n    pass\n', "if '__main__' == __name__: pass\n"]
)
def test_a_script_offers_nothing(guard: str) -> None:
    export = "def export() -> keras.Model:\n    return other()\n"
    assert _functions(export + guard) == {}
    assert _functions(export + "if __name__ == 'other': pass\n") == {"export": MODEL}


@pytest.mark.parametrize(
    "content", [b"def (", b"\x00", b"\xff\xfe", b"(" * 100_000, b"-" * 100_000 + b"1", b""]
)
def test_what_cannot_be_read_offers_nothing(content: bytes) -> None:
    assert read_python(content).functions == ()


def test_uses_of_other_files() -> None:
    code = """\
    import models.layers
    from models import data as d
    from models.heads import build as build_head
    from . import own

    x = models.layers.build(), d.samples(), own.train()
    """
    uses = read_python(textwrap.dedent(code)).uses
    assert {("layers", "build"), ("data", "samples"), ("heads", "build"), ("own", "train")} <= uses
