# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Vela: the environment that compiles models for the Ethos-U NPUs."""

from __future__ import annotations

from pants_tflite.subsystems.locked_environment import LockedEnvironment


class Vela(LockedEnvironment):
    options_scope = "vela"
    help = (
        "Vela, Arm's compiler, which a `tflite_micro_library` with `npu` compiles its models with."
    )

    lock_package = "pants_tflite.micro.subsystems"
    packages = "ethos-u-vela, flatbuffers and numpy"
    runs = "Vela runs"
