# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, ClassVar, Mapping, Optional, Union

import pytest

from pants_tflite.sandbox.protocol import Message, ProtocolError, left_out, to_plain, type_text


@dataclass(frozen=True)
class Tensor:
    name: str
    shape: tuple[int, ...]
    scale: Optional[float] = None


@dataclass(frozen=True)
class Trained:
    function: str


@dataclass(frozen=True)
class Files:
    path: str


@dataclass(frozen=True)
class Sample(Message):
    VERSION: ClassVar[int] = 3

    count: int
    is_last: bool
    source: Union[Trained, Files]
    tensors: tuple[Tensor, ...] = ()
    inputs: Mapping[str, Tensor] = field(default_factory=dict)
    options: Mapping[str, Union[bool, int, float, str]] = field(default_factory=dict)
    recipe: Any = None


@dataclass(frozen=True)
class Old(Message):
    VERSION_KEY: ClassVar[str] = "format_version"

    name: str


SAMPLE = Sample(
    count=2,
    is_last=False,
    source=Files("a/b"),
    tensors=(Tensor("größe", (1, -1), 0.5), Tensor("y", ())),
    inputs={"x": Tensor("x", (3,))},
    options={"a": True, "b": 1, "c": 1.5, "d": "e"},
    recipe=[{"regex": ".*", "bits": [8]}],
)


def _changed(**changes: Any) -> str:
    return json.dumps({**json.loads(SAMPLE.render()), **changes})


def test_a_message_is_read_as_it_was_written() -> None:
    assert Sample.parse(SAMPLE.render()) == SAMPLE
    assert Sample.parse(SAMPLE.render().decode()) == SAMPLE


def test_what_is_read_has_the_types_that_were_written() -> None:
    options = Sample.parse(SAMPLE.render()).options
    assert [type(value) for value in options.values()] == [bool, int, float, str]


def test_equal_messages_are_equal_bytes_sorted_with_their_version() -> None:
    assert Old("größe").render() == '{\n  "format_version": 1,\n  "name": "größe"\n}\n'.encode()
    other = Sample.parse(json.dumps(dict(reversed(list(json.loads(SAMPLE.render()).items())))))
    assert other.render() == SAMPLE.render()


def test_a_key_with_a_default_may_be_missing() -> None:
    content = '{"version": 3, "count": 1, "is_last": true, "source": {"function": "f"}}'
    assert Sample.parse(content) == Sample(1, True, Trained("f"))


@dataclass(frozen=True)
class Newer(Old):
    """A file that users see, with fields that most of them do not need."""

    count: Optional[int] = left_out(None)
    names: tuple[str, ...] = left_out(())


def test_a_field_may_be_left_out_while_it_says_nothing() -> None:
    assert Newer("a").render() == Old("a").render()
    assert Newer.parse(Old("a").render()) == Newer("a")
    told = Newer("a", 0, ("b",))
    assert json.loads(told.render()) == {
        "format_version": 1,
        "name": "a",
        "count": 0,
        "names": ["b"],
    }
    assert Newer.parse(told.render()) == told


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_changed(other=1), "Sample has no key `other`"),
        ('{"version": 3}', "Sample lacks its key `count`"),
        (_changed(version=2), "Sample.version must be 3, not 2"),
        (_changed(version=True), "Sample.version must be 3, not true"),
        ('{"name": "a"}', "Sample.version must be 3, not null"),
        (_changed(count="2"), 'Sample.count must be int, not "2"'),
        (_changed(count=True), "Sample.count must be int, not true"),
        (_changed(count=2.0), "Sample.count must be int, not 2.0"),
        (_changed(is_last=0), "Sample.is_last must be bool, not 0"),
        (_changed(is_last=None), "Sample.is_last must be bool, not null"),
        (_changed(tensors={}), "Sample.tensors must be list of Tensor, not {}"),
        (_changed(tensors=[1]), "Sample.tensors[0] must be Tensor, not 1"),
        (_changed(inputs=[]), "Sample.inputs must be mapping to Tensor, not []"),
        (
            _changed(inputs={"x": {"name": "x", "shape": [1.5]}}),
            "Sample.inputs['x'].shape[0] must be int, not 1.5",
        ),
        (
            _changed(source={"url": "a"}),
            "Sample.source has no key `url` or Sample.source has no key `url`",
        ),
        (_changed(recipe=float("nan")), "Sample is not JSON: it holds NaN"),
        ("[]", "Sample must be an object, not []"),
        ("{", "Sample is not JSON"),
    ],
)
def test_a_message_that_is_not_of_its_class_is_refused_by_class_and_key(
    content: str, message: str
) -> None:
    with pytest.raises(ProtocolError) as error:
        Sample.parse(content)
    assert message in str(error.value)


def test_an_integer_is_a_float_too() -> None:
    tensor = Sample.parse(_changed(tensors=[{"name": "x", "shape": [], "scale": 2}])).tensors[0]
    assert tensor.scale == 2.0 and type(tensor.scale) is float


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_hold_is_not_written(value: float) -> None:
    with pytest.raises(ValueError):
        Sample(1, True, Files("a"), (Tensor("x", (), value),)).render()


@pytest.mark.parametrize("value", [PurePath("a"), {1: 2}, {"a"}, b"a", Tensor])
def test_what_is_no_plain_data_is_not_written(value: Any) -> None:
    with pytest.raises(TypeError):
        to_plain({"key": [value]})


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (str, "str"),
        (Optional[str], "str or null"),
        (tuple[Tensor, ...], "list of Tensor"),
        (Mapping[str, Optional[int]], "mapping to (int or null)"),
        (Any, "JSON"),
    ],
)
def test_a_type_reads_in_words_of_json(form: Any, text: str) -> None:
    assert type_text(form) == text


@dataclass(frozen=True)
class Remark(Message):
    name: str
    text: Optional[str] = left_out()


def test_a_key_that_says_nothing_is_left_out() -> None:
    assert to_plain(Remark("a")) == {"name": "a"}
    assert to_plain(Remark("a", "b")) == {"name": "a", "text": "b"}
    for remark in (Remark("a"), Remark("a", "b")):
        assert Remark.parse(remark.render()) == remark
