# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""TFLite Micro's report on one model: one cached process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.fs import DigestSubset, MergeDigests, PathGlobs

from pants_tflite.bundles.models import BundleModel
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    digest_to_snapshot,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.micro.measuring.measuring_program import RUNTIME, MeasuringProgram
from pants_tflite.micro.sandbox.measure_protocol import (
    KernelProgram,
    MeasurementReport,
    MeasureRequest,
    MicroKernelOps,
)
from pants_tflite.micro.tflm.tflm_environment import TflmEnvironmentRequest, find_tflm_environment
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.verify import GOLDEN_FILES
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program


@dataclass(frozen=True)
class ReportModelRequest:
    """Asks for TFLite Micro's report on one model; a model that it refuses is no error here.

    `kernels` are the custom ops of the model that `program` has kernels for. Where there is none,
    nothing is measured, and the other ops are tried alone.
    """

    model: BundleModel
    kernels: tuple[str, ...] = ()
    program: Optional[MeasuringProgram] = None

    def debug_hint(self) -> str:
        return str(self.model.address)

    @property
    def used_kernels(self) -> Optional[MicroKernelOps]:
        if not self.kernels:
            return None
        program = None
        if self.program is not None:
            program = KernelProgram(self.program.path, RUNTIME, self.program.version)
        return MicroKernelOps(self.kernels, program)


@dataclass(frozen=True)
class ModelReport:
    model: BundleModel
    measurement: MeasurementReport


@rule(desc="Measure a model with TFLite Micro")
async def report_on_model(request: ReportModelRequest) -> ModelReport:
    model = request.model
    environment, files = await concurrently(
        find_tflm_environment(TflmEnvironmentRequest(), **implicitly()),
        # Without its description, so that a model of the same bytes is measured once.
        digest_subset_to_digest(DigestSubset(model.digest, PathGlobs((MODEL_FILE, *GOLDEN_FILES)))),
    )
    snapshot = await digest_to_snapshot(files)
    golden_input, golden_output = (
        path if path in snapshot.files else None for path in GOLDEN_FILES
    )
    programs = (request.program.digest,) if request.program else ()
    input_digest = await merge_digests(MergeDigests((files, *programs)))
    result = await run_program(
        RunProgramRequest.create(
            model.address,
            MeasureRequest(
                model=MODEL_FILE,
                golden_input=golden_input,
                golden_output=golden_output,
                kernels=request.used_kernels,
            ),
            environment,
            description=f"Measure the model {model.address} with TFLite Micro",
            input_digest=input_digest,
        )
    )
    contents = await get_digest_contents(result.digest)
    return ModelReport(model, find_report(contents, MeasurementReport))


def rules():
    return collect_rules()
