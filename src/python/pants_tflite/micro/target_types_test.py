# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Processors that nothing is compiled for: an error of the library, and of no other target."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.errors import TfLiteError
from pants_tflite.micro.target_types import (
    CPUS,
    MicroCpuField,
    MicroLayoutField,
    TfLiteMicroLibraryTarget,
)

_BUILD = """\
tflite_micro_library(name="esp", models=[":a"], cpu="esp32s3")
tflite_micro_library(name="nowhere", models=[":a"], layout="bazel")
tflite_micro_library(name="arm", models=[":a"], cpu="cortex-m85")
"""


def test_targets_of_a_file_with_a_wrong_choice_are_all_there() -> None:
    runner = RuleRunner(target_types=[TfLiteMicroLibraryTarget])
    runner.write_files({"m/BUILD": _BUILD})
    targets = {
        name: runner.get_target(Address("m", target_name=name))
        for name in ("esp", "nowhere", "arm")
    }
    assert targets["arm"][MicroCpuField].checked == "cortex-m85"
    assert targets["nowhere"][MicroCpuField].checked is None
    with pytest.raises(TfLiteError) as cpu:
        targets["esp"][MicroCpuField].checked
    assert str(cpu.value) == (
        "m:esp, field `cpu` = 'esp32s3': this backend has no compiler and no emulated board for that "
        "processor.\n\nFix: Leave `cpu` out: the library's sources are for every processor, and its "
        "self-test runs on the host and on the device. For a compiled library choose one of "
        f"{', '.join(CPUS)}."
    )
    with pytest.raises(TfLiteError) as layout:
        targets["nowhere"][MicroLayoutField].checked
    assert "m:nowhere, field `layout` = 'bazel': that is not one of the field's choices" in str(
        layout.value
    )
