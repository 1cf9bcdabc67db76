# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The parts of Maven's output that are kept.

jgo's environment, which this runs in, has no pytest to import: Pants brings it.
"""

from __future__ import annotations

from pants_tflite.sandbox.fetching.mvn_client import condense

OUTPUT = """\
[INFO] Scanning for projects...
[WARNING] The settings are deprecated.
[INFO] BUILD FAILURE
[ERROR] Failed to execute goal: Unable to find artifact. Could not find a:b:pom:0
[ERROR]
[ERROR]   a:b:pom:0
[ERROR]   a:b:pom:0
[ERROR] from the specified remote repositories:
[ERROR]   central (https://repository.invalid) -> [Help 1]
[ERROR]
[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.
[ERROR] [Help 1] http://help.invalid
"""


def test_problems_are_kept_and_advice_is_dropped() -> None:
    assert condense(OUTPUT).splitlines() == [
        "The settings are deprecated.",
        "Failed to execute goal: Unable to find artifact. Could not find a:b:pom:0",
        "a:b:pom:0",
        "from the specified remote repositories:",
        "central (https://repository.invalid)",
    ]


def test_output_without_a_problem_is_kept_from_its_end() -> None:
    assert condense("x" * 5000 + "mvn: not found") == "x" * 3986 + "mvn: not found"
