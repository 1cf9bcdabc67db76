# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""How a run of Pants is told to run every step again, and to write down what each yields."""

from __future__ import annotations

from pants.option.option_types import StrOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap


class StepRecords(Subsystem):
    options_scope = "tflite-step-records"
    help = "What `pants tflite-reproduce` tells the runs that it compares."

    file = StrOption(
        default=None,
        advanced=True,
        help=softwrap(
            """
            The file to which each step appends what it took and yielded, as a line of JSON. With it,
            no step takes a result from a cache that another file's run left.

            Defaults to none: nothing is written, and caches are used.

            Example: `file = "/tmp/steps.jsonl"`.
            """
        ),
    )
