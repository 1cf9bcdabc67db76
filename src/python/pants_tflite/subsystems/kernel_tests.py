# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What runs `tflite_custom_op_test` targets."""

from __future__ import annotations

from pants.option.option_types import SkipOption
from pants.option.subsystem import Subsystem


class KernelTests(Subsystem):
    options_scope = "tflite-kernel-tests"
    name = "tests of custom ops"
    help = "The tests of custom ops' kernels."

    skip = SkipOption("test")
