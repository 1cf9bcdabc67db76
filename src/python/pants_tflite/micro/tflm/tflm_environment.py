# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Python environment of TFLite Micro."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.platform import Platform

from pants_tflite.compat import (
    collect_rules,
    implicitly,
    rule,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.micro.subsystems.tflm import Tflm
from pants_tflite.util_rules.environment_installation import PythonEnvironmentRequest
from pants_tflite.util_rules.environment_processes import (
    PythonEnvironment,
    set_up_python_environment,
)


@dataclass(frozen=True)
class TflmEnvironmentRequest:
    """The environment of TFLite Micro's Python interface."""


def check_platform(platform: Platform) -> None:
    """Raises if no wheel of TFLite Micro supports this platform."""
    if platform != Platform.linux_x86_64:
        raise TfLiteError(
            "TFLite Micro measures every model of a `tflite_micro_library`, its wheels are for "
            f"Linux x86_64 only, and this is {platform.value}.\n\n"
            "Fix: build on Linux x86_64, or in an `environment` that is, such as a "
            "`docker_environment`."
        )


@rule
async def find_tflm_environment(
    _: TflmEnvironmentRequest, tflm: Tflm, platform: Platform
) -> PythonEnvironment:
    check_platform(platform)
    return await set_up_python_environment(
        PythonEnvironmentRequest(tflm.to_lockfile(), tflm.to_interpreter_constraints()),
        **implicitly(),
    )


def rules():
    return collect_rules()
