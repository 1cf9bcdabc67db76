# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Asks LiteRT's GPU accelerator which ops of a model it refuses, and how far its outputs are from the CPU's.

LiteRT's analyzer has an answer without a GPU, and calls every model compatible. So the accelerator is
asked itself, on any Vulkan driver; SwiftShader's computes on the CPU. What that proves is which ops there
are kernels for, and that they compute the right thing, not what the driver of a phone does with them.
"""

from __future__ import annotations

from pathlib import Path

from pants_tflite.sandbox.coverage.coverage_protocol import RefusedOp
from pants_tflite.sandbox.gpu.accelerator import (
    NO_CUSTOM_OPS,
    Accelerator,
    explain,
    lacks_custom_op,
    reasons,
)
from pants_tflite.sandbox.gpu.blamed_ops import refused_ops, wrong_op
from pants_tflite.sandbox.gpu.check_gpu_protocol import (
    CheckGpuRequest,
    GpuOutput,
    GpuReport,
    is_far,
)
from pants_tflite.sandbox.gpu.golden_calls import (
    Golden,
    NotComparable,
    compare_outputs,
    find_golden,
)
from pants_tflite.sandbox.gpu.vulkan_drivers import manifest_of
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.tflite.model_reader import parse_model


def check(request: CheckGpuRequest) -> GpuReport:
    """Raises Mistake if the driver is not there any more, or an attempt takes too long."""
    accelerator = Accelerator(manifest_of(request.search, request.driver), request.max_seconds)
    path = Path(request.model)
    content = path.read_bytes()
    model = parse_model(content)
    golden: list[Golden] = []
    outputs: list[GpuOutput] = []
    refused: tuple[RefusedOp, ...] = ()
    reason, not_compared = "", None
    try:
        golden = find_golden(request, path, model)
    except NotComparable as error:
        not_compared = str(error)
    done = accelerator.run(path, [(each.signature, each.inputs) for each in golden])
    if done.succeeded:
        outputs += compare_outputs(golden, done.value)
        far = {output.signature for output in outputs if is_far(output)}
        for each in golden:
            if each.signature.name in far:
                refused += wrong_op(accelerator, content, model, each)
    else:
        named = reasons(done.text) or dict.fromkeys(
            model.custom_ops if lacks_custom_op(done.text) else (), NO_CUSTOM_OPS
        )
        refused = refused_ops(accelerator, content, model, named)
        reason = "" if refused else explain(done)
    return GpuReport(
        delegated=done.succeeded,
        refused=refused,
        reason=reason,
        outputs=tuple(outputs),
        not_compared=not_compared if done.succeeded else None,
        runtime=accelerator.version(),
    )


def main(request: CheckGpuRequest) -> None:
    write_report(check(request))


if __name__ == "__main__":
    run(main, CheckGpuRequest)
