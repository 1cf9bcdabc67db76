# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tflite_micro", reason="its wheels are for Linux x86_64 only")

from pants_tflite.micro.sandbox import measure  # noqa: E402
from pants_tflite.micro.sandbox.measure_protocol import (  # noqa: E402
    MeasurementReport,
    MeasureRequest,
)
from pants_tflite.micro.sandbox.verify_micro import main  # noqa: E402
from pants_tflite.micro.sandbox.verify_micro_protocol import VerifyMicroRequest  # noqa: E402
from pants_tflite.sandbox.mistakes import Mistake  # noqa: E402
from pants_tflite.sandbox.samples.npz_files import SEQUENCE, read_npz, write_npz  # noqa: E402
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
    unpack,
)
from pants_tflite.sandbox.verification.verify_protocol import VerificationReport  # noqa: E402

SHARED_MODELS = os.environ.get("PANTS_TFLITE_SHARED_MODELS", "")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()


def micro_only_model() -> bytes:
    """y = 2 x - 1, with a bias that says what LiteRT refuses, as old converters wrote it."""
    model = unpack(quantized_linear_model(io_type="int8"))
    model.subgraphs[0].tensors[2].quantization.quantizedDimension = 3
    return pack(model)


def verify(
    data: bytes, dataset: str | None = None, custom_ops: tuple[str, ...] = ()
) -> VerificationReport:
    Path("model.tflite").write_bytes(data)
    main(
        VerifyMicroRequest(
            model="model.tflite",
            dataset=dataset,
            dataset_field="verify_dataset",
            runtime_field="runtime",
            custom_ops=custom_ops,
            max_samples=6,
            seed=0,
        )
    )
    return VerificationReport.parse(Path("out/verification.json").read_bytes())


def write_dataset(samples: np.ndarray) -> str:
    write_npz(Path("dataset.npz"), {"input/x": samples})
    return "dataset.npz"


def test_the_report_says_why_litert_does_not_run_it() -> None:
    report = verify(micro_only_model())
    assert report.micro_only is not None
    assert report.micro_only.startswith("LiteRT 2.3.0 refuses the model: quantized_dimension must")
    assert (report.kernels, list(report.tools)) == ("tflite-micro", ["tflite-micro"])
    assert (report.samples.count, report.samples.source) == (6, "seeded")
    assert report.not_run is None


def test_golden_files_hold_what_the_model_computes() -> None:
    verify(micro_only_model())
    (key,) = inputs = read_npz(Path("out/golden_input.npz"))
    outputs = read_npz(Path("out/golden_output.npz"))
    assert key == "serving_default/x"
    x = inputs[key].astype(np.float64) * 20 / 254
    y = outputs["serving_default/y"].astype(np.float64) * 42 / 254
    assert x.shape == y.shape == (4, 1, 1)
    np.testing.assert_allclose(y, 2 * x - 1, atol=0.17)
    assert np.ptp(y) > 1


def test_measuring_replays_the_golden_files() -> None:
    verify(micro_only_model())
    measure.main(
        MeasureRequest(
            model="model.tflite",
            golden_input="out/golden_input.npz",
            golden_output="out/golden_output.npz",
            kernels=None,
        )
    )
    report = MeasurementReport.parse(Path("out/measurement.json").read_bytes())
    assert report.golden is not None
    assert [output.exact for output in report.golden.outputs] == [True]


@pytest.mark.parametrize("data", [linear_model(), quantized_linear_model(io_type="int8")])
def test_a_model_that_litert_runs_is_refused(data: bytes) -> None:
    with pytest.raises(Mistake) as caught:
        verify(data)
    assert (caught.value.field, caught.value.message) == ("runtime", "LiteRT 2.3.0 runs the model")


def test_a_model_that_neither_runs_is_refused() -> None:
    with pytest.raises(Mistake, match="does not run the model either: Twice: it has no") as caught:
        verify(custom_op_model(), custom_ops=("Twice",))
    assert caught.value.field == "source"


def test_a_model_that_ends_the_process_of_both_is_refused() -> None:
    with pytest.raises(Mistake, match="does not run the model either: SOFTMAX: "):
        verify(aborting_model())


def test_an_undeclared_custom_op_is_refused() -> None:
    with pytest.raises(Mistake, match="the custom ops Twice, which are not declared"):
        verify(custom_op_model())


def test_real_samples_must_yield_numbers() -> None:
    model = unpack(
        build_model(
            [
                TensorSpec("x", (1, 2)),
                TensorSpec("w", (1, 2), "float32", value=np.nan),
                TensorSpec("y", (1, 1)),
            ],
            [OpSpec("FULLY_CONNECTED", ("x", "w", ""), ("y",))],
            SERVING,
        )
    )
    graph = model.subgraphs[0]
    graph.tensors[1].quantization.scale = [1.0]
    graph.tensors[1].quantization.zeroPoint = [0]
    graph.tensors[1].quantization.quantizedDimension = 3
    with pytest.raises(Mistake, match="yields nan in its output `y`") as caught:
        verify(pack(model), write_dataset(np.full((2, 2), 3.0, np.float32)))
    assert caught.value.field == "verify_dataset"


def ring_buffer_model() -> bytes:
    """y is the last five x, in TFLite Micro's own op for models that run on a stream."""
    return build_model(
        [
            TensorSpec("x", (1, 1, 1, 4), "int8", scale=1.0),
            TensorSpec("ring", (1, 5, 1, 4), "int8", scale=1.0, variable=True),
            TensorSpec("shape", (2,), "int32", value=[1, 20]),
            TensorSpec("y", (1, 20), "int8", scale=1.0),
        ],
        [
            OpSpec("CIRCULAR_BUFFER", ("x",), ("ring",), custom=True),
            OpSpec("RESHAPE", ("ring", "shape"), ("y",)),
        ],
        SERVING,
    )


def test_a_ring_buffer_that_no_other_runtime_has() -> None:
    calls = np.arange(1, 13, dtype=np.int8).reshape(1, 3, 1, 1, 1, 4)
    write_npz(Path("dataset.npz"), {"input/x": calls, SEQUENCE: np.array(True)})
    report = verify(ring_buffer_model(), "dataset.npz", custom_ops=("CIRCULAR_BUFFER",))
    assert report.micro_only is not None and "CIRCULAR_BUFFER" in report.micro_only
    assert report.keeps_state
    outputs = read_npz(Path("out/golden_output.npz"))["serving_default/y"]
    assert [call[0].tolist() for call in outputs] == [
        [0] * 16 + [*range(1, 5)],
        [0] * 12 + [*range(1, 9)],
        [0] * 8 + [*range(1, 13)],
    ]


@pytest.mark.skipif(
    not SHARED_MODELS, reason="PANTS_TFLITE_SHARED_MODELS names no folder of published models"
)
@pytest.mark.parametrize("name", ["person_detect", "keyword_scrambled_8bit"])
def test_published_models_that_only_tflite_micro_runs(name: str) -> None:
    report = verify(Path(SHARED_MODELS, f"{name}.tflite").read_bytes())
    assert report.micro_only is not None and report.micro_only.startswith("LiteRT 2.3.0 ")
