# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A test's time limit comes from its field and from the options of Pants' test goal."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from pants.core.goals.test import TestSubsystem
from pants.engine.addresses import Address
from pants.testutil.option_util import create_goal_subsystem

from pants_tflite.errors import TfLiteError
from pants_tflite.evaluation.fields import ModelTestFields
from pants_tflite.evaluation.settings import find_timeout
from pants_tflite.evaluation.target_types import TfLiteTestTarget


def _timeout(value: Optional[int], **options: Any) -> Optional[int]:
    target = TfLiteTestTarget({"model": ":m", "timeout": value}, Address("m", target_name="test"))
    defaults = {"timeouts": True, "timeout_default": None, "timeout_maximum": None}
    subsystem = create_goal_subsystem(TestSubsystem, **{**defaults, **options})
    return find_timeout(ModelTestFields.create(target), subsystem)


@pytest.mark.parametrize(
    "value, options, expected",
    [
        (None, {}, None),
        (120, {}, 120),
        (None, {"timeout_default": 60}, 60),
        (120, {"timeout_default": 60}, 120),
        (120, {"timeout_maximum": 90}, 90),
        (None, {"timeout_default": 60, "timeout_maximum": 30}, 30),
        (120, {"timeouts": False}, None),
    ],
)
def test_the_field_counts_within_the_options(
    value: Optional[int], options: dict[str, Any], expected: Optional[int]
) -> None:
    assert _timeout(value, **options) == expected


@pytest.mark.parametrize("value", [0, -5])
def test_a_limit_without_time_is_an_error_of_the_test_only(value: int) -> None:
    with pytest.raises(TfLiteError) as raised:
        _timeout(value)
    assert f"m:test, field `timeout` = '{value}': the number must be at least 1" in str(
        raised.value
    )
