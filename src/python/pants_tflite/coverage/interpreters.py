# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Interpreters of TensorFlow Lite in Python environments, asked by loading the model in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, Digest, MergeDigests

from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport
from pants_tflite.sandbox.coverage.cut_ops_protocol import CutOpsRequest
from pants_tflite.sandbox.coverage.load_model_protocol import LoadModelRequest
from pants_tflite.util_rules.environment_processes import PythonEnvironment
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program

_CUT = "cut"


@dataclass(frozen=True)
class AskInterpreterRequest:
    """Asks the interpreter in an environment; the rest is as in a RuntimeProbe."""

    runtime: str
    environment: PythonEnvironment
    address: Address
    model: Digest
    kernels: tuple[str, ...]

    def debug_hint(self) -> str:
        return f"{self.address} on {self.runtime}"

    def to_run(self, model: Digest, cut: Optional[str]) -> RunProgramRequest:
        return RunProgramRequest.create(
            self.address,
            LoadModelRequest(runtime=self.runtime, model=MODEL_FILE, kernels=self.kernels, cut=cut),
            self.environment,
            description=f"Load the model {self.address} in {self.runtime}",
            input_digest=model,
        )


@dataclass(frozen=True)
class InterpreterAnswer:
    report: CoverageReport


@dataclass(frozen=True)
class CutModelRequest:
    """Asks for a model of each op of a model, as `cut_ops` writes them."""

    address: Address
    model: Digest


@dataclass(frozen=True)
class CutModel:
    digest: Digest


@rule(desc="Cut a model into its ops")
async def cut_model(request: CutModelRequest) -> CutModel:
    environment = await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            CutOpsRequest(MODEL_FILE),
            environment,
            description=f"Cut the model {request.address} into its ops",
            input_digest=request.model,
        )
    )
    return CutModel(result.digest)


@rule(desc="Load a model in a runtime")
async def ask_interpreter(request: AskInterpreterRequest) -> InterpreterAnswer:
    whole = await run_program(request.to_run(request.model, None))
    report = find_report(await get_digest_contents(whole.digest), CoverageReport)
    if report.loads:
        return InterpreterAnswer(report)
    # Which ops, only if it is to be told.
    cut = await cut_model(CutModelRequest(request.address, request.model))
    staged = await add_prefix(AddPrefix(cut.digest, _CUT))
    digest = await merge_digests(MergeDigests((request.model, staged)))
    by_op = await run_program(request.to_run(digest, _CUT))
    return InterpreterAnswer(find_report(await get_digest_contents(by_op.digest), CoverageReport))


def rules():
    return collect_rules()
