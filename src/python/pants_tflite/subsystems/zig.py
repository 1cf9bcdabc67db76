# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""zig: the hash-locked cross compiler for C and C++, and what reads the binaries that it makes."""

from __future__ import annotations

from pants.option.option_types import DictOption, StrOption
from pants.util.strutil import softwrap

from pants_tflite.subsystems.locked_environment import LockedEnvironment


class Zig(LockedEnvironment):
    options_scope = "zig"
    help = "zig, the compiler for C and C++ that comes with everything it needs, for any platform."

    packages = "arpy, lief and ziglang"
    runs = "zig is started and binaries are inspected"

    glibc = DictOption[str](
        default={"linux_aarch64": "2.28", "linux_x86_64": "2.17"},
        help=softwrap(
            """
            The oldest glibc that binaries for a Linux platform must run with.

            Defaults to 2.17 for `linux_x86_64` and to 2.28 for `linux_aarch64`.

            Example: `glibc = {"linux_aarch64": "2.31", "linux_x86_64": "2.28"}`.
            """
        ),
    )
    ios = StrOption(
        default="13.0",
        help=softwrap(
            """
            The oldest iOS version that binaries must run on. Those for simulators on Apple
            processors are built for at least 14.0, the oldest version of these simulators.

            Defaults to 13.0.

            Example: `ios = "15.0"`.
            """
        ),
    )
    macos = StrOption(
        default="11.0",
        help=softwrap(
            """
            The oldest macOS version that binaries must run on.

            Defaults to 11.0.

            Example: `macos = "13.0"`.
            """
        ),
    )
