# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Optional

import pytest
from pants.core.goals.package import OutputPathField
from pants.engine.addresses import Address
from pants.util.frozendict import FrozenDict

from pants_tflite.errors import TfLiteError
from pants_tflite.util_rules.output_paths import AllOutputPaths, check_output_path, output_directory

A = Address("models", target_name="a")
B = Address("models", target_name="b")


def _all_paths(**paths: str) -> AllOutputPaths:
    by_path: dict[str, tuple[Address, ...]] = {}
    for name, path in paths.items():
        by_path[path] = (*by_path.get(path, ()), Address("models", target_name=name))
    return AllOutputPaths(FrozenDict(by_path))


def _field(value: Optional[str]) -> OutputPathField:
    return OutputPathField(value, A)


def test_each_target_has_a_directory_of_its_own_by_default() -> None:
    assert output_directory(_field(None)) == "models/a"
    check_output_path(_field(None), _all_paths(a="models/a", b="models/b", c="models/ab"))


@pytest.mark.parametrize("other", ["out", "out/nested"])
def test_a_directory_shared_with_another_target(other: str) -> None:
    with pytest.raises(TfLiteError) as error:
        check_output_path(_field("out"), _all_paths(a="out", b=other))
    assert "models:a, field `output_path` = 'out'" in str(error.value)
    assert "models:b" in str(error.value)


def test_a_directory_within_another_target_s() -> None:
    with pytest.raises(TfLiteError, match="models:b"):
        check_output_path(_field("out/a"), _all_paths(a="out/a", b="out"))


@pytest.mark.parametrize("value", ["../out", "/out", "."])
def test_a_path_out_of_the_distribution_directory(value: str) -> None:
    with pytest.raises(TfLiteError, match="leads out of the distribution directory"):
        check_output_path(_field(value), _all_paths())
