# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The target `tflite_board` and its fields."""

from __future__ import annotations

from pants.engine.target import COMMON_TARGET_FIELDS, Target
from pants.util.strutil import help_text

from pants_tflite.fields import OptionalChoiceField
from pants_tflite.micro.target_types import BOARD_ALIAS, CPUS
from pants_tflite.sizes import SIZE_HELP, SizeField

NPUS = (
    *(f"ethos-u55-{units}" for units in (32, 64, 128, 256)),
    *(f"ethos-u65-{units}" for units in (256, 512)),
    *(f"ethos-u85-{units}" for units in (128, 256, 512, 1024, 2048)),
)


class BoardFlashField(SizeField):
    alias = "flash"
    required = True
    value: str
    help = help_text(
        f"""
        How much read-only memory the board has for models and the code that runs them: {SIZE_HELP}.

        Example: `flash="1MiB"`.
        """
    )


class BoardRamField(SizeField):
    alias = "ram"
    required = True
    value: str
    help = help_text(
        f"""
        How much memory the board has for tensor arenas and variables, without what the application
        and the stack take: {SIZE_HELP}.

        Example: `ram="128KiB"`.
        """
    )


class BoardCpuField(OptionalChoiceField):
    alias = "cpu"
    valid_choices = CPUS
    help = help_text(
        f"""
        The board's processor, for which libraries that name a TFLite Micro tree are compiled to see
        whether they fit: one of {", ".join(CPUS)}.

        Defaults to none: libraries are compiled for their own processors.

        Example: `cpu="cortex-m4"`.
        """
    )


class BoardNpuField(OptionalChoiceField):
    alias = "npu"
    valid_choices = NPUS
    help = help_text(
        f"""
        The board's Arm Ethos-U, for models that Vela has compiled for one: one of {", ".join(NPUS)}.

        Defaults to none: such models do not fit.

        Example: `npu="ethos-u55-128"`.
        """
    )


class TfLiteBoardTarget(Target):
    alias = BOARD_ALIAS
    core_fields = (
        *COMMON_TARGET_FIELDS,
        BoardFlashField,
        BoardRamField,
        BoardCpuField,
        BoardNpuField,
    )
    help = help_text(
        """
        A board with a microcontroller, or a part of its memory: what micro libraries must fit into.
        `pants tflite-fit` shows which do.
        """
    )


def target_types() -> tuple[type[Target], ...]:
    return (TfLiteBoardTarget,)
