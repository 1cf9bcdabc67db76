# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.util_rules.entry_points import EntryPoint

ADDRESS = Address("models/linear", target_name="saved_model")


def test_file_and_module_forms() -> None:
    assert EntryPoint.parse("train.py:export", ADDRESS) == EntryPoint("train.py", "export")
    assert EntryPoint.parse("train.py:export", ADDRESS).is_file
    assert not EntryPoint.parse("models.linear.train:export", ADDRESS).is_file


@pytest.mark.parametrize("value", ["train.py", "train.py:", ":export", "train.py:1st", "a:b:c d"])
def test_anything_else_is_explained(value: str) -> None:
    with pytest.raises(TfLiteError) as error:
        EntryPoint.parse(value, ADDRESS)
    assert f"models/linear:saved_model, field `entry_point` = {value!r}" in str(error.value)
    assert "`train.py:export`" in str(error.value)
