# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import os
import random
from typing import Mapping, Optional, Type

import pytest
from pants.core.goals.package import OutputPathField
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.target_types import ModelOutputDirectoryField, OutputDirectoryField
from pants_tflite.util_rules.output_paths import (
    AllOutputPaths,
    check_output_path,
    output_directory,
)

Field = Type[OutputDirectoryField]
MODEL: Field = ModelOutputDirectoryField
OTHER: Field = OutputDirectoryField


def _field(
    value: Optional[str], name: str = "a", field: Field = OutputDirectoryField
) -> OutputPathField:
    return field(value, Address("models", target_name=name))


def _all_paths(**paths: str) -> AllOutputPaths:
    return AllOutputPaths.of([_field(path, name) for name, path in paths.items()])


def _check(name: str, paths: Mapping[str, tuple[str, Field]]) -> None:
    fields = {name: _field(path, name, field) for name, (path, field) in paths.items()}
    check_output_path(fields[name], AllOutputPaths.of(fields.values()))


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


def test_the_first_of_all_overlapping_directories_is_named() -> None:
    # "-" and "." come before "/", so that `out-a` and `out.a` stand between `out` and `out/a`.
    paths = ["out", "out-a", "out.a", "out/a", "out/a-b", "out/a.b", "out/a/b", "out/a/b/c", "ou"]
    draw = random.Random(0)
    clashes = 0
    for _ in range(500):
        drawn = {name: draw.choice(paths) for name in "abcd"[: draw.randint(1, 4)]}
        overlapping = sorted(
            (path, name)
            for name, path in drawn.items()
            if name != "a"
            and (f"{path}/".startswith(f"{drawn['a']}/") or f"{drawn['a']}/".startswith(f"{path}/"))
        )
        if not overlapping:
            check_output_path(_field(drawn["a"]), _all_paths(**drawn))
            continue
        clashes += 1
        path, name = overlapping[0]
        with pytest.raises(TfLiteError) as error:
            check_output_path(_field(drawn["a"]), _all_paths(**drawn))
        assert f"mixed with that of models:{name}, in `{path}`" in str(error.value)
    assert 100 < clashes < 400


def test_looking_for_one_path_does_not_look_at_all_of_them() -> None:
    looked_at: list[str] = []

    class Watched(str):
        def startswith(self, *args) -> bool:
            looked_at.append(self)
            return super().startswith(*args)

    paths = _all_paths(**{f"t{number}": f"out/{number}" for number in range(1000)})
    watched = AllOutputPaths(paths.addresses, tuple(map(Watched, paths.paths)), paths.golden_inputs)
    check_output_path(_field("out/500", "t500"), watched)
    assert len(looked_at) == 1


MODELS: Mapping[str, tuple[str, Field]] = {
    "float32": ("m/float32", MODEL),
    "int8": ("m/int8", MODEL),
}


def test_models_share_the_directory_of_their_golden_inputs() -> None:
    _check("float32", MODELS)
    _check("int8", {**MODELS, "nested": ("m/more/nested", MODEL)})
    _check("other", {**MODELS, "other": ("n/golden_inputs", OTHER)})


@pytest.mark.parametrize("path", ["m/golden_inputs", os.path.join("m", "golden_inputs", "x")])
def test_no_other_target_goes_where_models_share_golden_inputs(path: str) -> None:
    paths = {**MODELS, "other": (path, OTHER)}
    with pytest.raises(TfLiteError) as error:
        _check("other", paths)
    assert f"models:other, field `output_path` = '{path}'" in str(error.value)
    assert "with the golden inputs of models:float32, in `m/golden_inputs`" in str(error.value)
    with pytest.raises(TfLiteError) as error:
        _check("int8", paths)
    assert "models:int8, field `output_path` = 'm/int8'" in str(error.value)
    assert f"models:other is packaged into `{path}`" in str(error.value)


def test_a_model_among_its_own_golden_inputs() -> None:
    with pytest.raises(TfLiteError, match="with the golden inputs of models:golden_inputs"):
        _check("golden_inputs", {"golden_inputs": ("m/golden_inputs", MODEL)})
