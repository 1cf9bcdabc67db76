# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""TFLite Micro's report on one model: one cached process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Optional

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
from pants_tflite.micro.tflm.tflm_environment import TflmEnvironmentRequest, find_tflm_environment
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.verify import GOLDEN_FILES
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program

_PROGRAM = "pants_tflite.micro.sandbox.measure"


@dataclass(frozen=True)
class ReportModelRequest:
    """Asks for TFLite Micro's report on one model; a model that it refuses is not an error here.

    `kernels` are the custom ops of the model that `program` has kernels for. Without a program,
    nothing is measured, and the other ops are tried one by one.
    """

    model: BundleModel
    kernels: tuple[str, ...] = ()
    program: Optional[MeasuringProgram] = None

    def debug_hint(self) -> str:
        return str(self.model.address)

    def kernels_json(self) -> Optional[dict[str, Any]]:
        if not self.kernels:
            return None
        program = self.program
        described = program and {
            "path": program.path,
            "runtime": RUNTIME,
            "version": program.version,
        }
        return {"ops": list(self.kernels), "program": described}


@dataclass(frozen=True)
class ModelReport:
    """`text` is `measurement.json`; see sandbox/measure.py."""

    model: BundleModel
    text: str

    @cached_property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.text)
        return facts


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
            _PROGRAM,
            environment,
            {
                "golden_input": golden_input,
                "golden_output": golden_output,
                "kernels": request.kernels_json(),
                "model": MODEL_FILE,
            },
            description=f"Measure the model {model.address} with TFLite Micro",
            input_digest=input_digest,
        )
    )
    contents = await get_digest_contents(result.digest)
    return ModelReport(model, contents[0].content.decode())


def rules():
    return collect_rules()
