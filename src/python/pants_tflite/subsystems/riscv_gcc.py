# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The GNU compiler for RISC-V that the user has installed, if any."""

from __future__ import annotations

from pants.core.util_rules.search_paths import ExecutableSearchPathsOptionMixin
from pants.option.option_types import StrOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap


class RiscvGcc(Subsystem):
    options_scope = "riscv-gcc"
    help = softwrap(
        """
        The GNU toolchain for RISC-V with picolibc, the compiler for C++ on microcontrollers of that
        kind. If it has no headers of C++, those of `[arm-gcc]` serve.
        """
    )

    prefix = StrOption(
        default="riscv64-unknown-elf-",
        help=softwrap(
            """
            The prefix of the names of the toolchain's programs, before `gcc`, `g++` and `ar`.

            Defaults to `riscv64-unknown-elf-`.

            Example: `prefix = "riscv32-unknown-elf-"`.
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

            Example: `executable_search_paths = ["/opt/riscv/bin"]`.
            """
        )
