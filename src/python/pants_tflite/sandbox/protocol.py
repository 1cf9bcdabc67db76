# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Requests and reports: what the plugin and the programs of `sandbox/` tell each other as JSON.

A program `x.py` has its messages in `x_protocol.py`, which both sides import. So that module runs
on the plugin's oldest CPython, and without NumPy.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import typing
from typing import Any, ClassVar, Mapping, NoReturn, Optional, Type, TypeVar, Union

Data = TypeVar("Data")
M = TypeVar("M", bound="Message")

_NONE = type(None)
_LEFT_OUT = "left out if it says nothing"


class ProtocolError(ValueError):
    """A message does not fit its class: the other side has another version or a bug."""


def left_out(default: Any = None) -> Any:
    """The default of a field that is not rendered while it has this value: users see no key that says
    nothing."""
    return dataclasses.field(default=default, metadata={_LEFT_OUT: True})


class Message:
    """Base of the frozen dataclasses that travel as JSON.

    Fields are of `str` (paths too), `int`, `float`, `bool`, `None`, `Optional` and `Union` of them,
    `tuple[X, ...]`, `Mapping[str, X]`, frozen dataclasses of such fields, and `Any` for JSON that
    is somebody else's. Their names are the keys, and a field with a default may be missing.
    """

    # Raised with each change to what the fields mean.
    VERSION: ClassVar[int] = 1
    # The key of the version; a file that users see has had its own from the start.
    VERSION_KEY: ClassVar[str] = "version"
    # Of a request: the module of the program that it is for.
    PROGRAM: ClassVar[str]
    # Of a request: the files that the program leaves below its output directory, at least, and a file
    # that it may leave in place of them. Without them it did not succeed.
    OUTPUTS: ClassVar[tuple[str, ...]] = ()
    INSTEAD: ClassVar[Optional[str]] = None
    # Of a report: its file below the program's output directory.
    FILE: ClassVar[str]

    def output_files(self) -> tuple[str, ...]:
        """Of a request: its OUTPUTS, or those whose names it says itself."""
        return self.OUTPUTS

    def render(self) -> bytes:
        """This message as JSON, sorted and indented, so that equal messages are equal bytes.

        Raises ValueError for NaN and infinity, which JSON cannot hold, and TypeError for a value
        that is not plain data.
        """
        value = {**to_plain(self), self.VERSION_KEY: self.VERSION}
        text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
        return f"{text}\n".encode()

    @classmethod
    def parse(cls: Type[M], content: Union[bytes, str]) -> M:
        """Reads what `render` wrote.

        Raises ProtocolError, which names class and key, if a key is unknown or missing, or a value
        or the version is not what the class says.
        """
        name = cls.__name__
        try:
            value = json.loads(content, parse_constant=_refuse_constant)
        except ValueError as error:
            raise ProtocolError(f"{name} is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise ProtocolError(f"{name} must be an object, not {json.dumps(value)}")
        version = value.pop(cls.VERSION_KEY, None)
        if type(version) is not int or version != cls.VERSION:
            raise ProtocolError(
                f"{name}.{cls.VERSION_KEY} must be {cls.VERSION}, not {json.dumps(version)}"
            )
        return from_plain(cls, value, name)


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"it holds {text}")


def to_plain(value: Any) -> Any:
    """`value` as dicts, lists and scalars. Raises TypeError for what is not of a message."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: to_plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if _LEFT_OUT not in field.metadata or getattr(value, field.name) != field.default
        }
    if isinstance(value, collections.abc.Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(f"a message cannot hold a mapping by anything but str: {value!r}")
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    raise TypeError(f"a message cannot hold {value!r} of the type {type(value).__name__}")


def from_plain(form: Type[Data], value: Any, name: str) -> Data:
    """Reads a dataclass or another type of a field from JSON's plain data.

    Raises ProtocolError if `value` is not of this form; `name` says in it where `value` stands.
    """
    return typing.cast(Data, _read(form, value, name))


def _read(form: Any, value: Any, name: str) -> Any:
    origin, arguments = typing.get_origin(form), typing.get_args(form)
    if form is Any:
        return value
    if dataclasses.is_dataclass(form):
        return _read_fields(form, value, name)
    if origin is Union:
        return _read_union(arguments, value, name)
    if origin is tuple:
        if type(value) is list:
            return tuple(_read(arguments[0], v, f"{name}[{i}]") for i, v in enumerate(value))
    elif origin is collections.abc.Mapping:
        if type(value) is dict:
            return {key: _read(arguments[1], v, f"{name}[{key!r}]") for key, v in value.items()}
    elif form is float and type(value) is int:
        return float(value)
    elif type(value) is form:
        return value
    raise ProtocolError(f"{name} must be {type_text(form)}, not {json.dumps(value)}")


def _read_fields(form: Any, value: Any, name: str) -> Any:
    if type(value) is not dict:
        raise ProtocolError(f"{name} must be {type_text(form)}, not {json.dumps(value)}")
    forms = typing.get_type_hints(form)
    fields = {field.name: field for field in dataclasses.fields(form)}
    for key in sorted(value.keys() - fields.keys()):
        raise ProtocolError(f"{name} has no key `{key}`")
    for key in sorted(fields.keys() - value.keys()):
        if not may_be_missing(fields[key]):
            raise ProtocolError(f"{name} lacks its key `{key}`")
    return form(**{key: _read(forms[key], item, f"{name}.{key}") for key, item in value.items()})


def _read_union(forms: tuple[Any, ...], value: Any, name: str) -> Any:
    if value is None and _NONE in forms:
        return None
    others = [form for form in forms if form is not _NONE]
    reasons = []
    for form in others:
        try:
            return _read(form, value, name)
        except ProtocolError as error:
            reasons.append(str(error))
    raise ProtocolError(" or ".join(reasons))


def may_be_missing(field: dataclasses.Field[Any]) -> bool:
    """Whether a message may come without this key."""
    return (
        field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    )


def type_text(form: Any) -> str:
    """A field's type in words of JSON, as the tables of docs/architecture.md and errors have it."""
    origin, arguments = typing.get_origin(form), typing.get_args(form)
    if form is Any:
        return "JSON"
    if form is _NONE:
        return "null"
    if origin is Union:
        return " or ".join(type_text(argument) for argument in arguments)
    if origin is tuple:
        return f"list of {_item_text(arguments[0])}"
    if origin is collections.abc.Mapping:
        return f"mapping to {_item_text(arguments[1])}"
    return str(form.__name__)


def _item_text(form: Any) -> str:
    text = type_text(form)
    return f"({text})" if typing.get_origin(form) is Union else text


def fields_of(form: Type[Any]) -> Mapping[str, Any]:
    """The fields of a message or of a dataclass in one, by name, with their types."""
    forms = typing.get_type_hints(form)
    return {field.name: forms[field.name] for field in dataclasses.fields(form)}
