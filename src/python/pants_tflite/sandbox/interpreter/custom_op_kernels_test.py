# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel
from pants_tflite.sandbox.interpreter.exact_tensors import with_exact_tensors
from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.interpreter.litert_interpreter import (
    FAST_KERNELS,
    REFERENCE_KERNELS,
    LoadedModel,
)
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.testing.host_kernel import OP, REGISTRATION, build_kernel
from pants_tflite.sandbox.testing.small_models import SERVING, OpSpec, TensorSpec, build_model
from pants_tflite.sandbox.tflite.model_reader import parse_model

X = np.array([[1.0, -2.5, 7.0]], np.float32)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Kernel:
    return build_kernel(tmp_path_factory.mktemp("kernel"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """softmax(2 (2 x)): the op twice, and one that LiteRT has."""
    names = ("x", "doubled", "again", "y")
    path = tmp_path / "model.tflite"
    path.write_bytes(
        build_model(
            [TensorSpec(name, (None, 3)) for name in names],
            [
                OpSpec(OP, ("x",), ("doubled",), custom=True),
                OpSpec(OP, ("doubled",), ("again",), custom=True),
                OpSpec("SOFTMAX", ("again",), ("y",)),
            ],
            SERVING,
        )
    )
    return path


def load(path: Path, *kernels: Kernel, resolver=REFERENCE_KERNELS) -> LoadedModel:
    model = parse_model(path.read_bytes())
    return LoadedModel(path, model, field="source", kernels=resolver, custom_kernels=kernels)


def run(loaded: LoadedModel, path: Path, x: np.ndarray) -> np.ndarray:
    return loaded.run(parse_model(path.read_bytes()).callables[0], {"x": x})["y"]


def softmax(x: np.ndarray) -> np.ndarray:
    exponents = np.exp(x - x.max(axis=-1, keepdims=True))
    return exponents / exponents.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("resolver", [REFERENCE_KERNELS, FAST_KERNELS])
def test_kernels_beside_those_of_litert(kernel: Kernel, model: Path, resolver: object) -> None:
    loaded = load(model, kernel, resolver=resolver)
    np.testing.assert_allclose(run(loaded, model, X), softmax(4 * X), rtol=1e-5)
    rows = np.concatenate([X, -X])
    np.testing.assert_allclose(run(loaded, model, rows), softmax(4 * rows), rtol=1e-5)


def test_interpreters_come_and_go(kernel: Kernel, model: Path) -> None:
    loaded = [load(model, kernel) for _ in range(3)]
    del loaded[1]
    gc.collect()
    for each in loaded:
        np.testing.assert_allclose(run(each, model, X), softmax(4 * X), rtol=1e-5)


def test_kernel_in_memory_of_its_tensors_size(kernel: Kernel, model: Path) -> None:
    loaded = load(model, replace(kernel, adapt=with_exact_tensors))
    np.testing.assert_allclose(run(loaded, model, X), softmax(4 * X), rtol=1e-5)


def test_without_the_kernel_the_op_is_unknown(model: Path) -> None:
    with pytest.raises(Mistake) as raised:
        run(load(model), model, X)
    assert "unresolved custom op: Twice" in raised.value.message


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"library": Path("none.so")}, "cannot be loaded: "),
        ({"registration": "Register_ATAN"}, "undefined symbol: Register_ATAN"),
        ({"registration": "Register_NOTHING"}, "`Register_NOTHING` returns NULL"),
    ],
)
def test_kernels_that_cannot_be_used(
    kernel: Kernel, model: Path, changes: dict, expected: str
) -> None:
    with pytest.raises(Mistake) as raised:
        load(model, replace(kernel, **changes))
    assert expected in raised.value.message
    assert (raised.value.field, raised.value.value) == ("custom_ops", OP)


def test_kernels_in_a_request() -> None:
    libraries = [KernelLibrary(OP, "a/b.so", REGISTRATION)]
    assert Kernel.of_all(libraries) == (Kernel(OP, Path("a/b.so"), REGISTRATION),)
