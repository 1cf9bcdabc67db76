# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""QEMU's emulator of Arm systems, if the user has installed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.core.util_rules.system_binaries import BinaryPathRequest, BinaryPathTest

from pants_tflite.compat import collect_rules, find_binary, implicitly, rule
from pants_tflite.micro.subsystems.self_tests import QEMU, MicroSelfTest


@dataclass(frozen=True)
class QemuRequest:
    """Asks for the path of QEMU's emulator of Arm systems."""


@dataclass(frozen=True)
class Qemu:
    """`path` is None if it is not installed. `version` stands for its content in cache keys."""

    path: Optional[str] = None
    version: str = ""


@rule
async def find_qemu(_: QemuRequest, environment: MicroSelfTest.EnvironmentAware) -> Qemu:
    found = await find_binary(
        BinaryPathRequest(
            binary_name=QEMU,
            search_path=environment.executable_search_path,
            test=BinaryPathTest(args=["--version"]),
        ),
        **implicitly(),
    )
    if found.first_path is None:
        return Qemu()
    return Qemu(found.first_path.path, found.first_path.fingerprint)


def rules():
    return collect_rules()
