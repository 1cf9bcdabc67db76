# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A library's fields, checked before any model is built."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import InferredDependencies
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.micro import register
from pants_tflite.micro.field_sets import MicroLibraryFieldSet
from pants_tflite.micro.models import MicroModels, MicroModelsRequest
from pants_tflite.target_types import TfLiteFileTarget
from pants_tflite.testutil import new_rule_runner, write_workspace
from pants_tflite.util_rules.dependency_inference import (
    InferReferences,
    ReferencesInferenceFieldSet,
)

_MODELS = 'models=[":hello"]'


@pytest.fixture
def rule_runner() -> RuleRunner:
    return new_rule_runner(
        [
            QueryRule(MicroModels, (MicroModelsRequest,)),
            QueryRule(InferredDependencies, (InferReferences,)),
        ],
        rules=register.rules(),
        target_types=register.target_types(),
    )


def _write(rule_runner: RuleRunner, fields: str) -> Address:
    build = f"""\
tflite_file(name="hello", source="hello.tflite")
tflite_file(name="switch", source="hello.tflite")
files(name="tree", sources=["tree/**/*"])
tflite_micro_library(name="mcu", {fields})
"""
    files = {"pets/BUILD": build, "pets/hello.tflite": "", "pets/tree/LICENSE": ""}
    write_workspace(rule_runner, files)
    return Address("pets", target_name="mcu")


def _error(rule_runner: RuleRunner, fields: str) -> str:
    target = rule_runner.get_target(_write(rule_runner, fields))
    field_set = MicroLibraryFieldSet.create(target)
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(MicroModels, [MicroModelsRequest(field_set)])
    return str(error.value)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (f'{_MODELS}, library="Wake Word"', "field `library` = 'Wake Word': a library's name"),
        (f'{_MODELS}, max_arena="4 kilobytes"', "field `max_arena` = '4 kilobytes'"),
        (f'{_MODELS}, max_flash="64k"', "field `max_flash` = '64k'"),
        (f'{_MODELS}, version="1"', "field `version` = '1'"),
        ("models=[]", "field `models`: the bundle has no models"),
        (
            f'{_MODELS}, model_names={{":hello": "a__b"}}',
            "field `model_names` = 'a__b': that is no namespace in C++",
        ),
        ('models=[":switch"]', "field `model_names` = 'switch'"),
    ],
)
def test_mistakes(rule_runner: RuleRunner, fields: str, expected: str) -> None:
    error = _error(rule_runner, fields)
    assert f"pets:mcu, {expected}" in error
    assert "Fix: " in error


@pytest.mark.parametrize(
    ("fields", "field", "value"),
    [
        ('layout="bazel"', "layout", "bazel"),
        ('cpu="cortex-a53"', "cpu", "cortex-a53"),
        ("arena_margin=-1", "arena_margin", "-1"),
        ("golden_tolerance=-1", "golden_tolerance", "-1"),
    ],
)
def test_values_that_a_field_does_not_take(
    rule_runner: RuleRunner, fields: str, field: str, value: str
) -> None:
    error = _error(rule_runner, f"{_MODELS}, {fields}")
    assert f"pets:mcu, field `{field}` = '{value}'" in error
    assert "Fix: " in error


def test_a_wrong_value_fails_no_other_target_of_its_build_file(rule_runner: RuleRunner) -> None:
    wrong = 'layout="bazel", cpu="cortex-a53", arena_margin=-1, golden_tolerance=-1'
    address = _write(rule_runner, f"{_MODELS}, {wrong}")
    hello = rule_runner.get_target(Address("pets", target_name="hello"))
    assert isinstance(hello, TfLiteFileTarget)
    assert rule_runner.get_target(address).address == address


def test_models_and_the_tree_are_dependencies(rule_runner: RuleRunner) -> None:
    target = rule_runner.get_target(_write(rule_runner, f'{_MODELS}, tflm=":tree"'))
    inferred = rule_runner.request(
        InferredDependencies, [InferReferences(ReferencesInferenceFieldSet.create(target))]
    )
    assert sorted(str(address) for address in inferred.include) == [
        "pets:hello",
        "pets:tree",
    ]
