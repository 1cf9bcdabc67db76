# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.bundles.models import BundleModel, BundleModels
from pants_tflite.bundles.testutil import description_json
from pants_tflite.micro.measuring.differing_op import BlamedOp
from pants_tflite.micro.measuring.measurement import (
    GoldenTolerance,
    MeasuredModel,
    MeasuredModels,
    MeasureModelsRequest,
    difference_mistake,
    refusal_mistake,
    too_far,
    with_margin,
)
from pants_tflite.micro.measuring.measuring_program import MeasuringProgram
from pants_tflite.micro.measuring.model_reports import ModelReport, ReportModelRequest
from pants_tflite.micro.sandbox.find_differing_op_protocol import DifferingOp, DifferingOpReport
from pants_tflite.micro.sandbox.measure_protocol import (
    ArenaReport,
    ArenaTensor,
    GoldenReport,
    KernelProgram,
    Lack,
    MeasuredOn,
    MeasurementReport,
    MicroKernelOps,
    OutputDifference,
    Refusal,
)

BUNDLE = Address("mcu", target_name="library")
MEASURED_ON = MeasuredOn("tflite-micro", "0.dev1", 64)
TENSOR = ArenaTensor("x", (1, 7), "int8", 7)


def _report(name: str, **facts: Any) -> ModelReport:
    description = description_json({"verification": {"not_run": "LiteRT has no kernel for it."}})
    model = BundleModel(name, Address("models", target_name=name), EMPTY_DIGEST, description)
    empty = MeasurementReport(None, None, None, MEASURED_ON)
    return ModelReport(model, replace(empty, **facts))


def _compared(unit: str, difference: Any) -> ModelReport:
    output = OutputDifference(
        name="scores",
        dtype="int8",
        unit=unit,
        step=None,
        largest_difference=difference,
        elements=8,
        differing_elements=3,
        exact=False,
    )
    return _report("digits", golden=GoldenReport(None, 4, (output,)))


@pytest.mark.parametrize(
    ("smallest", "margin", "expected"),
    [(1600, 0, 1600), (1600, 10, 1760), (1616, 10, 1792), (16, 1, 32)],
)
def test_the_margin_is_above_and_the_sum_aligned(smallest: int, margin: int, expected: int) -> None:
    assert with_margin(smallest, margin) == expected


def test_what_a_manifest_says() -> None:
    arena = ArenaReport(1616, TENSOR, persistent=1500, overlaid=48)
    measured = MeasuredModel(_report("digits", arena=arena), 10)
    assert measured.arena == {
        "bytes": 1792,
        "margin_percent": 10,
        "measured_on": {"runtime": "tflite-micro", "version": "0.dev1", "pointer_bits": 64},
        "smallest": 1616,
        "largest_tensor": {"name": "x", "shape": [1, 7], "dtype": "int8", "bytes": 7},
        "persistent": 1500,
        "overlaid": 48,
    }
    assert measured.golden == {
        "not_compared": "There are no golden vectors: LiteRT has no kernel for it.",
        "calls": 0,
        "outputs": [],
    }


def test_what_a_manifest_says_of_an_arena_that_was_not_measured() -> None:
    arena = ArenaReport(None, TENSOR)
    golden = GoldenReport("no kernel", 0, ())
    measured = MeasuredModel(_report("digits", arena=arena, golden=golden), 10, 4000)
    assert measured.arena == {
        "bytes": 4000,
        "margin_percent": 0,
        "measured_on": None,
        "smallest": None,
        "largest_tensor": {"name": "x", "shape": [1, 7], "dtype": "int8", "bytes": 7},
        "persistent": None,
        "overlaid": None,
    }
    assert measured.golden == {"not_compared": "no kernel", "calls": 0, "outputs": []}


def test_models_with_kernels_run_in_the_program() -> None:
    def request(codes: list[str]) -> ReportModelRequest:
        model = BundleModel("m", BUNDLE, EMPTY_DIGEST, description_json({"custom_ops": codes}))
        program = MeasuringProgram(EMPTY_DIGEST, "measure", "1")
        asked = MeasureModelsRequest(
            BUNDLE, BundleModels((model,), "1.0.0"), kernels=("Bark",), program=program
        )
        return asked.report_request(model)

    assert request(["Bark", "SignalWindow"]).used_kernels == MicroKernelOps(
        ("Bark",), KernelProgram("measure", "tflm", "1")
    )
    plain = request(["SignalWindow"])
    assert (plain.used_kernels, plain.program) == (None, None)


def test_all_refused_models_are_in_one_mistake() -> None:
    hybrid = Lack("CONV_2D", "Hybrid models are not supported.", 5)
    unknown = Lack("GELU", "it has no kernel for this op", 1)
    reports = (
        _report("good"),
        _report("pets", refusal=Refusal("the first", (hybrid, unknown))),
        _report("words", refusal=Refusal("it ends its process with SIGABRT", ())),
    )
    mistake = refusal_mistake(reports)
    assert mistake is not None
    assert str(mistake.at(BUNDLE)).startswith(
        "mcu:library, field `models`: TFLite Micro 0.dev1 does not run 2 of the models:\n"
        "- models:pets: CONV_2D (5 times): Hybrid models are not supported.; "
        "GELU: it has no kernel for this op\n"
        "- models:words: it ends its process with SIGABRT.\n\nFix: "
    )
    assert refusal_mistake(reports[:1]) is None


def _in_mode(name: str, mode: str | None) -> ModelReport:
    quantization = None if mode is None else {"engine": "tensorflow", "mode": mode}
    report = _report(name, refusal=Refusal("Hybrid models are not supported.", ()))
    description = description_json({"quantization": quantization})
    return replace(report, model=replace(report.model, description=description))


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        (
            {"pets": "dynamic_range"},
            "not in dynamic_range or float16: choose another `quantization` for pets. "
            "Replace ops",
        ),
        ({"pets": "int8"}, "Fix: Replace ops that it has no kernel for, or leave the model out."),
        (
            {"words": None},
            "if words is of these, get a file that was converted in another mode. Replace ops",
        ),
        (
            {"pets": "float16", "words": None, "more": None},
            "for pets. It runs models in",
        ),
    ],
)
def test_only_models_with_a_mode_are_told_to_choose_another(
    modes: dict[str, str | None], expected: str
) -> None:
    mistake = refusal_mistake(tuple(_in_mode(name, mode) for name, mode in modes.items()))
    assert mistake is not None
    text = str(mistake.at(BUNDLE))
    assert expected in text
    assert ("`quantization`" in text) == any(m not in ("int8", None) for m in modes.values())


@pytest.mark.parametrize(
    ("unit", "difference", "text"),
    [
        ("steps", 3.0, "they are 3.0 quantization steps apart, and 2 is allowed (3 of 8 values"),
        ("relative", 2e-5, "they are 2e-05 of its largest value apart, and 1e-05 is allowed"),
        ("values", 1.0, "they are 1.0 apart, and 0 is allowed"),
        ("relative", None, "they are no number on one side apart"),
    ],
)
def test_an_output_that_is_too_far(unit: str, difference: Any, text: str) -> None:
    error = _error(_compared(unit, difference), BlamedOp(DifferingOpReport("odd", None, None)))
    assert text in error
    assert "output `scores` of models:digits" in error
    assert "Which op differs could not be found: odd." in error


def _error(report: ModelReport, blamed: BlamedOp) -> str:
    output = too_far(report, GoldenTolerance())
    assert output is not None
    return str(difference_mistake(report, output, GoldenTolerance(), blamed).at(BUNDLE))


def _op(index: int, difference: float) -> DifferingOp:
    (output,) = _compared("steps", difference).measurement.golden.outputs  # type: ignore[union-attr]
    tensor = f"net/dense_{index}/MatMul"
    return DifferingOp(index, "FULLY_CONNECTED", tensor, f"net/dense_{index}", output)


def test_the_error_names_the_field_the_op_and_its_layer() -> None:
    both = BlamedOp(DifferingOpReport(None, _op(3, 1.0), _op(7, 5.0)))
    error = _error(_compared("steps", 9.0), both)
    assert "mcu:library, field `golden_tolerance` = '2': TFLite Micro yields" in error
    assert (
        "The first op that differs is number 3, FULLY_CONNECTED of the layer `net/dense_3`, which "
        "yields `net/dense_3/MatMul`, by at most 1.0 quantization steps in 3 of 8 values. Given "
        "LiteRT's values, number 7, FULLY_CONNECTED of the layer `net/dense_7`"
    ) in error
    same = BlamedOp(DifferingOpReport(None, _op(3, 1.0), _op(3, 1.0)))
    assert "Given LiteRT's values" not in same.describe()


def test_golden_tolerance_is_not_to_blame_for_real_numbers() -> None:
    blamed = BlamedOp(DifferingOpReport("odd", None, None))
    assert "field `models`: TFLite Micro" in _error(_compared("relative", 0.5), blamed)


@pytest.mark.parametrize(
    ("unit", "difference"), [("steps", 2.0), ("relative", 1e-5), ("values", 0)]
)
def test_an_output_that_is_near_enough(unit: str, difference: float) -> None:
    assert too_far(_compared(unit, difference), GoldenTolerance()) is None
    assert too_far(_report("digits"), GoldenTolerance()) is None


def test_models_that_share_an_arena_are_set_up_by_size() -> None:
    small = ArenaReport(1616, TENSOR, persistent=1500, overlaid=48)
    large = ArenaReport(3200, TENSOR, persistent=1200, overlaid=2000)
    unmeasured = ArenaReport(None, TENSOR)
    reports = [
        _report(name, arena=arena)
        for name, arena in (("a", small), ("b", large), ("c", unmeasured))
    ]
    models = tuple(MeasuredModel(report, 10, 2000) for report in reports)
    shared = MeasuredModels(models).shared_arena
    assert (shared.order, shared.margin_percent) == (("b", "c", "a"), 10)
    # 1200, 2000 and 1504 are kept, the largest tensors take 2000, and 68 are temporary.
    assert shared.bytes == with_margin(6784, 10)
    assert MeasuredModels(models[:1]).shared_arena.bytes == models[0].arena_bytes
