# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Checks that a model is what was asked for and computes what its SavedModel computes.

`golden_input.npz` and `golden_output.npz` hold the inputs and outputs of a few calls, as the
tensors store them (int8 for an int8 input): `<signature>/<name>` of shape (calls, …the tensor's
full shape). A model without signatures has one called `main`, with its tensors' names. They are
made with LiteRT's reference kernels, so that any device can be compared with them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Collection, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.harness import OUTPUT_DIR, run, write_report
from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel
from pants_tflite.sandbox.interpreter.litert_interpreter import (
    REFERENCE_KERNELS,
    LoadedModel,
    litert_version,
)
from pants_tflite.sandbox.modes import MODES, Mode, find_mode, io_type
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.model_reader import read_model
from pants_tflite.sandbox.verification.output_checks import (
    Outputs,
    Tolerance,
    check_finite,
    check_outputs,
)
from pants_tflite.sandbox.verification.score_outputs import score_outputs
from pants_tflite.sandbox.verification.type_checks import (
    check_custom_ops,
    check_io_types,
    check_mode,
)
from pants_tflite.sandbox.verification.verification_samples import SignatureSamples, Source
from pants_tflite.sandbox.verification.verify_protocol import (
    OutputCheck,
    VerificationReport,
    VerifiedSamples,
    VerifyRequest,
)

GOLDEN_CALLS = 4


@dataclass(frozen=True)
class Run:
    """The inputs and outputs of one signature: the first calls as stored, all outputs as rows."""

    golden_input: Mapping[str, np.ndarray]
    golden_output: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]


def run_signature(loaded: LoadedModel, samples: SignatureSamples) -> Run:
    """Calls a signature with all of its samples."""
    feeds: list[dict[str, np.ndarray]] = []
    results: list[dict[str, np.ndarray]] = []
    rows: list[dict[str, np.ndarray]] = []
    for feed in samples.stored_feeds():
        result = loaded.run(samples.signature, feed)
        rows.append(samples.real_outputs(result))
        if len(feeds) < GOLDEN_CALLS:
            feeds.append(feed)
            results.append(result)
    return Run(
        {name: np.stack([feed[name] for feed in feeds]) for name in feeds[0]},
        {name: np.stack([result[name] for result in results]) for name in results[0]},
        samples.batching.collect(rows, samples.count),
    )


def check_types(model: Model, mode: Mode | None, request: VerifyRequest, source: Source) -> None:
    """Raises Mistake where types or custom ops are not what the request asks for."""
    check_custom_ops(model, request.custom_ops)
    asked = {"input_type": request.input_type, "output_type": request.output_type}
    if mode is not None:
        asked = {field: io_type(mode, field, value) for field, value in asked.items()}
    for signature in model.callables:
        check_io_types(signature, real=source.reals(signature), **asked)
    if mode is not None:
        check_mode(model, mode)


def find_tolerance(mode: Mode | None, asked: float | None) -> Tolerance:
    """The tolerance asked for, or the mode's; without a mode, the largest that any mode allows."""
    default = mode.tolerance if mode else max(mode.tolerance for mode in MODES)
    return Tolerance(
        default if asked is None else asked, mode.name if mode else None, asked is not None
    )


def check_run(
    samples: SignatureSamples,
    outputs: Mapping[str, np.ndarray],
    tolerance: Tolerance,
    source: Source,
    scores: Collection[str],
) -> list[OutputCheck]:
    """Compares what a signature yielded with what it should; raises Mistake where it is wrong."""
    name = samples.signature.name
    fix = "Fix the model, or verify it with samples that it is made for."
    if samples.expected is None:
        if source.is_real:
            check_finite(name, outputs, who="the model", field=source.field, fix=fix)
        return []
    check_finite(name, samples.expected, who="the SavedModel itself", field=source.field, fix=fix)
    check_finite(name, outputs, who="the model", fix=tolerance.fix, **tolerance.blame)
    compared = Outputs(name, samples.expected, outputs, labels=samples.labels, scores=scores)
    return check_outputs(compared, tolerance)


def run_model(
    model: Model,
    request: VerifyRequest,
    kernels: Sequence[Kernel],
    tolerance: Tolerance,
    source: Source,
) -> tuple[list[OutputCheck], int]:
    """Runs and checks all signatures, writes the golden files, and counts the samples."""
    # A model that came from elsewhere is its owner's to fix; a converted one was fine so far.
    field = "source" if request.reference is None else None
    loaded = LoadedModel(Path(request.model), model, field=field, custom_kernels=kernels)
    golden: tuple[dict[str, np.ndarray], dict[str, np.ndarray]] = ({}, {})
    checks: list[OutputCheck] = []
    count = 0
    for samples in source.for_signatures(model.callables):
        name = samples.signature.name
        print(f"Running `{name}` on {samples.count} samples.", file=sys.stderr, flush=True)
        result = run_signature(loaded, samples)
        checks += check_run(
            samples=samples,
            outputs=result.outputs,
            tolerance=tolerance,
            source=source,
            scores=score_outputs(model, samples.signature),
        )
        count = max(count, samples.count)
        for arrays, added in zip(golden, (result.golden_input, result.golden_output)):
            arrays.update({f"{name}/{key}": array for key, array in added.items()})
    write_npz(OUTPUT_DIR / "golden_input.npz", golden[0])
    write_npz(OUTPUT_DIR / "golden_output.npz", golden[1])
    return checks, count


def reason_not_to_run(model: Model, kernels: Sequence[Kernel] = ()) -> str | None:
    """Why this program cannot run the model with `kernels` for its custom ops, if it cannot."""
    lacking = sorted(set(model.custom_ops) - {kernel.op for kernel in kernels})
    if lacking:
        return f"LiteRT has no kernel for the custom ops {', '.join(lacking)}."
    for signature in model.callables:
        for name, tensor in (*signature.inputs, *signature.outputs):
            if tensor.dtype == "string":
                return f"`{name}` of `{signature.name}` is text, which samples cannot hold."
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
    check_types(model=model, mode=mode, request=request, source=source)
    tolerance = find_tolerance(mode, request.tolerance)
    checks: list[OutputCheck] = []
    kernels = Kernel.of_all(request.kernels)
    count, not_run = 0, reason_not_to_run(model, kernels)
    if not_run is None:
        checks, count = run_model(
            model=model, request=request, kernels=kernels, tolerance=tolerance, source=source
        )
    write_report(
        VerificationReport(
            kernels=REFERENCE_KERNELS.name,
            mode=request.mode,
            not_run=not_run,
            outputs=tuple(checks),
            samples=VerifiedSamples(count, source.name),
            tolerance=None if request.reference is None else tolerance.value,
            tools={"ai-edge-litert": litert_version()},
        )
    )


if __name__ == "__main__":
    run(main, VerifyRequest)
