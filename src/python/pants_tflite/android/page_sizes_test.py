# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import logging
from typing import Optional

import pytest
from pants.engine.addresses import Address
from pants.engine.rules import QueryRule

from pants_tflite.android import register
from pants_tflite.android.maven import MavenCoordinates
from pants_tflite.android.page_sizes import (
    CheckedPageSizes,
    CheckPageSizesRequest,
    least_alignment,
)
from pants_tflite.android.sandbox.measure_pages_protocol import LibraryPages, PagesReport
from pants_tflite.android.target_types import (
    CUSTOM_OPS_RUNTIME,
    DEFAULT_RUNTIME,
    MavenRuntimeField,
    RuntimeAarField,
)
from pants_tflite.testutil import new_rule_runner

ADDRESS = Address("pets", target_name="android")


def _libraries(**alignments: int) -> PagesReport:
    return PagesReport(
        tuple(LibraryPages(f"jni/{abi}/a.so", abi, size) for abi, size in alignments.items())
    )


def test_only_64_bit_processors_have_large_pages() -> None:
    assert least_alignment(_libraries(x86=4096, x86_64=16384)) == 16384
    assert least_alignment(_libraries(x86=4096)) is None


@pytest.mark.parametrize(
    ("given", "runtime", "expected"),
    [
        (None, DEFAULT_RUNTIME, None),
        ("", None, None),
        (CUSTOM_OPS_RUNTIME, CUSTOM_OPS_RUNTIME, f'another release: `runtime="{DEFAULT_RUNTIME}"`'),
        (None, CUSTOM_OPS_RUNTIME, "Choose a release that is aligned"),
        ("org.example:own:1.0", "org.example:own:1.0", None),
    ],
)
def test_warnings(
    given: Optional[str],
    runtime: Optional[str],
    expected: Optional[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    rule_runner = new_rule_runner(
        [QueryRule(CheckedPageSizes, (CheckPageSizesRequest,))],
        rules=register.rules(),
        target_types=register.target_types(),
    )
    request = CheckPageSizesRequest(
        RuntimeAarField(None, ADDRESS),
        MavenRuntimeField(given, ADDRESS),
        (MavenCoordinates(*runtime.split(":")),) if runtime else (),
    )
    with caplog.at_level(logging.WARNING):
        warnings = rule_runner.request(CheckedPageSizes, [request]).warnings
    assert list(warnings) == [record.getMessage() for record in caplog.records]
    if expected is None:
        assert not warnings
    else:
        (warning,) = warnings
        assert f"pets:android, field `runtime`: the 64-bit libraries of {runtime} are" in warning
        assert expected in warning
