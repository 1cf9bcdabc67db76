# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Every message that there is, built from its own types, is read as it was written."""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import typing
from typing import Any, Iterator, Type

import pytest

from docs.protocol_tables import find_messages
from pants_tflite.sandbox.protocol import Message, ProtocolError, fields_of

MESSAGES = find_messages()
_SCALARS = {bool: True, float: 0.5, int: 3, str: "größe", type(None): None, Any: [{"a": 1}]}


def examples(form: Any) -> Iterator[Any]:
    """Values of a type: several of a union and of what holds one, else one."""
    if form in _SCALARS:
        yield _SCALARS[form]
    elif dataclasses.is_dataclass(form):
        values = {
            name: list(examples(field))
            for name, field in fields_of(typing.cast(type, form)).items()
        }
        create: Any = form
        for index in range(max(map(len, values.values()))):
            yield create(**{name: items[index % len(items)] for name, items in values.items()})
    else:
        arguments = typing.get_args(form)
        origin = typing.get_origin(form)
        if origin is typing.Union:
            for argument in arguments:
                yield from examples(argument)
        elif origin is tuple:
            yield tuple(examples(arguments[0]))
        else:
            assert origin is collections.abc.Mapping, form
            yield {str(index): value for index, value in enumerate(examples(arguments[1]))}


def test_all_programs_have_a_request() -> None:
    assert len(MESSAGES) >= 27


@pytest.mark.parametrize("form", MESSAGES, ids=lambda form: form.__name__)
def test_a_message_is_read_as_it_was_written(form: Type[Message]) -> None:
    for message in examples(form):
        assert form.parse(message.render()) == message


@pytest.mark.parametrize("form", MESSAGES, ids=lambda form: form.__name__)
def test_an_unknown_key_is_refused(form: Type[Message]) -> None:
    content = {**json.loads(next(examples(form)).render()), "unknown": 1}
    with pytest.raises(ProtocolError, match=f"^{form.__name__} has no key `unknown`$"):
        form.parse(json.dumps(content))


# A child of another program, which reads its stdout: no rule asks for it.
_CHILDREN = ("pants_tflite.sandbox.evaluation.time_model",)


@pytest.mark.parametrize(
    "form",
    [form for form in MESSAGES if getattr(form, "PROGRAM", _CHILDREN[0]) not in _CHILDREN],
    ids=lambda form: form.__name__,
)
def test_a_request_says_what_its_program_must_leave(form: Type[Message]) -> None:
    """Otherwise a program that left anything, such as a part of it, would have succeeded."""
    for message in examples(form):
        assert message.output_files()
