# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which op of a model that is too far from LiteRT is to blame: one process, for such a model only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.fs import DigestSubset, MergeDigests, PathGlobs

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.custom_ops.host_kernels import HostKernelsRequest, build_host_kernels
from pants_tflite.micro.measuring.model_reports import ReportModelRequest
from pants_tflite.micro.sandbox.find_differing_op_protocol import (
    DifferingOp,
    DifferingOpReport,
    FindDifferingOpRequest,
)
from pants_tflite.micro.sandbox.measure_protocol import OutputDifference
from pants_tflite.micro.tflm.tflm_environment import TflmEnvironmentRequest, find_tflm_environment
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.verify import GOLDEN_FILES
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program


@dataclass(frozen=True)
class BlameOpRequest:
    """Asks for the op of a model that TFLite Micro computes differently; the model has golden files."""

    measured: ReportModelRequest


@dataclass(frozen=True)
class BlamedOp:
    report: DifferingOpReport

    def describe(self) -> str:
        """In whole sentences."""
        first, worst = self.report.first, self.report.worst
        if first is None:
            return f"Which op differs could not be found: {self.report.not_found}."
        text = (
            f"The first op that differs is {_name(first)}, {describe_difference(first.difference)}."
        )
        if worst is not None and worst.index != first.index:
            text += (
                f" Given LiteRT's values, {_name(worst)} differs most, "
                f"{describe_difference(worst.difference)}."
            )
        return text


def _name(op: DifferingOp) -> str:
    layer = f" of the layer `{op.layer}`" if op.layer else ""
    return f"number {op.index}, {op.op}{layer}, which yields `{op.tensor}`"


def far_apart(difference: OutputDifference) -> str:
    """How far two outputs are apart."""
    largest: Optional[float] = difference.largest_difference
    if largest is None:
        return "no number on one side"
    return {
        "steps": f"{largest} quantization steps",
        "relative": f"{largest} of its largest value",
        "values": f"{largest}",
    }[difference.unit]


def describe_difference(difference: OutputDifference) -> str:
    return (
        f"by at most {far_apart(difference)} in {difference.differing_elements} of "
        f"{difference.elements} values"
    )


@rule(desc="Find the op that TFLite Micro computes differently")
async def blame_op(request: BlameOpRequest) -> BlamedOp:
    measured, model = request.measured, request.measured.model
    environment, files, kernels = await concurrently(
        find_tflm_environment(TflmEnvironmentRequest(), **implicitly()),
        digest_subset_to_digest(DigestSubset(model.digest, PathGlobs((MODEL_FILE, *GOLDEN_FILES)))),
        build_host_kernels(HostKernelsRequest(model.custom_ops)),
    )
    programs = (measured.program.digest,) if measured.program else ()
    golden_input, golden_output = GOLDEN_FILES
    result = await run_program(
        RunProgramRequest.create(
            model.address,
            FindDifferingOpRequest(
                model=MODEL_FILE,
                golden_input=golden_input,
                golden_output=golden_output,
                kernels=measured.used_kernels,
                litert_kernels=kernels.kernels,
            ),
            environment,
            description=f"Find the op of {model.address} that TFLite Micro computes differently",
            input_digest=await merge_digests(MergeDigests((files, kernels.digest, *programs))),
        )
    )
    return BlamedOp(find_report(await get_digest_contents(result.digest), DifferingOpReport))


def rules():
    return collect_rules()
