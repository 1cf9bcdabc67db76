# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""How a `tflite_test` is run, as its command line and its fields say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.core.goals.test import TestSubsystem
from pants.engine.addresses import Address
from pants.engine.process import ProcessCacheScope

from pants_tflite.errors import Mistake
from pants_tflite.evaluation.fields import ModelTestFields


@dataclass(frozen=True)
class TestSettings:
    """How a test is to be run, whichever one it is."""

    max_samples: Optional[int] = None
    timeout: Optional[int] = None
    cache_scope: ProcessCacheScope = ProcessCacheScope.SUCCESSFUL

    __test__ = False


def find_timeout(fields: ModelTestFields, test_subsystem: TestSubsystem) -> Optional[int]:
    """After how many seconds a process is ended, if ever."""
    field = fields.timeout
    if field.value is not None and field.value < 1:
        raise Mistake.of(
            field,
            message="the number must be at least 1",
            fix="Give a number of seconds, or leave `timeout` out.",
        )
    return field.calculate_from_global_options(test_subsystem)


def parse_arguments(arguments: tuple[str, ...], address: Address) -> Optional[int]:
    """The number of samples that `-- --samples 20` asks for, if it does. Raises for anything else."""
    words = [word for argument in arguments for word in argument.split("=", 1)]
    if not words:
        return None
    if len(words) == 2 and words[0] == "--samples" and words[1].isdecimal() and int(words[1]) > 0:
        return int(words[1])
    raise Mistake(
        message=f"a `tflite_test` does not understand the arguments `{' '.join(arguments)}`",
        fix="Give `-- --samples 20` to test on the first 20 samples only, or nothing.",
    ).at(address)
