# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The options of the linter `tflite-portability`."""

from __future__ import annotations

from pants.option.option_types import BoolOption, StrListOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap

from pants_tflite.lint.portability.checks import CHECKS

_CHECKS_LIST = ", ".join(f"`{name}` ({meaning})" for name, meaning in sorted(CHECKS.items()))


class TfLitePortability(Subsystem):
    options_scope = "tflite-portability"
    name = "portability of models"
    help = softwrap(
        f"""
        A linter of `tflite_model`s and `tflite_file`s, which `pants_tflite.lint.portability` in
        `backend_packages` turns on. It finds what costs a model the devices that it could run on:
        {_CHECKS_LIST}.
        """
    )

    skip = BoolOption(
        default=False,
        help=softwrap(
            """
            Whether `pants lint` skips this linter.

            Defaults to false.

            Example: `skip = true`.
            """
        ),
    )
    ignore = StrListOption(
        help=softwrap(
            f"""
            The checks to leave out for all targets: any of {", ".join(sorted(CHECKS))}.

            Defaults to none.

            Example: `ignore = ["control-flow"]`.
            """
        ),
    )
