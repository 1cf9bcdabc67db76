# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The self-test of a micro library: whether it runs, for how long, and with what."""

from __future__ import annotations

from pants.core.util_rules.search_paths import ExecutableSearchPathsOptionMixin
from pants.option.option_types import BoolOption, IntOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap


class MicroSelfTest(Subsystem):
    options_scope = "tflite-micro-self-test"
    name = "TFLite Micro self-test"
    help = "The self-test of a `tflite_micro_library`, on the host and in QEMU."

    skip = BoolOption(
        default=False,
        help=softwrap(
            """
            Whether `pants test` skips the self-tests of all micro libraries.

            Defaults to false.

            Example: `skip = true`.
            """
        ),
    )
    timeout_seconds = IntOption(
        default=120,
        help=softwrap(
            """
            How many seconds a self-test may run before it counts as failed.

            Defaults to 120.

            Example: `timeout_seconds = 600`.
            """
        ),
    )

    class EnvironmentAware(ExecutableSearchPathsOptionMixin, Subsystem.EnvironmentAware):
        env_vars_used_by_options = ("PATH",)

        executable_search_paths_help = softwrap(
            """
            The folders in which QEMU's programs are looked for: `qemu-system-arm` for Cortex-M,
            `qemu-system-riscv32` for RISC-V. `<PATH>` stands for the folders in the environment
            variable PATH.

            Defaults to `["<PATH>"]`.

            Example: `executable_search_paths = ["/opt/qemu/bin"]`.
            """
        )
