# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What runs `tflite_test` targets."""

from __future__ import annotations

from pants.option.option_types import ArgsListOption, BoolOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap


class ModelTests(Subsystem):
    options_scope = "tflite-tests"
    name = "tests of models"
    help = "Tests of models: `tflite_test`."

    skip = BoolOption(
        default=False,
        help=softwrap(
            """
            Whether `pants test` skips all tests of models.

            Defaults to false.

            Example: `skip = true`.
            """
        ),
    )
    args = ArgsListOption(
        example="--samples 20",
        passthrough=True,
        extra_help=softwrap(
            """
            `--samples N` tests models on the first N samples of their datasets only.

            Defaults to none.

            Example: `args = ["--samples", "20"]`.
            """
        ),
    )
