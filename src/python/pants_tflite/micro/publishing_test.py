# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which authors, addresses and dependencies a library may have."""

from __future__ import annotations

from typing import Any

import pytest
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.micro.publishing import (
    Dependency,
    MicroAuthorField,
    MicroDependsField,
    MicroMaintainerField,
    MicroUrlField,
    Publishing,
)

_ADDRESS = Address("m", target_name="mcu")


def _publishing(layout: str, **values: Any) -> Publishing:
    return Publishing.create(
        layout,
        author=MicroAuthorField(values.get("author"), _ADDRESS),
        maintainer=MicroMaintainerField(values.get("maintainer"), _ADDRESS),
        url=MicroUrlField(values.get("url"), _ADDRESS),
        depends=MicroDependsField(values.get("depends"), _ADDRESS),
    )


def test_defaults() -> None:
    assert _publishing("cmake") == Publishing()
    assert _publishing("arduino", author="Jane Doe").maintainer == "Jane Doe"


@pytest.mark.parametrize(
    ("layout", "value", "expected"),
    [
        ("arduino", "Arduino_TensorFlowLite", Dependency("Arduino_TensorFlowLite")),
        ("arduino", "Some Lib (>=1.0)", Dependency("Some Lib", constraint=">=1.0")),
        (
            "arduino",
            "2nd (>1.2 && <3.0.0-rc.1)",
            Dependency("2nd", constraint=">1.2 && <3.0.0-rc.1"),
        ),
        ("platformio", "tflm", Dependency("tflm")),
        ("platformio", "me/tf lm@^1.0", Dependency("tf lm", owner="me", constraint="^1.0")),
    ],
)
def test_dependencies(layout: str, value: str, expected: Dependency) -> None:
    assert _publishing(layout, depends=[value]).depends == (expected,)


@pytest.mark.parametrize(
    ("layout", "values", "expected"),
    [
        (
            "cmake",
            {"author": "Jane"},
            "field `author` = 'Jane': a library with the layout cmake has no",
        ),
        (
            "zephyr",
            {"url": "https://a.org"},
            "field `url` = 'https://a.org': a library with the layout",
        ),
        ("esp_idf", {"depends": ["a"]}, "Leave the field out; arduino and platformio have one."),
        ("arduino", {"author": ""}, "field `author` = '': that must be one name"),
        ("arduino", {"author": "a\nurl=b"}, "that must be one line"),
        (
            "arduino",
            {"maintainer": "Jane, Joe"},
            "field `maintainer` = 'Jane, Joe': that must be one name",
        ),
        ("platformio", {"author": "Jane <jane>"}, "what is in `<>` is not an e-mail address"),
        ("platformio", {"author": "Jane <a@b> c"}, "what is in `<>` is not an e-mail address"),
        (
            "arduino",
            {"url": "example.org"},
            "field `url` = 'example.org': that is not a web address",
        ),
        ("arduino", {"url": "https://a b"}, "that is not a web address"),
        ("arduino", {"url": "https://"}, "Begin it with `https://` and a host"),
        ("arduino", {"depends": ["a@1"]}, "field `depends` = 'a@1': arduino cannot read it"),
        ("arduino", {"depends": ["a (newest)"]}, "field `depends` = 'a (newest)': arduino cannot"),
        ("arduino", {"depends": ["a,b"]}, "field `depends` = 'a,b': arduino cannot read it"),
        ("arduino", {"depends": ["123"]}, "field `depends` = '123': arduino cannot read it"),
        ("arduino", {"depends": ["a", "a (>1.0)"]}, "field `depends` = 'a': the library is in the"),
        ("platformio", {"depends": ["a:b"]}, "field `depends` = 'a:b': platformio cannot read it"),
    ],
)
def test_what_cannot_be_published(layout: str, values: dict[str, Any], expected: str) -> None:
    with pytest.raises(TfLiteError) as error:
        _publishing(layout, **values)
    assert str(error.value).startswith("m:mcu, field `")
    assert expected in str(error.value)
    assert "\n\nFix: " in str(error.value)
