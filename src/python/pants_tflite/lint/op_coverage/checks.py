# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a runtime's answer about a model means for its author."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable, Iterator, Optional, Sequence

from pants_tflite.coverage.ask_all import kernels_of
from pants_tflite.coverage.gpu import GPU_RUNTIME
from pants_tflite.custom_ops.declarations import CustomOps
from pants_tflite.custom_ops.target_types import MicroDependenciesField
from pants_tflite.lint.advice import (
    FOR_NPUS,
    NO_HYBRID,
    ON_THE_CPU,
    find_advice,
    find_gpu_advice,
    find_npu_advice,
    is_hybrid,
)
from pants_tflite.lint.findings import Finding, listed
from pants_tflite.lint.op_coverage.bundle_runtimes import BundleRuntime
from pants_tflite.lint.op_coverage.skip_field import IgnoreOpCoverageField
from pants_tflite.lint.replacement_entries import LITERT
from pants_tflite.lint.replacement_entries import MICRO as ON_MICRO
from pants_tflite.lint.replacements import find_replacement
from pants_tflite.micro.npu.accelerators import ACCELERATORS
from pants_tflite.sandbox.constants import FLEX_PREFIX
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport, RefusedOp
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse
from pants_tflite.target_types import MICRO, CustomOpsField, SelectTfOpsField


@dataclass(frozen=True)
class Answer:
    """What a runtime says of a model, of which these are the `ops`."""

    runtime: BundleRuntime
    report: CoverageReport
    ops: Sequence[OpUse]
    custom_ops: CustomOps


@dataclass(frozen=True)
class NotAsked:
    """Why the `runtime` could not be asked for `what` the model at `address` runs on."""

    address: str
    runtime: str
    what: str
    reason: str


def render_not_asked(notes: Iterable[NotAsked]) -> str:
    """A line for each reason, however many models it is about."""
    addresses: dict[tuple[str, str, str], list[str]] = {}
    for note in notes:
        addresses.setdefault((note.runtime, note.what, note.reason), []).append(note.address)
    return "".join(
        f"{runtime} was not asked, for {what}, about {', '.join(sorted(about))}: "
        f"{reason.rstrip('. ')}.\n"
        for (runtime, what, reason), about in sorted(addresses.items())
    )


def kernels_for(runtime: BundleRuntime, custom_ops: CustomOps, ops: Sequence[OpUse]) -> set[str]:
    """The custom ops that a runtime is to have: those with a kernel for it in the repository, and those
    of TensorFlow that an app can have."""
    kernels = kernels_of(runtime.name, custom_ops)
    if runtime.takes_flex:
        kernels |= {op.op for op in ops if op.custom and op.op.startswith(FLEX_PREFIX)}
    return kernels


def check_answer(address: str, answer: Answer) -> Iterator[Finding]:
    """The findings about the model of a target, one for all ops of a name that are refused alike."""
    report = answer.report
    is_npu = answer.runtime.name in ACCELERATORS
    where = f"{report.runtime} ({report.answered_by}), for {answer.runtime.what}"
    groups: dict[tuple[str, str], list[RefusedOp]] = {}
    for op in report.refused:
        groups.setdefault((op.op, _without_numbers(op.reason)), []).append(op)
    for (name, _), members in groups.items():
        uses = [answer.ops[op.index] for op in members]
        layers = listed(use.layer or use.tensor for use in uses)
        dtypes = ", ".join(sorted({dtype for use in uses for dtype in use.dtypes}))
        versions = sorted({use.version for use in uses})
        yield Finding(
            address,
            name,
            f"{name} in {layers}, of version {', '.join(map(str, versions))} with the types {dtypes}, is "
            f"{'left to the processor' if is_npu else 'refused'}: {members[0].reason.rstrip('. ')}",
            instead_of(name, members[0].reason, uses[0], answer),
            runtime=where,
            silence=_silence(address, name),
            # Without a budget, that the processor runs it is no mistake.
            fails=not is_npu,
        )
    if report.loads is False and (is_npu or not report.refused):
        yield Finding(
            address,
            report.runtime,
            f"the model as a whole is refused: {report.remark.rstrip('. ')}",
            _instead_of_model(report),
            runtime=where,
            silence=_silence(address, report.runtime),
        )


def _instead_of_model(report: CoverageReport) -> str:
    if report.runtime == GPU_RUNTIME:
        return ON_THE_CPU
    if report.runtime in ACCELERATORS:
        return FOR_NPUS
    return (
        "Compare what the runtime says with the model's file; each of its ops by itself is taken."
    )


def _silence(address: str, name: str) -> str:
    return f'`{IgnoreOpCoverageField.alias}=["{name}"]` in {address}'


def _without_numbers(text: str) -> str:
    """What is the same about the reasons of ops that are refused alike."""
    return re.sub(r"\d+", "", text)


def instead_of(op: str, reason: str, use: OpUse, answer: Answer) -> str:
    """What to use instead of an op, in whole sentences."""
    is_micro = answer.runtime.name == MICRO
    if answer.runtime.name in ACCELERATORS:
        return find_npu_advice(op, use.dtypes)
    if answer.runtime.name == GPU_RUNTIME:
        return find_gpu_advice(op, reason, use.dtypes)
    if use.custom:
        declared = _instead_of_custom(op, answer, is_micro=is_micro)
        if declared is not None:
            return declared
    if is_hybrid(reason, is_micro=is_micro):
        return NO_HYBRID
    found = find_replacement(op, runtime=ON_MICRO if is_micro else LITERT)
    if found is not None:
        return found.instead
    if op.startswith(FLEX_PREFIX):
        return (
            "Express the layer with ops that TensorFlow Lite has, or ship the model to Android and iOS "
            f"only, where an app can have TensorFlow's kernels, as `{SelectTfOpsField.alias}` says."
        )
    advice = find_advice(reason, use.dtypes, is_micro=is_micro)
    if advice is not None:
        return advice
    return (
        "Express the layer with other ops, compute it in the app, or leave the model out of "
        f"{answer.runtime.what}."
    )


def _instead_of_custom(op: str, answer: Answer, *, is_micro: bool) -> Optional[str]:
    for declared in answer.custom_ops.ops:
        if declared.name == op and is_micro and not declared.has_micro:
            return (
                "Write a variant of the kernel for TensorFlow Lite Micro, and name its sources in "
                f"`{MicroDependenciesField.alias}` of {declared.address}."
            )
    if op.startswith(FLEX_PREFIX) or find_replacement(op, runtime=LITERT) is not None:
        return None
    return (
        "Write a kernel in a `tflite_custom_op`, and name that target in the model's "
        f"`{CustomOpsField.alias}`; or leave the model out of {answer.runtime.what}."
    )
