# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Fields that hold addresses: each knows which targets it takes, and which ones it names."""

from __future__ import annotations

from typing import ClassVar

from pants.engine.target import (
    AsyncFieldMixin,
    DictStringToStringField,
    StringField,
    StringSequenceField,
)


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
