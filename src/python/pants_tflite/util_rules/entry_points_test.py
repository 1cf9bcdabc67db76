# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.target_types import EntryPointField
from pants_tflite.util_rules.entry_points import EntryPoint

ADDRESS = Address("models/linear", target_name="saved_model")


def _parse(value: str) -> EntryPoint:
    return EntryPoint.parse(EntryPointField(value, ADDRESS))


def test_file_and_module_forms() -> None:
    assert _parse("train.py:export") == EntryPoint("train.py", "export")
    assert _parse("train.py:export").is_file
    assert not _parse("models.linear.train:export").is_file


@pytest.mark.parametrize("value", ["train.py", "train.py:", ":export", "train.py:1st", "a:b:c d"])
def test_anything_else_is_explained(value: str) -> None:
    with pytest.raises(TfLiteError) as error:
        _parse(value)
    assert f"models/linear:saved_model, field `entry_point` = {value!r}" in str(error.value)
    assert "`train.py:export`" in str(error.value)
