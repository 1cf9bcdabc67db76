# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants check` for custom ops: whether kernels compile, and register what they declare."""

from __future__ import annotations

from dataclasses import dataclass

from pants.core.goals.check import CheckRequest, CheckResult, CheckResults
from pants.engine.target import FieldSet
from pants.engine.unions import UnionRule

from pants_tflite.cc.platforms import host_platform
from pants_tflite.compat import collect_rules, concurrently, rule
from pants_tflite.custom_ops.libraries import CustomOpLibraryRequest, build_library
from pants_tflite.custom_ops.target_types import CustomOpNameField, CustomOpRuntimeField
from pants_tflite.errors import TfLiteError

TOOL_NAME = "tflite-custom-op"


@dataclass(frozen=True)
class CheckCustomOpFieldSet(FieldSet):
    required_fields = (CustomOpNameField, CustomOpRuntimeField)

    op: CustomOpNameField


class CheckCustomOpsRequest(CheckRequest):
    field_set_type = CheckCustomOpFieldSet
    tool_name = TOOL_NAME


@dataclass(frozen=True)
class CheckCustomOpRequest:
    """Asks whether the kernel of one op can be built for this machine."""

    field_set: CheckCustomOpFieldSet

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@rule
async def check_custom_op(request: CheckCustomOpRequest) -> CheckResult:
    address = request.field_set.address
    try:
        await build_library(CustomOpLibraryRequest((address,), host_platform()))
    except TfLiteError as error:
        return CheckResult(1, stdout="", stderr=str(error), partition_description=str(address))
    return CheckResult(0, stdout="", stderr="", partition_description=str(address))


@rule(desc="Check custom ops")
async def check_custom_ops(request: CheckCustomOpsRequest) -> CheckResults:
    results = await concurrently(
        check_custom_op(CheckCustomOpRequest(field_set)) for field_set in request.field_sets
    )
    return CheckResults(results, checker_name=TOOL_NAME)


def rules():
    return (*collect_rules(), UnionRule(CheckRequest, CheckCustomOpsRequest))
