# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Checks that a model is what was asked for and computes what its SavedModel computes.

It also writes golden files; see `signature_runs`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Collection, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.constants import SEEDED
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel
from pants_tflite.sandbox.interpreter.litert_interpreter import (
    REFERENCE_KERNELS,
    LoadedModel,
    interpreter_library,
)
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import MODES, Mode, find_mode, io_type
from pants_tflite.sandbox.samples.skipped_signatures import without_skipped
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Signature
from pants_tflite.sandbox.tflite.model_reader import read_model
from pants_tflite.sandbox.tflite.random_ops import random_ops
from pants_tflite.sandbox.verification.float_ops import FloatFallback
from pants_tflite.sandbox.verification.output_checks import (
    Outputs,
    Tolerance,
    check_finite,
    check_outputs,
)
from pants_tflite.sandbox.verification.score_outputs import score_outputs
from pants_tflite.sandbox.verification.signature_runs import GoldenFiles, run_samples
from pants_tflite.sandbox.verification.type_checks import (
    check_custom_ops,
    check_io_types,
    check_mode,
    check_per_tensor,
    check_select_tf_ops,
)
from pants_tflite.sandbox.verification.verification_samples import SignatureSamples, Source
from pants_tflite.sandbox.verification.verify_protocol import (
    FloatOp,
    OutputCheck,
    VerificationReport,
    VerifiedSamples,
    VerifyRequest,
)

_SEQUENCE_FIX = (
    "Leave `sequence` out of the dataset if the samples are independent of each other: each then starts "
    "from a fresh state. To stream, export a model whose SavedModel keeps the state too, such as a layer "
    "with `stateful=True`, or one that yields its state and takes it back."
)


def check_types(
    model: Model, mode: Mode | None, request: VerifyRequest, source: Source
) -> tuple[FloatOp, ...]:
    """Raises Mistake where types or custom ops are not what the request asks for.

    Returns the ops of an integer mode that compute in floats.
    """
    check_custom_ops(model, request.custom_ops)
    check_select_tf_ops(model, request.select_tf_ops)
    asked = {"input_type": request.input_type, "output_type": request.output_type}
    if mode is not None:
        asked = {field: io_type(mode, field, value) for field, value in asked.items()}
    for signature in model.callables:
        check_io_types(signature, real=source.reals(signature), **asked)
    if not request.per_channel:
        check_per_tensor(model)
    if mode is None:
        return ()
    fallback = FloatFallback(request.float_fallback, request.max_float_ops)
    return check_mode(model, mode, fallback)


def find_tolerance(mode: Mode | None, asked: float | None, *, untrained: bool = False) -> Tolerance:
    """The tolerance asked for, or the mode's; without a mode, the largest that any mode allows.

    An `untrained` model is held to it only if nothing in it is quantized.
    """
    default = mode.tolerance if mode else max(mode.tolerance for mode in MODES)
    quantizes = mode is None or mode.quantizes
    return Tolerance(
        default if asked is None else asked,
        mode.name if mode else None,
        from_field=asked is not None,
        judges=not (untrained and quantizes),
    )


def check_run(
    samples: SignatureSamples,
    outputs: Mapping[str, np.ndarray],
    tolerance: Tolerance,
    source: Source,
    scores: Collection[str],
    keeps_state: bool,
) -> list[OutputCheck]:
    """Compares what a signature yielded with what it should; raises Mistake where it is wrong."""
    name = samples.signature.name
    fix = "Fix the model, or verify it with samples that it is made for."
    if samples.expected is None:
        if not samples.made_up:
            check_finite(name, outputs, who="the model", field=source.field, fix=fix)
        return []
    check_finite(name, samples.expected, who="the SavedModel itself", field=source.field, fix=fix)
    check_finite(name, outputs, who="the model", fix=tolerance.fix, **tolerance.blame)
    if samples.sequence and keeps_state and not source.keeps_state:
        # What it carries may be less than a quantized model is allowed to be off.
        raise Mistake(
            "the samples are sequences of calls, but the model keeps a state from call to call, and "
            f"the SavedModel does not (signature `{name}`)",
            field=source.field,
            fix=_SEQUENCE_FIX,
        )
    compared = Outputs(name, samples.expected, outputs, labels=samples.labels, scores=scores)
    return check_outputs(compared, tolerance)


@dataclass
class Verified:
    """What all signatures yielded."""

    checks: list[OutputCheck]
    samples: list[SignatureSamples]
    kernels: str = REFERENCE_KERNELS

    def describe(self, source: Source) -> VerifiedSamples:
        has_dataset = source.name != SEEDED
        return VerifiedSamples(
            max((samples.count for samples in self.samples), default=0),
            source.name,
            made_up=tuple(s.signature.name for s in self.samples if has_dataset and s.made_up),
            sequences=any(samples.sequence for samples in self.samples),
        )


def run_model(
    model: Model,
    request: VerifyRequest,
    kernels: Sequence[Kernel],
    tolerance: Tolerance,
    source: Source,
) -> Verified:
    """Runs and checks all signatures, and writes the golden files."""
    # A model that came from elsewhere is its owner's to fix; a converted one was fine so far.
    field = "source" if request.reference is None else None
    loaded = LoadedModel.with_reference_kernels(
        Path(request.model), model, field=field, custom_kernels=kernels
    )
    golden = GoldenFiles()
    samples_by_signature = source.for_signatures(signatures_to_run(model, request))
    verified = Verified([], samples_by_signature, loaded.kernels)
    for samples in verified.samples:
        name = samples.signature.name
        made_up = " They are made up at random." if samples.made_up else ""
        text = f"Running `{name}` on {samples.count} samples.{made_up}"
        print(text, file=sys.stderr, flush=True)
        result = run_samples(loaded, samples, source)
        verified.checks += check_run(
            samples=samples,
            outputs=result.outputs,
            tolerance=tolerance,
            source=source,
            scores=score_outputs(model, samples.signature),
            keeps_state=model.keeps_state,
        )
        golden.add(name, result, sequence=samples.sequence)
    golden.write()
    return verified


def signatures_to_run(model: Model, request: VerifyRequest) -> list[Signature]:
    names = without_skipped([signature.name for signature in model.callables], request.skip)
    return [signature for signature in model.callables if signature.name in names]


def reason_not_to_run(
    model: Model, request: VerifyRequest, kernels: Sequence[Kernel] = ()
) -> str | None:
    """Why this program cannot run the model with `kernels` for its custom ops, if it cannot."""
    lacking = sorted(set(model.custom_ops) - {kernel.op for kernel in kernels})
    if lacking:
        return f"{interpreter_library(model).title} has no kernel for the custom ops {', '.join(lacking)}."
    if not signatures_to_run(model, request):
        return "`skip_verification` leaves none of its signatures."
    return None


def main(request: VerifyRequest) -> None:
    model = read_model(Path(request.model))
    mode = None if request.mode is None else find_mode(request.mode)
    source = Source.read(
        request.reference,
        request.dataset,
        field=request.dataset_field,
        max_samples=request.max_samples,
        seed=request.seed,
    )
    float_ops = check_types(model=model, mode=mode, request=request, source=source)
    tolerance = find_tolerance(mode, request.tolerance, untrained=request.untrained)
    tolerance = replace(tolerance, random_ops=random_ops(model))
    kernels = Kernel.of_all(request.kernels)
    verified, not_run = Verified([], []), reason_not_to_run(model, request, kernels)
    if not_run is None:
        verified = run_model(
            model=model, request=request, kernels=kernels, tolerance=tolerance, source=source
        )
    write_report(
        VerificationReport(
            kernels=verified.kernels,
            mode=request.mode,
            not_run=not_run,
            outputs=tuple(verified.checks),
            samples=verified.describe(source),
            tolerance=tolerance.value if request.reference and tolerance.judges else None,
            tools=interpreter_library(model).tools,
            float_ops=float_ops,
            skipped=tuple(sorted(request.skip)),
            keeps_state=model.keeps_state,
        )
    )


if __name__ == "__main__":
    run(main, VerifyRequest)
