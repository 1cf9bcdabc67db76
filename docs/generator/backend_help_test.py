# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What every help text must say, and how the help is found."""

from __future__ import annotations

import re
from typing import Any, Iterator

import pytest
from pants.engine.target import (
    BoolField,
    Field,
    NestedDictStringToStringField,
    StringField,
)

from docs.generator.backend_help import SettingHelp, read_backend_help, read_field
from docs.generator.reference_pages import default_of

BACKEND_HELP = read_backend_help()


def all_settings() -> Iterator[Any]:
    """Every field and option, once for each help text, with what an example gives it."""
    found = {
        (field.help, field.default): pytest.param(
            field, f"{field.name}=", id=f"{target.name}.{field.name}"
        )
        for target in BACKEND_HELP.targets
        for field in target.fields
    }
    yield from found.values()
    for subsystem in BACKEND_HELP.subsystems:
        for option in subsystem.options:
            yield pytest.param(option, f"{option.name} = ", id=f"[{subsystem.scope}].{option.name}")


def shown(value: Any) -> list[str]:
    """The texts that a help must hold to show a value."""
    if isinstance(value, dict):
        return [text for item in value.items() for text in shown(item)]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in shown(item)]
    return [] if value is None else [str(value).lower()]


@pytest.mark.parametrize(("setting", "assignment"), all_settings())
def test_a_help_says_what_the_setting_does(setting: SettingHelp, assignment: str) -> None:
    assert re.match(r"[A-Z]", setting.help)
    assert not setting.help.startswith(("Defaults to", "Example"))
    paragraphs = setting.help.split("\n\n")
    assert all(paragraph.endswith((".", ":")) for paragraph in paragraphs), paragraphs


@pytest.mark.parametrize(("setting", "assignment"), all_settings())
def test_a_help_names_the_default(setting: SettingHelp, assignment: str) -> None:
    if setting.required:
        assert default_of(setting) == ""
        return
    assert default_of(setting) != ""
    # A list is named where its members are explained.
    place = setting.help if isinstance(setting.default, (list, tuple)) else default_of(setting)
    for text in shown(setting.default):
        assert text in place.lower()


@pytest.mark.parametrize(("setting", "assignment"), all_settings())
def test_a_help_has_an_example(setting: SettingHelp, assignment: str) -> None:
    examples = re.findall(r"^Example: `([^`]+)", setting.help, re.MULTILINE)
    assert len(examples) == 1
    assert examples[0].startswith(assignment)


@pytest.mark.parametrize(("setting", "assignment"), all_settings())
def test_a_help_names_all_choices(setting: SettingHelp, assignment: str) -> None:
    for choice in setting.choices:
        assert choice in setting.help


def test_every_backend_is_found() -> None:
    assert {target.backend for target in BACKEND_HELP.targets} >= {
        "pants_tflite",
        "pants_tflite.android",
        "pants_tflite.ios",
        "pants_tflite.micro",
    }
    assert {subsystem.scope for subsystem in BACKEND_HELP.subsystems} >= {
        "android-sdk",
        "tflm",
        "zig",
    }


def test_an_option_of_an_environment_is_found() -> None:
    (arm_gcc,) = (found for found in BACKEND_HELP.subsystems if found.scope == "arm-gcc")
    assert [option.name for option in arm_gcc.options] == ["executable_search_paths", "prefix"]
    assert arm_gcc.options[0].type == "list[str]"
    assert arm_gcc.options[0].default == ["<PATH>"]


@pytest.mark.parametrize(
    ("target", "goals"),
    [
        ("tflite_custom_op", ("check",)),
        ("tflite_micro_library", ("package", "test")),
        ("tflite_model", ("package", "run")),
        ("tflite_runtime", ()),
    ],
)
def test_goals_are_those_whose_fields_a_target_has(target: str, goals: tuple[str, ...]) -> None:
    (found,) = (found for found in BACKEND_HELP.targets if found.name == target)
    assert found.goals == goals


def test_fields_of_pants_are_known_by_name_only() -> None:
    for target in BACKEND_HELP.targets:
        # The description of a model is a field of its own.
        own = {field.name for field in target.fields} & {"description"}
        assert {"description", "tags"} <= {*target.inherited, *own}
        assert not {field.name for field in target.fields} & set(target.inherited)


class FieldOfPants(StringField):
    alias = "place"
    default = "dist"
    help = "Where it goes."


class OurField(FieldOfPants):
    help = "Where ours goes."
    valid_choices = ("dist", "out")


OurField.__module__ = "pants_tflite.target_types"


def test_a_default_of_pants_is_not_ours() -> None:
    expected = SettingHelp(
        name="place", type="str", help="Where ours goes.", choices=("dist", "out")
    )
    assert read_field(OurField) == expected


class Flag(BoolField):
    alias = "flag"
    default = False
    help = lambda: "Whether it is so."  # noqa: E731


Flag.__module__ = "pants_tflite.target_types"


def test_a_help_can_be_a_function() -> None:
    assert read_field(Flag) == SettingHelp("flag", "bool", "Whether it is so.", default=False)


class OfNoKnownKind(NestedDictStringToStringField):
    alias = "nested"
    help = "A field."


@pytest.mark.parametrize("field", [OfNoKnownKind])
def test_a_field_of_no_known_kind_is_an_error(field: type[Field]) -> None:
    with pytest.raises(TypeError, match="OfNoKnownKind is of a kind that .* has no name for"):
        read_field(field)
