# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Compiling a model for an Ethos-U NPU: Vela in a cached process, after the model is verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.fs import Digest, DigestSubset, MergeDigests, PathGlobs

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    get_digest_contents,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.micro.npu.accelerators import Accelerator
from pants_tflite.micro.npu.sandbox.compile_for_npu_protocol import (
    CompileForNpuRequest as VelaRequest,
)
from pants_tflite.micro.npu.sandbox.compile_for_npu_protocol import (
    NpuReport,
)
from pants_tflite.micro.subsystems.vela import Vela
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.ops import ListModelOpsRequest, list_model_ops
from pants_tflite.sandbox.constants import ETHOS_U
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse
from pants_tflite.util_rules.environment_installation import PythonEnvironmentRequest
from pants_tflite.util_rules.environment_processes import (
    PythonEnvironment,
    set_up_python_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program


@dataclass(frozen=True)
class VelaEnvironmentRequest:
    """The environment of Vela."""


@dataclass(frozen=True)
class NpuConfig:
    """A configuration of the user's own for Vela: the file `path` in `digest`."""

    digest: Digest
    path: str


@dataclass(frozen=True)
class CompileForNpuRequest:
    """Asks for the model in `digest` as Vela compiles it for an `accelerator`.

    `address` is blamed if Vela cannot. Without a `config`, the accelerator's sections are those of
    Vela's own file.
    """

    address: Address
    digest: Digest
    accelerator: Accelerator
    config: Optional[NpuConfig] = None

    def debug_hint(self) -> str:
        return f"{self.address} for {self.accelerator.name}"


@dataclass(frozen=True)
class CpuOp:
    """An op that the NPU does not run, and Vela's reason, if it says one."""

    use: OpUse
    reason: str

    def describe(self) -> str:
        """The op, its layer, and why, for a list."""
        use = self.use
        where = f" of the layer {use.layer}" if use.layer else ""
        why = f": {self.reason}" if self.reason else ""
        return f"{use.op}{where}, which makes `{use.tensor}`{why}"


@dataclass(frozen=True)
class CompiledForNpu:
    """`digest` holds the compiled `model.tflite`; `npu_ops` counts its ops that stand for parts of the
    model on the NPU, and `cpu_ops` are all others, in the order in which they run."""

    digest: Digest
    report: NpuReport
    npu_ops: int
    cpu_ops: tuple[CpuOp, ...]


@rule
async def find_vela_environment(_: VelaEnvironmentRequest, vela: Vela) -> PythonEnvironment:
    return await set_up_python_environment(
        PythonEnvironmentRequest(vela.to_lockfile(), vela.to_interpreter_constraints()),
        **implicitly(),
    )


@rule(desc="Compile a model for an Ethos-U NPU")
async def compile_for_npu(request: CompileForNpuRequest) -> CompiledForNpu:
    accelerator, config = request.accelerator, request.config
    environment, model = await concurrently(
        find_vela_environment(VelaEnvironmentRequest(), **implicitly()),
        # Without its description, so that a model of the same bytes is compiled once.
        digest_subset_to_digest(DigestSubset(request.digest, PathGlobs((MODEL_FILE,)))),
    )
    input_digest = await merge_digests(MergeDigests((model, *((config.digest,) if config else ()))))
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            VelaRequest(
                model=MODEL_FILE,
                accelerator=accelerator.name,
                system_config=accelerator.system_config,
                memory_mode=accelerator.memory_mode,
                config=config.path if config else None,
            ),
            environment,
            description=f"Compile {request.address} for {accelerator.name} with Vela",
            input_digest=input_digest,
        )
    )
    compiled, contents = await concurrently(
        digest_subset_to_digest(DigestSubset(result.digest, PathGlobs((MODEL_FILE,)))),
        get_digest_contents(result.digest),
    )
    report = find_report(contents, NpuReport)
    listed = await list_model_ops(ListModelOpsRequest(request.address, compiled))
    reasons = {refused.tensor: refused.reason for refused in report.refused}
    on_npu = [op for op in listed.ops if op.custom and op.op == ETHOS_U]
    return CompiledForNpu(
        digest=compiled,
        report=report,
        npu_ops=len(on_npu),
        cpu_ops=tuple(
            CpuOp(op, reasons.get(op.tensor, "")) for op in listed.ops if op not in on_npu
        ),
    )


def rules():
    return collect_rules()
