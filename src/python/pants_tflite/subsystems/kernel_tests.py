# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What runs `tflite_custom_op_test` targets."""

from __future__ import annotations

from pants.option.option_types import BoolOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap


class KernelTests(Subsystem):
    options_scope = "tflite-kernel-tests"
    name = "tests of custom ops"
    help = "Tests of kernels: `tflite_custom_op_test` and `tflite_custom_op_micro_test`."

    skip = BoolOption(
        default=False,
        help=softwrap(
            """
            Whether `pants test` skips all tests of kernels.

            Defaults to false.

            Example: `skip = true`.
            """
        ),
    )
