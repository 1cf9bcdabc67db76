# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Fields check their own values when asked, and not when a target is made."""

from __future__ import annotations

from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.target import (
    Field,
    FloatField,
    IntField,
    InvalidFieldTypeException,
    StringField,
    StringSequenceField,
    Target,
)
from pants.util.frozendict import FrozenDict

from pants_tflite import register
from pants_tflite.android import register as android
from pants_tflite.errors import TfLiteError
from pants_tflite.fields import (
    AllowedNamesField,
    ChoiceField,
    ChoicesField,
    IntegerField,
    OptionalChoiceField,
    OptionalIntegerField,
    OptionalPositiveFloatField,
    ShapesField,
)
from pants_tflite.ios import register as ios
from pants_tflite.micro import register as micro
from pants_tflite.target_types import SelectTfOpsField

ADDRESS = Address("m", target_name="t")
_TARGET_TYPES: tuple[type[Target], ...] = tuple(
    target_type
    for backend in (register, android, ios, micro)
    for target_type in backend.target_types()
)
# Values that no field of a kind can have, had it choices or a smallest number.
_WRONG_VALUES = {
    StringField: "no such choice",
    StringSequenceField: ("no such choice",),
    IntField: -(2**40),
    FloatField: float("-inf"),
}
_OUR_FIELDS = sorted(
    {
        field
        for target_type in _TARGET_TYPES
        for field in target_type.core_fields
        if field.__module__.startswith("pants_tflite.")
    },
    key=lambda field: (field.__module__, field.__name__),
)


class _Color(OptionalChoiceField):
    alias = "color"
    valid_choices = ("red", "green")


class _Shape(ChoiceField):
    alias = "shape"
    valid_choices = ("round", "square")
    default = "round"


class _Colors(ChoicesField):
    alias = "colors"
    valid_choices = ("red", "green")


class _Count(OptionalIntegerField):
    alias = "count"


class _Margin(IntegerField):
    alias = "margin"
    minimum = 0
    default = 10


class _Tolerance(OptionalPositiveFloatField):
    alias = "tolerance"


@pytest.mark.parametrize("field", _OUR_FIELDS, ids=lambda field: field.__name__)
def test_no_value_fails_the_targets_of_a_build_file(field: type[Field]) -> None:
    for kind, value in _WRONG_VALUES.items():
        if issubclass(field, kind):
            assert field(value, ADDRESS).value == value


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (_Color("red", ADDRESS), "red"),
        (_Color(None, ADDRESS), None),
        (_Shape("square", ADDRESS), "square"),
        (_Shape(None, ADDRESS), "round"),
        (_Colors(["green", "red"], ADDRESS), ("green", "red")),
        (_Colors(None, ADDRESS), ()),
        (_Count(1, ADDRESS), 1),
        (_Count(None, ADDRESS), None),
        (_Margin(0, ADDRESS), 0),
        (_Margin(None, ADDRESS), 10),
        (_Tolerance(1e-9, ADDRESS), 1e-9),
        (_Tolerance(None, ADDRESS), None),
    ],
)
def test_values_that_are_right(field: OptionalChoiceField, expected: object) -> None:
    assert field.checked == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (
            _Color("blue", ADDRESS),
            "m:t, field `color` = 'blue': that is not one of the field's choices.\n\n"
            "Fix: Choose one of red, green, or leave `color` out.",
        ),
        (
            _Shape("", ADDRESS),
            "m:t, field `shape` = '': that is not one of the field's choices.\n\n"
            "Fix: Choose one of round, square, or leave `shape` out for round.",
        ),
        (
            _Colors(["red", "blue"], ADDRESS),
            "m:t, field `colors` = 'blue': that is not one of the field's choices.\n\n"
            "Fix: Choose one of red, green, or leave `colors` out.",
        ),
        (
            _Count(0, ADDRESS),
            "m:t, field `count` = '0': the number must be at least 1.\n\n"
            "Fix: Give 1 or more, or leave `count` out.",
        ),
        (
            _Margin(-1, ADDRESS),
            "m:t, field `margin` = '-1': the number must be at least 0.\n\n"
            "Fix: Give 0 or more, or leave `margin` out for 10.",
        ),
        (
            _Tolerance(0.0, ADDRESS),
            "m:t, field `tolerance` = '0.0': the number must be greater than 0.\n\n"
            "Fix: Give a greater one, or leave `tolerance` out.",
        ),
        (
            _Tolerance(float("nan"), ADDRESS),
            "m:t, field `tolerance` = 'nan': the number must be greater than 0.\n\n"
            "Fix: Give a greater one, or leave `tolerance` out.",
        ),
    ],
)
def test_values_that_are_wrong(field: OptionalChoiceField, expected: str) -> None:
    with pytest.raises(TfLiteError) as error:
        field.checked
    assert str(error.value) == expected


class _Shapes(ShapesField):
    alias = "shapes"


def test_shapes_are_lists_of_sizes_by_name() -> None:
    shapes = _Shapes({"x": [1, None, 3], "y": (2,)}, ADDRESS)
    assert shapes.checked == FrozenDict({"x": (1, None, 3), "y": (2,)})
    assert _Shapes(None, ADDRESS).checked == FrozenDict()
    with pytest.raises(TfLiteError, match="the shape .* of `x` has a size that is less than 1"):
        _Shapes({"x": [0, 3]}, ADDRESS).checked


@pytest.mark.parametrize("value", [[1, 3], {"x": 3}, {"x": ["1"]}, {1: [3]}, {"x": [True]}])
def test_what_is_no_shape(value: Any) -> None:
    with pytest.raises(InvalidFieldTypeException, match="strings -> lists of whole numbers"):
        _Shapes(value, ADDRESS)


class _Names(AllowedNamesField):
    alias = "names"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, False), (False, False), (True, True), ([], ()), (["b", "a"], ("b", "a"))],
)
def test_allowed_names_are_all_of_them_none_or_a_list(value: Any, expected: Any) -> None:
    assert _Names(value, ADDRESS).value == expected


@pytest.mark.parametrize("value", ["MatrixInverse", 1, [1], {"a": "b"}])
def test_allowed_names_are_nothing_else(value: Any) -> None:
    with pytest.raises(InvalidFieldTypeException, match="True, False or a list of strings"):
        _Names(value, ADDRESS)


def test_ops_of_tensorflow_are_named_as_tensorflow_does() -> None:
    field = SelectTfOpsField(["FlexRoll", "MatrixInverse", "Roll"], ADDRESS)
    assert field.ops == ("MatrixInverse", "Roll")
    assert SelectTfOpsField(True, ADDRESS).ops is True
