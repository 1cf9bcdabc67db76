# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The op that computes something else with TFLite Micro is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tflite_micro", reason="its wheels are for Linux x86_64 only")

from pants_tflite.micro.sandbox.find_differing_op import main  # noqa: E402
from pants_tflite.micro.sandbox.find_differing_op_protocol import (  # noqa: E402
    DifferingOpReport,
    FindDifferingOpRequest,
)
from pants_tflite.micro.sandbox.measure_protocol import MicroKernelOps  # noqa: E402
from pants_tflite.micro.sandbox.testing_vectors import measure_model, write_golden  # noqa: E402
from pants_tflite.sandbox.testing.published_models import SHARED_MODELS, needs_models  # noqa: E402
from pants_tflite.sandbox.testing.small_models import (  # noqa: E402
    SERVING,
    OpSpec,
    TensorSpec,
    build_model,
    stateful_model,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def differing_model() -> bytes:
    """Two dense layers in int8, in which the runtimes round some products differently."""
    random = np.random.default_rng(0)
    size = 64
    tensors = [
        TensorSpec("x", (1, size), "int8", scale=0.05),
        TensorSpec("net/relu/Relu", (1, size), "int8", scale=0.05),
        TensorSpec("net/first/MatMul", (1, size), "int8", scale=0.13),
        TensorSpec("y", (1, size), "int8", scale=0.3),
    ]
    ops = [OpSpec("RELU", ("x",), ("net/relu/Relu",), version=2)]
    source = "net/relu/Relu"
    for name, result, scale in (("a", "net/first/MatMul", 0.05), ("b", "y", 0.13)):
        tensors += [
            TensorSpec(
                f"{name}/weights",
                (size, size),
                "int8",
                value=random.integers(-1, 2, (size, size)),
                scale=1.0,
            ),
            TensorSpec(f"{name}/bias", (size,), "int32", value=0, scale=scale),
        ]
        inputs = (source, f"{name}/weights", f"{name}/bias")
        ops.append(OpSpec("FULLY_CONNECTED", inputs, (result,), version=4))
        source = result
    return build_model(tensors, ops, SERVING)


def find(data: bytes, kernels: MicroKernelOps | None = None) -> DifferingOpReport:
    write_golden(data)
    main(
        FindDifferingOpRequest(
            model="model.tflite",
            golden_input="out/golden_input.npz",
            golden_output="out/golden_output.npz",
            kernels=kernels,
            litert_kernels=(),
        )
    )
    return DifferingOpReport.parse(Path("out/differing_op.json").read_bytes())


def test_the_first_op_that_differs_is_named_with_its_layer() -> None:
    report = measure_model(differing_model(), golden=True)
    assert report.golden is not None and not report.golden.outputs[0].exact
    found = find(differing_model())
    assert found.not_found is None
    assert found.first is not None and found.worst is not None
    assert (found.first.index, found.first.op) == (1, "FULLY_CONNECTED")
    assert (found.first.tensor, found.first.layer) == ("net/first/MatMul", "net/first")
    assert found.first.difference.unit == "steps"
    assert found.first.difference.largest_difference == 1.0
    assert 0 < found.first.difference.differing_elements < found.first.difference.elements
    assert found.worst.op == "FULLY_CONNECTED"


def test_equal_runtimes_leave_no_op_to_name() -> None:
    model = build_model(
        [TensorSpec("x", (1, 4)), TensorSpec("y", (1, 4))],
        [OpSpec("RELU", ("x",), ("y",))],
        SERVING,
    )
    found = find(model)
    assert found.first is None and found.worst is None
    assert found.not_found is not None and "no op differs" in found.not_found


def test_models_with_a_state_are_walked() -> None:
    found = find(stateful_model())
    assert found.not_found is not None and "no op differs" in found.not_found


def test_kernels_that_nothing_runs_are_said() -> None:
    found = find(differing_model(), MicroKernelOps(("Twice",), program=None))
    assert found.first is None
    assert found.not_found is not None and "cannot load the kernels" in found.not_found


@needs_models
def test_a_published_model_that_is_a_step_off() -> None:
    found = find(Path(SHARED_MODELS, "hello_world_int8.tflite").read_bytes())
    assert found.first is not None
    assert (found.first.op, found.first.layer) == ("FULLY_CONNECTED", "sequential/dense_1")
