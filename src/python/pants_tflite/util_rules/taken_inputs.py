# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which `inputs` a function takes, so that no other has to be built for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pants_tflite.compat import collect_rules, get_digest_contents, implicitly, rule
from pants_tflite.sandbox.saved_models.list_inputs_protocol import InputsReport, ListInputsRequest
from pants_tflite.util_rules.entry_point_calls import PrepareCallRequest, prepare_call
from pants_tflite.util_rules.environment_processes import PythonEnvironment
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program


@dataclass(frozen=True)
class TakenInputsRequest:
    """Asks which of its inputs the function of `call` takes. `environment` can import it."""

    call: PrepareCallRequest
    environment: PythonEnvironment


@dataclass(frozen=True)
class TakenInputs:
    names: tuple[str, ...]


@rule(desc="Find the inputs that a function takes")
async def find_taken_inputs(request: TakenInputsRequest) -> TakenInputs:
    call = request.call
    # None of the inputs is built for the question.
    prepared = await prepare_call(replace(call, only=()), **implicitly())
    result = await run_program(
        RunProgramRequest.create(
            call.address,
            ListInputsRequest(prepared.call.entry_point, tuple(sorted(call.inputs.value or {}))),
            request.environment,
            description=f"Find the inputs of {call.address}, untrained",
            input_digest=prepared.digest,
            source_roots=prepared.source_roots,
        )
    )
    report = find_report(await get_digest_contents(result.digest), InputsReport)
    return TakenInputs(report.taken)


def rules():
    return collect_rules()
