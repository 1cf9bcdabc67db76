# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.fields import ReferencesMixin
from pants_tflite.target_types import (
    CustomOpsField,
    InputsField,
    MetadataLabelsField,
    QuantizationField,
    SavedModelField,
)
from pants_tflite.testutil import new_rule_runner, write_workspace
from pants_tflite.util_rules.references import (
    Reference,
    ReferenceRequest,
    References,
    ReferencesRequest,
)

BUILD = """\
file(name="weights", source="weights.h5")
keras_file(name="keras", source="model.keras")
tflite_dataset(name="samples", entry_point="data.py:samples")
tflite_quantization(name="io", mode="int8", input_type=parametrize("float32", "int8"))
"""
ADDRESS = Address("m", target_name="model")


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    runner = new_rule_runner(
        [
            QueryRule(Reference, [ReferenceRequest]),
            QueryRule(References, [ReferencesRequest]),
        ]
    )
    files = {
        "m/BUILD": BUILD,
        "m/weights.h5": "",
        "m/model.keras": "",
        "m/below/BUILD": 'file(source="x")',
        "m/labels.txt": "",
        "m/lists/BUILD": 'files(sources=["*.txt", "!not.txt"])',
        "m/lists/labels.txt": "",
        "m/lists/not.txt": "",
    }
    write_workspace(runner, files)
    return runner


def _resolve(
    rule_runner: RuleRunner, field: ReferencesMixin, value: str, check_type: bool = True
) -> str:
    request = ReferenceRequest(field, value, check_type)
    return str(rule_runner.request(Reference, [request]).target.address)


def _error(rule_runner: RuleRunner, field: ReferencesMixin, value: str) -> str:
    with pytest.raises(ExecutionError) as error:
        _resolve(rule_runner, field, value)
    return str(error.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (":keras", "m:keras"),
        ("m:keras", "m:keras"),
        ("//m:keras", "m:keras"),
    ],
)
def test_an_address_is_relative_to_the_build_file_or_starts_at_the_root(
    rule_runner: RuleRunner, value: str, expected: str
) -> None:
    assert _resolve(rule_runner, SavedModelField(value, ADDRESS), value) == expected


def test_a_directory_stands_for_the_target_of_its_name(rule_runner: RuleRunner) -> None:
    assert _resolve(rule_runner, InputsField(None, ADDRESS), "m/below") == "m/below:below"


def test_a_parametrized_target_is_named_with_its_parameters(rule_runner: RuleRunner) -> None:
    value = ":io@input_type=int8"
    found = _resolve(rule_runner, QuantizationField(value, ADDRESS), value)
    assert found == "m:io@input_type=int8"


def test_a_target_of_a_wrong_type_is_an_error_that_lists_the_right_ones(
    rule_runner: RuleRunner,
) -> None:
    error = _error(rule_runner, SavedModelField(":samples", ADDRESS), ":samples")
    assert (
        "m:model, field `saved_model` = ':samples': m:samples is a `tflite_dataset` target.\n\n"
        "Fix: Give the address of a `tf_saved_model` or `tf_saved_model_files` or `keras_file` "
        "target."
    ) in error


def test_the_type_is_not_checked_where_a_dependency_is_inferred(rule_runner: RuleRunner) -> None:
    field = SavedModelField(":samples", ADDRESS)
    assert _resolve(rule_runner, field, ":samples", check_type=False) == "m:samples"


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        (
            "labels.txt",
            'Declare the file in `m/BUILD` as `file(name="labels", source="labels.txt")`, and write '
            "`:labels` here.",
        ),
        ("./labels.txt", "write `:labels` here."),
        ("m/labels.txt", "write `:labels` here."),
        ("m/lists/not.txt", "in `m/lists/BUILD` as `file(name"),
        ("m/lists/not.txt", "write `m/lists:not` here."),
        ("weights.h5", "Write the address of the target that has the file: `m:weights`."),
    ],
)
def test_the_path_of_a_file_is_an_error_that_says_which_address_to_write(
    rule_runner: RuleRunner, value: str, fix: str
) -> None:
    field = MetadataLabelsField({"scores": value}, ADDRESS)
    error = _error(rule_runner, field, value)
    assert f"m:model, field `labels` = '{value}': that is the path of a file" in error
    assert fix in error


def test_the_path_of_a_file_of_another_type(rule_runner: RuleRunner) -> None:
    field = SavedModelField("model.keras", ADDRESS)
    assert "has the file: `m:keras`." in _error(rule_runner, field, "model.keras")
    field = SavedModelField("labels.txt", ADDRESS)
    assert "Write the address of a `tf_saved_model` or" in _error(rule_runner, field, "labels.txt")


def test_the_path_of_a_file_is_an_address_if_a_target_is_made_for_it(
    rule_runner: RuleRunner,
) -> None:
    value = "m/lists/labels.txt"
    assert _resolve(rule_runner, MetadataLabelsField({"a": value}, ADDRESS), value) == value


@pytest.mark.parametrize("value", ["", ".", "../../x", "*.txt", "!labels.txt", "none.txt"])
def test_what_is_neither_a_file_nor_an_address(rule_runner: RuleRunner, value: str) -> None:
    field = MetadataLabelsField({"a": value}, ADDRESS)
    assert "that is the path" not in _error(rule_runner, field, value)


def test_an_input_may_be_any_target(rule_runner: RuleRunner) -> None:
    assert _resolve(rule_runner, InputsField(None, ADDRESS), ":io@input_type=float32")
    assert _resolve(rule_runner, InputsField(None, ADDRESS), ":weights") == "m:weights"


def test_an_address_of_no_target_is_an_error_that_names_field_and_target(
    rule_runner: RuleRunner,
) -> None:
    error = _error(rule_runner, SavedModelField(":kera", ADDRESS), ":kera")
    assert "m:kera" in error
    assert "the `saved_model` field of the target m:model" in error


def test_all_addresses_of_a_field_are_resolved_and_its_bare_names_are_not(
    rule_runner: RuleRunner,
) -> None:
    field = CustomOpsField([":weights", "m:keras", "Op", ":samples"], ADDRESS)
    found = rule_runner.request(References, [ReferencesRequest(field)])
    assert sorted(str(address) for address in found.addresses) == [
        "m:keras",
        "m:samples",
        "m:weights",
    ]


def test_one_wrong_address_among_several_is_an_error(rule_runner: RuleRunner) -> None:
    field = InputsField({"a": ":weights", "b": ":none"}, ADDRESS)
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(References, [ReferencesRequest(field)])
    assert "m:none" in str(error.value)
    assert "the `inputs` field of the target m:model" in str(error.value)
