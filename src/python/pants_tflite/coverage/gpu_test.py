# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Optional

import pytest

from pants_tflite.coverage.gpu import GPU_RUNTIME, to_coverage
from pants_tflite.sandbox.coverage.coverage_protocol import RefusedOp
from pants_tflite.sandbox.gpu.check_gpu_protocol import GPU_TOLERANCE, GpuOutput, GpuReport
from pants_tflite.sandbox.gpu.find_vulkan_driver_protocol import VulkanDriver

DRIVER = VulkanDriver("SwiftShader Device", "5.0.0", "f00d")


def report(
    *errors: Optional[float],
    delegated: bool = True,
    refused: tuple[RefusedOp, ...] = (),
    reason: str = "",
    not_compared: Optional[str] = None,
) -> GpuReport:
    outputs = tuple(
        GpuOutput("serving_default", f"y{index}", "relative_rms", error)
        for index, error in enumerate(errors)
    )
    return GpuReport(
        delegated=delegated,
        refused=refused,
        reason=reason,
        outputs=outputs,
        not_compared=not_compared,
        runtime="ai-edge-litert 2.3.0",
    )


def test_a_model_that_the_accelerator_computes_like_the_cpu_is_taken() -> None:
    coverage = to_coverage(report(1e-7, 2e-3), DRIVER)
    assert coverage.loads is True and coverage.refused == ()
    assert coverage.runtime == GPU_RUNTIME
    assert coverage.answered_by == "ai-edge-litert 2.3.0 on SwiftShader Device 5.0.0"
    assert "0.002" in coverage.remark


@pytest.mark.parametrize("error", [GPU_TOLERANCE * 1.01, None])
def test_a_model_that_it_computes_wrongly_is_not(error: Optional[float]) -> None:
    coverage = to_coverage(report(0.0, error), DRIVER)
    assert coverage.loads is False
    assert "`y1`" in coverage.remark and "`y0`" not in coverage.remark


def test_what_it_refuses_is_told_op_by_op_or_in_its_words() -> None:
    refused = (RefusedOp(3, "RFFT2D", "spectrum", "Operation is not supported."),)
    coverage = to_coverage(report(delegated=False, refused=refused), DRIVER)
    assert coverage.loads is False and coverage.refused == refused
    whole = to_coverage(report(delegated=False, reason="Variable tensors."), DRIVER)
    assert whole.loads is False and whole.remark == "Variable tensors."


def test_a_model_that_was_not_compared_says_why() -> None:
    coverage = to_coverage(report(not_compared="the model keeps a state"), DRIVER)
    assert coverage.loads is True and "the model keeps a state" in coverage.remark
