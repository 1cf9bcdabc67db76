# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A bundle's fields, resolved and checked before any model is built."""

from __future__ import annotations

from textwrap import dedent

import pytest
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import InferredDependencies, Target
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.bundles.fields import COMMON_BUNDLE_FIELDS
from pants_tflite.bundles.models import (
    BundleFieldSet,
    BundlePlan,
    PlanBundleRequest,
    check_runtimes,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.testutil import new_rule_runner, write_workspace
from pants_tflite.util_rules.dependency_inference import (
    InferReferences,
    ReferencesInferenceFieldSet,
)

OLD = Address("pets", target_name="old")


class BundleTarget(Target):
    alias = "bundle"
    core_fields = COMMON_BUNDLE_FIELDS
    help = "A bundle of no kind in particular."


@pytest.fixture
def rule_runner() -> RuleRunner:
    return new_rule_runner(
        [
            QueryRule(BundlePlan, (PlanBundleRequest,)),
            QueryRule(InferredDependencies, (InferReferences,)),
        ],
        target_types=[BundleTarget],
    )


def _field_set(
    rule_runner: RuleRunner, bundle: str, labels: bytes = b"cat\ndog\n"
) -> BundleFieldSet:
    build = f"""\
        tf_saved_model(name="saved_model", entry_point="train.py:export")
        tflite_model(
            name="tflite", saved_model=":saved_model", quantization=parametrize("float32", "float16")
        )
        tflite_file(name="Hello-World", source="hello.tflite")
        tflite_file(name="old", source="hello.tflite", runtime="micro")
        file(name="labels", source="labels.txt")
        bundle(name="bundle", {bundle})
        """
    write_workspace(
        rule_runner, {"pets/BUILD": dedent(build), "pets/train.py": "", "pets/hello.tflite": ""}
    )
    rule_runner.write_files({"pets/labels.txt": labels})
    return BundleFieldSet.create(rule_runner.get_target(Address("pets", target_name="bundle")))


def _plan(rule_runner: RuleRunner, bundle: str, labels: bytes = b"cat\ndog\n") -> BundlePlan:
    field_set = _field_set(rule_runner, bundle, labels)
    return rule_runner.request(BundlePlan, [PlanBundleRequest(field_set)])


def _error(rule_runner: RuleRunner, bundle: str, labels: bytes = b"cat\ndog\n") -> str:
    with pytest.raises(ExecutionError) as error:
        _plan(rule_runner, bundle, labels)
    return str(error.value)


def test_names_versions_and_labels(rule_runner: RuleRunner) -> None:
    plan = _plan(
        rule_runner,
        'models=[":tflite@quantization=float16", ":tflite@quantization=float32", ":Hello-World"], '
        'model_names={":tflite@quantization=float32": "exact"}, labels={"pets": ":labels"}, '
        'version="1.2.3-rc.1"',
    )
    assert [(model.name, model.labels.labels) for model in plan.models] == [
        ("exact", ()),
        ("hello_world", ()),
        ("pets", ("cat", "dog")),
    ]
    assert plan.version == "1.2.3-rc.1"


class MicroBundleFieldSet(BundleFieldSet):
    takes_micro_only = True


def test_a_bundle_may_take_what_litert_refuses(rule_runner: RuleRunner) -> None:
    address = _field_set(rule_runner, 'models=[":old"]').address
    target = rule_runner.get_target(address)
    check_runtimes(MicroBundleFieldSet.create(target), [rule_runner.get_target(OLD)])
    with pytest.raises(TfLiteError):
        check_runtimes(BundleFieldSet.create(target), [rule_runner.get_target(OLD)])


def test_a_file_that_is_too_large_for_labels(rule_runner: RuleRunner) -> None:
    error = _error(
        rule_runner,
        'models=[":Hello-World"], labels={"hello_world": ":labels"}',
        labels=b"x" * (17 << 20),
    )
    assert (
        "pets:bundle, field `labels` = ':labels': `pets/labels.txt` has 17,825,792 bytes" in error
    )
    assert "Fix: Name a text file" in error


def test_models_and_labels_are_dependencies(rule_runner: RuleRunner) -> None:
    field_set = _field_set(
        rule_runner, 'models=[":Hello-World"], labels={"hello_world": ":labels"}'
    )
    target = rule_runner.get_target(field_set.address)
    inferred = rule_runner.request(
        InferredDependencies, [InferReferences(ReferencesInferenceFieldSet.create(target))]
    )
    assert {str(address) for address in inferred.include} == {"pets:Hello-World", "pets:labels"}


@pytest.mark.parametrize(
    ("bundle", "expected"),
    [
        ("models=[]", "field `models`"),
        ('models=[":labels"]', "field `models` = ':labels': pets:labels is a `file` target"),
        (
            'models=[":tflite@quantization=float16", ":tflite@quantization=float32"]',
            "field `model_names` = 'pets': pets:tflite@quantization=float16 and "
            "pets:tflite@quantization=float32 have the same name",
        ),
        (
            'models=[":Hello-World"], model_names={":hello": "x"}',
            "field `model_names` = ':hello': :hello is not among the bundle's models",
        ),
        (
            'models=[":Hello-World"], model_names={":Hello-World": "../x"}',
            "field `model_names` = '../x'",
        ),
        (
            'models=[":Hello-World"], labels={"../hello_world": ":labels"}',
            "field `labels` = '../hello_world': no model of the bundle has that name",
        ),
        (
            'models=[":Hello-World"], labels={"hello_world": ":Hello-World"}',
            "field `labels` = ':Hello-World': pets:Hello-World is a `tflite_file` target",
        ),
        ('models=[":Hello-World"], version="1.0"', "field `version` = '1.0'"),
        (
            'models=[":Hello-World", ":old"]',
            "field `models`: LiteRT, which runs the models of this bundle, refuses pets:old, as "
            '`runtime="micro"` there says',
        ),
    ],
)
def test_mistakes(rule_runner: RuleRunner, bundle: str, expected: str) -> None:
    error = _error(rule_runner, bundle)
    assert f"pets:bundle, {expected}" in error
    assert "Fix: " in error


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (b"cat\n\xff\n", "the labels are not UTF-8"),
        (b"", "line 1 is empty"),
        (b"cat\n\ndog\n", "line 2 is empty"),
        (b"cat\n../dog\n", "line 2 is a path, not a label: '../dog'"),
        (b"cat\n..\\dog\n", "line 2 is a path"),
        (b"cat\ndog\ncat\n", "the label 'cat' is there twice"),
    ],
)
def test_bad_labels(rule_runner: RuleRunner, labels: bytes, expected: str) -> None:
    bundle = 'models=[":Hello-World"], labels={"hello_world": ":labels"}'
    error = _error(rule_runner, bundle, labels)
    assert f"pets:bundle, field `labels` = ':labels': {expected}" in error
