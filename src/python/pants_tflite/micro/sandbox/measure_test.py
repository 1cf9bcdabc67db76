# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tflite_micro", reason="its wheels are for Linux x86_64 only")

from pants_tflite.micro.sandbox.arena import bisect  # noqa: E402
from pants_tflite.micro.sandbox.measure import main  # noqa: E402
from pants_tflite.micro.sandbox.measure_protocol import (  # noqa: E402
    ArenaTensor,
    Lack,
    MeasurementReport,
    MeasureRequest,
    MicroKernelOps,
    Refusal,
)
from pants_tflite.micro.sandbox.micro_interpreter import run_zeros  # noqa: E402
from pants_tflite.micro.sandbox.testing_vectors import measure_model  # noqa: E402
from pants_tflite.sandbox.coverage.attempts import attempt  # noqa: E402
from pants_tflite.sandbox.samples.npz_files import write_npz  # noqa: E402
from pants_tflite.sandbox.testing.published_models import SHARED_MODELS, needs_models  # noqa: E402
from pants_tflite.sandbox.testing.small_models import (  # noqa: E402
    SERVING,
    OpSpec,
    TensorSpec,
    aborting_model,
    build_model,
    custom_op_model,
    linear_model,
    pack,
    quantized_linear_model,
    stateful_model,
    unpack,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# An op with a kernel that nothing here can run.
TWICE = MicroKernelOps(("Twice",), program=None)


def refusal_of(
    data: bytes, *, golden: bool = False, kernels: MicroKernelOps | None = None
) -> Refusal:
    refusal = measure_model(data, golden=golden, kernels=kernels).refusal
    assert refusal is not None
    return refusal


def lacking_model() -> bytes:
    """Two ops that TFLite Micro lacks, one of them twice, a type that it lacks, and an op it has."""
    floats = [TensorSpec(name, (1, 4)) for name in ("x", "a", "b", "c", "y")]
    longs = [TensorSpec(name, (1, 4), "int64") for name in ("n", "m")]
    ops = [
        OpSpec("GELU", ("x",), ("a",)),
        OpSpec("ABS", ("a",), ("b",)),
        OpSpec("GELU", ("b",), ("c",)),
        OpSpec("ATAN2", ("c", "c"), ("y",)),
        OpSpec("ADD", ("n", "n"), ("m",)),
    ]
    return build_model([*floats, *longs], ops, inputs=("x", "n"), outputs=("y", "m"))


def test_each_golden_call_of_a_model_with_a_state_starts_afresh() -> None:
    golden = measure_model(stateful_model(), golden=True).golden
    assert golden is not None and golden.calls == 4
    assert golden.outputs[0].exact


def test_the_golden_calls_of_a_sequence_are_in_turn() -> None:
    calls = np.arange(1, 4, dtype=np.float32).reshape(3, 1, 1)
    measure_model(stateful_model(), golden=True)
    report = measure_calls(x=calls, y=calls + [[[0]], [[1]], [[2]]], sequence=True)
    assert report.golden is not None and report.golden.outputs[0].exact
    report = measure_calls(x=calls, y=calls, sequence=True)
    assert report.golden is not None and not report.golden.outputs[0].exact


def measure_calls(*, sequence: bool, **tensors: np.ndarray) -> MeasurementReport:
    """Measures `model.tflite` against golden files with these tensors of `serving_default`."""
    for kind, name in (("input", "x"), ("output", "y")):
        arrays = {f"serving_default/{name}": tensors[name].astype(np.float32)}
        if sequence:
            arrays["serving_default/sequence"] = np.array(True)
        write_npz(Path(f"out/golden_{kind}.npz"), arrays)
    main(MeasureRequest("model.tflite", "out/golden_input.npz", "out/golden_output.npz", None))
    return MeasurementReport.parse(Path("out/measurement.json").read_bytes())


@pytest.mark.parametrize(("low", "high", "least"), [(0, 4096, 1600), (1584, 1600, 1600)])
def test_bisect(low: int, high: int, least: int) -> None:
    assert bisect(lambda size: size >= least, low, high) == least


@pytest.mark.parametrize(
    "data",
    [
        linear_model(),
        linear_model(signature=False),
        quantized_linear_model(),
        quantized_linear_model(io_type="int8"),
        quantized_linear_model(activation_type="int16"),
    ],
)
def test_the_arena_is_the_smallest_that_works(data: bytes) -> None:
    report = measure_model(data, golden=True)
    assert report.refusal is None
    assert report.arena is not None and report.golden is not None
    smallest = report.arena.smallest
    assert smallest is not None and smallest % 16 == 0
    assert attempt(lambda: run_zeros(data, smallest, 1)).succeeded
    assert not attempt(lambda: run_zeros(data, smallest - 16, 1)).succeeded
    assert report.golden.calls == 4
    (output,) = report.golden.outputs
    assert output.largest_difference is not None
    assert output.largest_difference <= (1e-6 if output.unit == "relative" else 1)


def test_what_a_model_keeps_does_not_depend_on_the_size_of_its_tensors() -> None:
    small, large = (measure_model(linear_model(features=n), golden=False).arena for n in (4, 64))
    assert small is not None and large is not None
    assert small.persistent == large.persistent is not None
    # The input of 4 bytes a feature, and the output.
    assert (small.overlaid, large.overlaid) == (16 + 16, 256 + 16)
    for arena in (small, large):
        assert arena.smallest is not None and arena.persistent is not None
        assert arena.persistent < arena.smallest


def test_largest_tensor_and_runtime() -> None:
    report = measure_model(linear_model(features=7), golden=False)
    assert report.arena is not None
    assert report.arena.largest_tensor == ArenaTensor("x", (1, 7), "float32", 28)
    assert report.golden is None
    measured_on = report.measured_on
    assert (measured_on.runtime, measured_on.pointer_bits) == ("tflite-micro", 64)
    assert measured_on.version.startswith("0.dev")


def test_a_model_of_constants() -> None:
    data = build_model([TensorSpec("y", (1, 3), value=1.0)], [], inputs=())
    report = measure_model(data, golden=False)
    assert report.refusal is None
    assert report.arena is not None
    assert report.arena.largest_tensor.bytes == 12


def test_everything_that_is_lacking_is_listed() -> None:
    lacks = refusal_of(lacking_model()).lacks
    assert [(lack.op, lack.count) for lack in lacks] == [
        ("ADD", 1),
        ("ATAN2", 1),
        ("GELU", 2),
    ]
    causes = {lack.op: lack.cause for lack in lacks}
    assert causes["GELU"] == causes["ATAN2"] == "it has no kernel for this op"
    assert causes["ADD"] == "Type INT64 (4) not supported."


def test_custom_op() -> None:
    lacks = refusal_of(custom_op_model("Twice")).lacks
    assert lacks == (Lack("Twice", "it has no kernel for this op", 1),)


def test_an_op_with_a_kernel_is_no_lack_and_nothing_is_measured() -> None:
    report = measure_model(custom_op_model("Twice"), golden=False, kernels=TWICE)
    assert report.refusal is None
    assert report.arena is not None and report.golden is not None
    assert report.arena.smallest is None
    assert report.arena.largest_tensor.name == "x"
    assert "cannot load the kernels" in (report.golden.not_compared or "")


def test_the_other_ops_of_a_model_with_a_kernel_are_tried() -> None:
    tensors = [TensorSpec(name, (1, 4)) for name in ("x", "a", "b", "y")]
    ops = [
        OpSpec("Twice", ("x",), ("a",), custom=True),
        OpSpec("GELU", ("a",), ("b",)),
        OpSpec("ABS", ("b",), ("y",)),
    ]
    refusal = refusal_of(build_model(tensors, ops), kernels=TWICE)
    assert [lack.op for lack in refusal.lacks] == ["GELU"]


def test_float16_weights() -> None:
    data = build_model(
        [
            TensorSpec("x", (1, 4)),
            TensorSpec("half", (1, 4), "float16", value=0.5),
            TensorSpec("weights", (1, 4)),
            TensorSpec("y", (1, 1)),
        ],
        [
            OpSpec("DEQUANTIZE", ("half",), ("weights",)),
            OpSpec("FULLY_CONNECTED", ("x", "weights", ""), ("y",)),
        ],
        SERVING,
    )
    (lack,) = refusal_of(data, golden=True).lacks
    assert lack.op == "DEQUANTIZE"
    assert lack.cause.startswith("kernels/dequantize_common.cc")


def test_a_model_that_kills_its_process() -> None:
    assert "SIGABRT" in refusal_of(aborting_model()).cause


def test_weights_outside_of_the_flatbuffer(folder: Path) -> None:
    model = unpack(linear_model())
    model.buffers[2].data = None
    model.buffers[2].offset, model.buffers[2].size = 64, 4
    assert "outside of the model's flatbuffer" in refusal_of(pack(model)).cause


def test_the_same_bytes_each_time() -> None:
    def report() -> bytes:
        measure_model(quantized_linear_model(), golden=True)
        return Path("out/measurement.json").read_bytes()

    assert report() == report()


# Arena, largest difference in steps (or relative) for each output; None: not compared.
PUBLISHED: list[tuple[str, int, Any]] = [
    ("hello_world_float.tflite", 1936, 0),
    ("hello_world_int8.tflite", 1936, 1),
    ("ic/pretrainedResnet.tflite", 203376, 1e-6),
    ("ic/pretrainedResnet_quant.tflite", 55984, 2),
    ("kws/kws_ref_model.tflite", 24272, 0),
    ("micro_speech_quantized.tflite", 7584, 2),
    ("trained_lstm_int8.tflite", 4208, 2),
]


@needs_models
@pytest.mark.parametrize(("name", "arena", "difference"), PUBLISHED)
def test_published_models(name: str, arena: int, difference: float) -> None:
    report = measure_model((Path(SHARED_MODELS) / name).read_bytes(), golden=True)
    assert report.arena is not None and report.golden is not None
    assert report.arena.smallest == arena
    (output,) = report.golden.outputs
    assert output.largest_difference is not None and output.largest_difference <= difference


@needs_models
@pytest.mark.parametrize(
    ("name", "arena"), [("person_detect.tflite", 85264), ("audio_preprocessor_int8.tflite", 10224)]
)
def test_published_models_that_litert_does_not_run(name: str, arena: int) -> None:
    shutil.copy(Path(SHARED_MODELS) / name, "model.tflite")
    report = measure_model(Path("model.tflite").read_bytes(), golden=False)
    assert report.arena is not None
    assert (report.arena.smallest, report.golden) == (arena, None)


@needs_models
def test_published_hybrid_model() -> None:
    data = (Path(SHARED_MODELS) / "kws/kws_ref_model_float32.tflite").read_bytes()
    (lack,) = refusal_of(data).lacks
    assert (lack.op, lack.count) == ("CONV_2D", 5)
    assert "Hybrid models are not supported" in lack.cause


def test_a_damaged_model_is_a_crash() -> None:
    Path("model.tflite").write_bytes(b"TFL3")
    with pytest.raises(ValueError):
        main(MeasureRequest("model.tflite", None, None, None))
