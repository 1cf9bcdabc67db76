# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""QEMU's emulators of boards, if the user has installed them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants_tflite.cc.system_tools import SystemToolsRequest, find_system_tools
from pants_tflite.compat import collect_rules, rule
from pants_tflite.micro.subsystems.self_tests import MicroSelfTest


@dataclass(frozen=True)
class QemuRequest:
    """Asks for the path of one of QEMU's emulators, by the program's name."""

    program: str


@dataclass(frozen=True)
class Qemu:
    """`path` is None if it is not installed. `version` stands for its content in cache keys, and
    `description` is what it says of itself."""

    path: Optional[str] = None
    version: str = ""
    description: str = ""


@rule
async def find_qemu(request: QemuRequest, environment: MicroSelfTest.EnvironmentAware) -> Qemu:
    search_path = environment.executable_search_path
    tools = await find_system_tools(SystemToolsRequest((request.program,), search_path))
    if not tools.paths:
        return Qemu()
    return Qemu(tools.paths[0], tools.version, tools.description)


def rules():
    return collect_rules()
