# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Optional

import pytest
from pants.engine.addresses import Address

from pants_tflite.micro.self_test.self_test_runs import MicroSelfTestFieldSet, SelfTestRun
from pants_tflite.micro.target_types import TfLiteMicroLibraryTarget


def test_a_run_says_where_it_ran_and_what_it_printed() -> None:
    run = SelfTestRun("cortex-m4 in QEMU", "sine\r\n  FAIL: y differs by 9 LSB\r\n", 1)
    assert run.render() == "cortex-m4 in QEMU\n  sine\n    FAIL: y differs by 9 LSB\n"


def test_what_did_not_run_has_not_failed() -> None:
    run = SelfTestRun("cortex-m4: compiled, not run")
    assert (run.exit_code, run.render()) == (0, "cortex-m4: compiled, not run\n")


@pytest.mark.parametrize(("tflm", "is_tested"), [(None, False), ("//tflm", True)])
def test_without_a_tree_there_is_no_test(tflm: Optional[str], is_tested: bool) -> None:
    fields = {"models": [":m"], "tflm": tflm}
    target = TfLiteMicroLibraryTarget(fields, Address("a"))
    assert MicroSelfTestFieldSet.is_applicable(target) == is_tested
