# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest

from pants_tflite.sandbox.testing.small_models import (
    SERVING,
    OpSpec,
    TensorSpec,
    build_model,
    linear_model,
    softmax_model,
)
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.verification.score_outputs import score_outputs


def scores_of(data: bytes) -> frozenset[str]:
    model = parse_model(data)
    return score_outputs(model, model.callables[0])


def concatenation(*ops: str) -> bytes:
    """A model whose output joins what two ops make of its input."""
    names = ("first", "second")
    tensors = [TensorSpec(name, (1, 2)) for name in ("x", *names)]
    return build_model(
        [*tensors, TensorSpec("y", (1, 4))],
        [
            *(OpSpec(op, ("x",), (name,)) for op, name in zip(ops, names)),
            OpSpec("CONCATENATION", names, ("y",)),
        ],
        SERVING,
    )


@pytest.mark.parametrize(
    "data, expected",
    [
        (softmax_model(), {"y"}),
        (linear_model(), set()),
        (concatenation("LOGISTIC", "SOFTMAX"), {"y"}),
        (concatenation("LOGISTIC", "RELU"), set()),
    ],
)
def test_outputs_that_are_computed_as_scores(data: bytes, expected: set[str]) -> None:
    assert scores_of(data) == expected


def test_an_output_that_is_an_input() -> None:
    model = build_model([TensorSpec("x", (1, 2)), TensorSpec("y", (1, 2))], [], SERVING)
    assert scores_of(model) == set()


def test_a_tensor_that_only_changes_its_type() -> None:
    model = build_model(
        [
            TensorSpec("x", (1, 2), "int8", scale=0.1),
            TensorSpec("p", (1, 2), "int8", scale=1 / 256, zero_point=-128),
            TensorSpec("y", (1, 2)),
        ],
        [
            OpSpec("LOGISTIC", ("x",), ("p",), version=2),
            OpSpec("DEQUANTIZE", ("p",), ("y",), version=2),
        ],
        SERVING,
    )
    assert scores_of(model) == {"y"}
