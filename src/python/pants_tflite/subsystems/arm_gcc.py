# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The GNU compiler for Arm Cortex-M that the user has installed, if any."""

from __future__ import annotations

from pants.core.util_rules.search_paths import ExecutableSearchPathsOptionMixin
from pants.option.option_types import StrOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap


class ArmGcc(Subsystem):
    options_scope = "arm-gcc"
    help = "The GNU toolchain for Arm Cortex-M, the compiler for C++ on microcontrollers."

    prefix = StrOption(
        default="arm-none-eabi-",
        help=softwrap(
            """
            The prefix of the names of the toolchain's programs, before `gcc`, `g++` and `ar`.

            Defaults to `arm-none-eabi-`.

            Example: `prefix = "armv7m-none-eabi-"`.
            """
        ),
    )

    class EnvironmentAware(ExecutableSearchPathsOptionMixin, Subsystem.EnvironmentAware):
        env_vars_used_by_options = ("PATH",)

        executable_search_paths_help = softwrap(
            """
            The folders in which the toolchain's programs are looked for. `<PATH>` stands for the
            folders in the environment variable PATH.

            Defaults to `["<PATH>"]`.

            Example: `executable_search_paths = ["/opt/arm-gnu-toolchain/bin"]`.
            """
        )
