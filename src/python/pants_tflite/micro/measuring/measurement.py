# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What TFLite Micro reports on a bundle's models: whether they run, in which arena, how exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Sequence

from pants.engine.addresses import Address

from pants_tflite.bundles.fields import BundleModelsField
from pants_tflite.bundles.models import BundleModel, BundleModels
from pants_tflite.compat import collect_rules, concurrently, rule
from pants_tflite.errors import Mistake
from pants_tflite.micro.measuring.differing_op import (
    BlamedOp,
    BlameOpRequest,
    blame_op,
    far_apart,
)
from pants_tflite.micro.measuring.measuring_program import MeasuringProgram
from pants_tflite.micro.measuring.model_reports import (
    ModelReport,
    ReportModelRequest,
    report_on_model,
)
from pants_tflite.micro.measuring.shared_arena import ArenaNeed, shared_arena_bytes
from pants_tflite.micro.npu.sandbox.plan_arena_protocol import PlannedArena
from pants_tflite.micro.sandbox.measure_protocol import (
    RELATIVE,
    STEPS,
    ArenaReport,
    GoldenReport,
    OutputDifference,
    Refusal,
)
from pants_tflite.micro.target_types import MicroGoldenToleranceField
from pants_tflite.sandbox.constants import (
    ARENA_ALIGNMENT,
    ARENA_MARGIN_PERCENT,
    ETHOS_U,
    GOLDEN_RELATIVE,
    GOLDEN_STEPS,
)
from pants_tflite.sandbox.modes import HYBRID_MODE_NAMES, MODE_NAMES
from pants_tflite.sandbox.protocol import to_plain
from pants_tflite.sandbox.tflite.manifest_protocol import SharedArena

# Those that TFLite Micro has kernels for: none computes in float32 with smaller weights.
_MODES = tuple(name for name in MODE_NAMES if name not in HYBRID_MODE_NAMES)


@dataclass(frozen=True)
class GoldenTolerance:
    """How far TFLite Micro may be from LiteRT's reference kernels.

    `steps` is for quantized outputs, where one step is the least significant bit, `relative` for
    floats, against the largest expected value. Other integers, such as positions, must be equal.
    """

    steps: float = GOLDEN_STEPS
    relative: float = GOLDEN_RELATIVE

    def limit(self, output: OutputDifference) -> float:
        """In the unit of an output."""
        return {STEPS: self.steps, RELATIVE: self.relative}.get(output.unit, 0)


@dataclass(frozen=True)
class MeasureModelsRequest:
    """Asks for TFLite Micro's measurements of all models of the bundle `address`.

    One error names all models that it does not run, and every op that they fail for. Models with
    custom ops among `kernels` run in `program`; if there is none, their arena is `arena_size`.
    """

    address: Address
    models: BundleModels
    margin_percent: int = ARENA_MARGIN_PERCENT
    tolerance: GoldenTolerance = GoldenTolerance()
    kernels: tuple[str, ...] = ()
    program: Optional[MeasuringProgram] = None
    arena_size: Optional[int] = None

    def report_request(self, model: BundleModel) -> ReportModelRequest:
        kernels = (*self.kernels, ETHOS_U)
        used = tuple(code for code in model.facts.custom_ops if code in kernels)
        # No program runs what is for an NPU.
        program = self.program if used and ETHOS_U not in used else None
        return ReportModelRequest(model, used, program)

    def debug_hint(self) -> str:
        return str(self.address)


@dataclass(frozen=True)
class MeasuredModel:
    """A model that TFLite Micro runs; if that could not be tried, `arena_size` is its arena, or what was
    `planned` for one with an op for an NPU."""

    report: ModelReport
    margin_percent: int
    arena_size: Optional[int] = None
    planned: Optional[PlannedArena] = None

    @property
    def model(self) -> BundleModel:
        return self.report.model

    @property
    def _measured_arena(self) -> ArenaReport:
        arena = self.report.measurement.arena
        assert arena is not None, "a model that is refused ends the build"
        return arena

    @property
    def arena_bytes(self) -> int:
        """The tensor arena to reserve, with the margin."""
        if self.planned is not None:
            planned = self.planned.tensors + self.planned.runtime
            return self.arena_size or with_margin(planned, self.margin_percent)
        smallest = self._measured_arena.smallest
        if smallest is None:
            assert self.arena_size is not None, "the field was checked before"
            return self.arena_size
        return with_margin(smallest, self.margin_percent)

    @property
    def arena_need(self) -> ArenaNeed:
        """What the model works in, without the margin."""
        if self.planned is not None:
            planned = self.arena_size or self.planned.tensors + self.planned.runtime
            return ArenaNeed(planned, persistent=planned, overlaid=0)
        arena = self._measured_arena
        if arena.smallest is None or arena.persistent is None or arena.overlaid is None:
            return ArenaNeed(self.arena_bytes, persistent=self.arena_bytes, overlaid=0)
        return ArenaNeed(arena.smallest, arena.persistent, arena.overlaid)

    @property
    def arena(self) -> dict[str, Any]:
        """The manifest's entry. Pointers are twice as wide here as on a 32-bit microcontroller,
        which therefore needs less."""
        if self.planned is not None:
            return self._planned_arena(self.planned)
        is_measured = self._measured_arena.smallest is not None
        return {
            "bytes": self.arena_bytes,
            "margin_percent": self.margin_percent if is_measured else 0,
            "measured_on": (to_plain(self.report.measurement.measured_on) if is_measured else None),
            **to_plain(self._measured_arena),
        }

    def _planned_arena(self, planned: PlannedArena) -> dict[str, Any]:
        """The manifest's entry for a model with an op for an NPU, which nothing here measures."""
        return {
            "bytes": self.arena_bytes,
            "margin_percent": 0 if self.arena_size else self.margin_percent,
            "measured_on": None,
            "smallest": None,
            "largest_tensor": to_plain(planned.largest_tensor),
            "planned_tensors": planned.tensors,
            "planned_runtime": planned.runtime,
        }

    @property
    def golden(self) -> dict[str, Any]:
        """As a manifest says it: how far TFLite Micro is from LiteRT's reference kernels."""
        golden = self.report.measurement.golden
        if golden is None:
            reason = self.model.facts.verification.not_run
            golden = GoldenReport(f"There are no golden vectors: {reason}", 0, ())
        plain: dict[str, Any] = to_plain(golden)
        return plain


@dataclass(frozen=True)
class MeasuredModels:
    """In the bundle's order."""

    models: tuple[MeasuredModel, ...]

    @property
    def set_up_order(self) -> tuple[MeasuredModel, ...]:
        """The order in which models that share an arena are set up: the larger first."""
        return tuple(sorted(self.models, key=lambda it: (-it.arena_bytes, it.model.name)))

    @property
    def shared_arena(self) -> SharedArena:
        """The tensor arena to reserve for all models at the same time."""
        order = self.set_up_order
        # It has the margin of those that were measured.
        margin = max(model.arena["margin_percent"] for model in order)
        return SharedArena(
            bytes=with_margin(shared_arena_bytes([model.arena_need for model in order]), margin),
            margin_percent=margin,
            order=tuple(model.model.name for model in order),
        )


def with_margin(smallest: int, margin_percent: int) -> int:
    """The next multiple of the arena's alignment that has the margin above `smallest`."""
    hundredths = smallest * (100 + margin_percent)
    return -(-hundredths // (100 * ARENA_ALIGNMENT)) * ARENA_ALIGNMENT


def refusal_text(refusal: Refusal) -> str:
    lacks = [
        f"{lack.op}{f' ({lack.count} times)' if lack.count > 1 else ''}: {lack.cause}"
        for lack in refusal.lacks
    ]
    return "; ".join(lacks or [refusal.cause])


def _refusal_fix(models: Sequence[BundleModel]) -> str:
    """What helps models that TFLite Micro refuses; only a `tflite_model` has a `quantization`."""
    runs = f"It runs models in {', '.join(_MODES[:-1])} and {_MODES[-1]}, not in "
    runs += " or ".join(HYBRID_MODE_NAMES)
    settings = [model.facts.quantization for model in models]
    advice = []
    hybrid = [
        model.name
        for model, setting in zip(models, settings)
        # A recipe without a mode may be anything.
        if setting is not None and setting.mode in (None, *HYBRID_MODE_NAMES)
    ]
    if hybrid:
        advice.append(f"{runs}: choose another `quantization` for {', '.join(hybrid)}.")
    files = [model.name for model, setting in zip(models, settings) if setting is None]
    if files:
        advice.append(
            f"{runs}: if {', '.join(files)} {'is' if len(files) == 1 else 'are'} of these, get a "
            "file that was converted in another mode."
        )
    advice.append("Replace ops that it has no kernel for, or leave the model out.")
    return " ".join(advice)


def refusal_mistake(reports: tuple[ModelReport, ...]) -> Optional[Mistake]:
    """What is wrong where TFLite Micro refuses models: all of them, with every op it lacks."""
    refused = [
        (report, report.measurement.refusal)
        for report in reports
        if report.measurement.refusal is not None
    ]
    if not refused:
        return None
    runtime = refused[0][0].measurement.measured_on.version
    lines = "".join(
        f"\n- {report.model.address}: {refusal_text(refusal)}" for report, refusal in refused
    )
    return Mistake(
        message=f"TFLite Micro {runtime} does not run {len(refused)} of the models:{lines}",
        fix=_refusal_fix([report.model for report, _ in refused]),
        field=BundleModelsField.alias,
    )


def too_far(report: ModelReport, tolerance: GoldenTolerance) -> Optional[OutputDifference]:
    """The first output that is too far from LiteRT's, if one is."""
    golden = report.measurement.golden
    for output in golden.outputs if golden else ():
        difference = output.largest_difference
        if difference is None or difference > tolerance.limit(output):
            return output
    return None


def difference_mistake(
    report: ModelReport, output: OutputDifference, tolerance: GoldenTolerance, blamed: BlamedOp
) -> Mistake:
    """What is wrong where an `output` is too far from LiteRT's, and which op makes it so."""
    in_steps = output.unit == STEPS
    return Mistake(
        message=(
            f"TFLite Micro yields another output `{output.name}` of {report.model.address} than "
            f"LiteRT's reference kernels: they are {far_apart(output)} apart, and "
            f"{tolerance.limit(output):g} is allowed ({output.differing_elements} of "
            f"{output.elements} values differ). {blamed.describe()}"
        ),
        fix=(
            "Replace that op in the model's code, or leave the model out of the bundle."
            + (" If the device may be so far off, allow more steps." if in_steps else "")
        ),
        field=MicroGoldenToleranceField.alias if in_steps else BundleModelsField.alias,
        value=f"{tolerance.steps:g}" if in_steps else None,
    )


@rule(desc="Measure a bundle's models with TFLite Micro")
async def measure_models(request: MeasureModelsRequest) -> MeasuredModels:
    reports = await concurrently(
        report_on_model(request.report_request(model)) for model in request.models.models
    )
    refused = refusal_mistake(reports)
    if refused is not None:
        raise refused.at(request.address)
    for report in reports:
        output = too_far(report, request.tolerance)
        if output is not None:
            blamed = await blame_op(BlameOpRequest(request.report_request(report.model)))
            raise difference_mistake(report, output, request.tolerance, blamed).at(request.address)
    return MeasuredModels(
        tuple(
            MeasuredModel(report, request.margin_percent, request.arena_size) for report in reports
        )
    )


def rules():
    return collect_rules()
