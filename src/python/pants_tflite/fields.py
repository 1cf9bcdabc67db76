# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Kinds of fields: those that hold addresses or functions, and those that check their own values.

A field of an address knows which targets it takes, and which it names.

A field of choices or numbers checks its value when `check()` or `checked` asks for it. Pants would
check it when it makes the target, and one bad value would fail every target of the BUILD file.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Dict, Iterable, List, Optional, Tuple, Union

from pants.engine.addresses import Address
from pants.engine.target import (
    AsyncFieldMixin,
    DictStringToStringField,
    Field,
    FloatField,
    IntField,
    InvalidFieldTypeException,
    SequenceField,
    StringField,
    StringSequenceField,
)
from pants.util.frozendict import FrozenDict

from pants_tflite.errors import Mistake, TfLiteError

# -----------------------------------------------------------------------------------------------
# Addresses
# -----------------------------------------------------------------------------------------------


def is_address(value: str) -> bool:
    """Whether a field's value is written as an address rather than a bare name."""
    return ":" in value or "/" in value


class ReferencesMixin(AsyncFieldMixin):
    """A field that names other targets, which are therefore dependencies of its own."""

    # The aliases of the targets that the field takes; it takes any target if there are none.
    target_aliases: ClassVar[tuple[str, ...]] = ()

    @property
    def references(self) -> tuple[str, ...]:
        """The addresses in the field's value, as the BUILD file has them, sorted."""
        raise NotImplementedError


class AddressField(ReferencesMixin, StringField):
    """One address."""

    @property
    def references(self) -> tuple[str, ...]:
        return () if self.value is None else (self.value,)


class AddressOrNameField(ReferencesMixin, StringField):
    """One address, or a name that needs no target."""

    @property
    def references(self) -> tuple[str, ...]:
        return (self.value,) if self.value is not None and is_address(self.value) else ()


class AddressesField(ReferencesMixin, StringSequenceField):
    """Several addresses."""

    @property
    def references(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.value or ())))


class AddressesOrNamesField(ReferencesMixin, StringSequenceField):
    """Several addresses, and names that need no target."""

    @property
    def references(self) -> tuple[str, ...]:
        return tuple(sorted({value for value in self.value or () if is_address(value)}))


class NamedAddressesField(ReferencesMixin, DictStringToStringField):
    """Several addresses, each under a name."""

    @property
    def references(self) -> tuple[str, ...]:
        return tuple(sorted(set((self.value or {}).values())))


class AllowedNamesField(AsyncFieldMixin, Field):
    """Names that are allowed: True is for all of them, False for none."""

    value: Union[bool, tuple[str, ...]]
    default: ClassVar[bool] = False

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Union[bool, Iterable[str]]], address: Address
    ) -> Union[bool, tuple[str, ...]]:
        value = super().compute_value(raw_value, address)
        if isinstance(value, bool):
            return value
        if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
            raise InvalidFieldTypeException(
                address, cls.alias, raw_value, expected_type="True, False or a list of strings"
            )
        return tuple(value)


# -----------------------------------------------------------------------------------------------
# Functions
# -----------------------------------------------------------------------------------------------


class FunctionField(StringField, AsyncFieldMixin):
    """A function in a Python file, whose owner is therefore a dependency."""

    @property
    def names_function(self) -> bool:
        """Whether the value is one; a field may take other words as well."""
        return self.value is not None


# -----------------------------------------------------------------------------------------------
# Choices and numbers
# -----------------------------------------------------------------------------------------------


def _or_leave_out(field: AsyncFieldMixin) -> str:
    default = f" for {field.default}" if field.default is not None else ""
    return f"leave `{field.alias}` out{default}"


def _no_choice(field: AsyncFieldMixin, value: str, choices: Iterable[str]) -> TfLiteError:
    return Mistake.of(
        field,
        message="that is not one of the field's choices",
        fix=f"Choose one of {', '.join(choices)}, or {_or_leave_out(field)}.",
        value=value,
    )


class OptionalChoiceField(StringField, AsyncFieldMixin):
    """One of `valid_choices`, or nothing."""

    valid_choices: ClassVar[tuple[str, ...]]

    @classmethod
    def compute_value(cls, raw_value: Optional[str], address: Address) -> Optional[str]:
        # Not StringField's own, which compares with the choices.
        return super(StringField, cls).compute_value(raw_value, address)

    def check(self) -> None:
        """Raises if the value is not among the choices."""
        if self.value is not None and self.value not in self.valid_choices:
            raise _no_choice(self, self.value, self.valid_choices)

    @property
    def checked(self) -> Optional[str]:
        self.check()
        return self.value


class ChoiceField(OptionalChoiceField):
    """One of `valid_choices`, of which one is the default."""

    value: str

    @property
    def checked(self) -> str:
        self.check()
        return self.value


class ChoicesField(StringSequenceField, AsyncFieldMixin):
    """Several of `valid_choices`."""

    valid_choices: ClassVar[tuple[str, ...]]

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Iterable[str]], address: Address
    ) -> Optional[tuple[str, ...]]:
        # Not StringSequenceField's own, which compares with the choices.
        return super(StringSequenceField, cls).compute_value(raw_value, address)

    def check(self) -> None:
        """Raises if a value is not among the choices."""
        for value in self.value or ():
            if value not in self.valid_choices:
                raise _no_choice(self, value, self.valid_choices)

    @property
    def checked(self) -> tuple[str, ...]:
        self.check()
        return tuple(self.value or ())


class OptionalIntegerField(IntField, AsyncFieldMixin):
    """A number of at least `minimum`, or nothing."""

    minimum: ClassVar[int] = 1

    def check(self) -> None:
        """Raises if the value is less than the minimum."""
        if self.value is not None and self.value < self.minimum:
            raise Mistake.of(
                self,
                message=f"the number must be at least {self.minimum}",
                fix=f"Give {self.minimum} or more, or {_or_leave_out(self)}.",
            )

    @property
    def checked(self) -> Optional[int]:
        self.check()
        return self.value


class IntegerField(OptionalIntegerField):
    """A number of at least `minimum`, which has a default."""

    value: int

    @property
    def checked(self) -> int:
        self.check()
        return self.value


class OptionalPositiveFloatField(FloatField, AsyncFieldMixin):
    """A number greater than zero, or nothing."""

    def check(self) -> None:
        """Raises if the value is not greater than zero."""
        # A NaN is not either.
        if self.value is not None and not self.value > 0:
            raise Mistake.of(
                self,
                message="the number must be greater than 0",
                fix=f"Give a greater one, or {_or_leave_out(self)}.",
            )

    @property
    def checked(self) -> Optional[float]:
        self.check()
        return self.value


class NumberField(AsyncFieldMixin, Field):
    """A finite number, or nothing."""

    value: Optional[Union[int, float, str]]
    default: ClassVar[None] = None
    must_be_positive: ClassVar[bool] = False

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Union[int, float, str]], address: Address
    ) -> Optional[Union[int, float, str]]:
        value: Any = super().compute_value(raw_value, address)
        # Text is an error when it is asked for: it may be a number with a unit.
        if value is not None and type(value) not in (int, float, str):
            raise InvalidFieldTypeException(address, cls.alias, raw_value, expected_type="a number")
        return value

    @property
    def checked(self) -> Optional[float]:
        """The number, if there is one. Raises if it is none that the field takes."""
        value = self.value
        if value is None:
            return None
        if isinstance(value, str) or not math.isfinite(value):
            raise Mistake.of(
                self,
                message="that is not a plain, finite number, without a unit",
                fix=f"Give a number, such as `{self.alias}=0.95`, or {_or_leave_out(self)}.",
            )
        if self.must_be_positive and value <= 0:
            raise Mistake.of(
                self,
                message="the number must be greater than 0",
                fix=f"Give a greater one, or {_or_leave_out(self)}.",
            )
        return float(value)


class NumbersField(SequenceField[float], AsyncFieldMixin):
    """Several finite numbers, which are greater than zero if they must be."""

    expected_element_type = (int, float)  # type: ignore[assignment]
    expected_type_description = "a list of numbers"
    must_be_positive: ClassVar[bool] = False

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Iterable[float]], address: Address
    ) -> Optional[tuple[float, ...]]:
        return super().compute_value(raw_value, address)

    def check(self) -> None:
        """Raises if a value is not a number that the field takes."""
        for value in self.value or ():
            if not math.isfinite(value) or (self.must_be_positive and value <= 0):
                positive = " greater than 0" if self.must_be_positive else ""
                raise Mistake.of(
                    self,
                    message=f"each must be a finite number{positive}",
                    fix=f"Give other numbers, or {_or_leave_out(self)}.",
                    value=str(value),
                )

    @property
    def checked(self) -> tuple[float, ...]:
        self.check()
        return tuple(float(value) for value in self.value or ())


# -----------------------------------------------------------------------------------------------
# Names
# -----------------------------------------------------------------------------------------------


class NamesField(StringSequenceField, AsyncFieldMixin):
    """Names in an order that counts, each once."""

    @property
    def checked(self) -> tuple[str, ...]:
        """The names, if any. Raises if one is empty, or is there twice."""
        names = tuple(self.value or ())
        for index, name in enumerate(names):
            if not name.strip() or name in names[:index]:
                raise Mistake.of(
                    self,
                    message="that is no name" if not name.strip() else "it is named twice",
                    fix=f"Name each once, or {_or_leave_out(self)}.",
                    value=name,
                )
        return names


# -----------------------------------------------------------------------------------------------
# Shapes
# -----------------------------------------------------------------------------------------------

# None is a size that is not known.
Shape = Tuple[Optional[int], ...]


class ShapesField(AsyncFieldMixin, Field):
    """Shapes by name, each a list of sizes."""

    default = None
    value: Optional[FrozenDict[str, Shape]]

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Dict[str, List[Optional[int]]]], address: Address
    ) -> Optional[FrozenDict[str, Shape]]:
        shapes: Any = super().compute_value(raw_value, address)
        if shapes is None:
            return None
        is_dict = isinstance(shapes, (dict, FrozenDict)) and all(
            isinstance(name, str)
            and isinstance(shape, (list, tuple))
            and all(size is None or type(size) is int for size in shape)
            for name, shape in shapes.items()
        )
        if not is_dict:
            raise InvalidFieldTypeException(
                address,
                cls.alias,
                raw_value,
                expected_type="a dictionary of strings -> lists of whole numbers",
            )
        return FrozenDict({name: tuple(shape) for name, shape in shapes.items()})

    @property
    def checked(self) -> FrozenDict[str, Shape]:
        """The shapes, if any. Raises if a size is less than 1."""
        for name, shape in (self.value or {}).items():
            if any(size is not None and size < 1 for size in shape):
                raise Mistake.of(
                    self,
                    message=f"the shape {list(shape)} of `{name}` has a size that is less than 1",
                    fix="Give whole numbers of 1 or more. `None` leaves a size unknown.",
                    value=name,
                )
        return self.value or FrozenDict()
