# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Arduino layout, by the rules of arduino-lint that read a library's own files.

Each check has the rule's ID. Left out are those that ask the Library Manager's index, the network or a
repository's tags, and those of fields that the layout never writes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Callable, Mapping
from urllib.parse import urlsplit

import pytest
from pants.util.frozendict import FrozenDict

from pants_tflite.micro.layouts import arduino
from pants_tflite.micro.layouts.layout import Layout
from pants_tflite.micro.publishing import Dependency, Publishing
from pants_tflite.micro.testing_libraries import library_files

Properties = Mapping[str, str]

_NAME = r"(?:[a-zA-Z][a-zA-Z0-9 _.\-]*|[0-9][a-zA-Z0-9 _.\-]*[a-zA-Z][a-zA-Z0-9 _.\-]*)"
_DEPENDS = re.compile(rf"(?:{_NAME}(?: \(.*\) *)?, *)*{_NAME}(?: \(.*\) *)?")
_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
)
_CATEGORIES = (
    "Display",
    "Communication",
    "Signal Input/Output",
    "Sensors",
    "Device Control",
    "Timing",
    "Data Storage",
    "Data Processing",
    "Other",
)
_FIELDS = frozenset(
    "name version author maintainer sentence paragraph category url architectures depends includes".split()
)


def _has(field: str) -> Callable[[Properties, Layout], bool]:
    return lambda properties, _: bool(properties.get(field))


RULES: Mapping[str, Callable[[Properties, Layout], bool]] = {
    "LS007": lambda _, layout: not any(place.endswith(".exe") for place in _places(layout)),
    "LS009": lambda _, layout: any(place.startswith("src/") for place in _places(layout)),
    "LS010": lambda _, layout: not any(place.startswith("utility/") for place in _places(layout)),
    "LP001": lambda _, layout: "library.properties" in layout.texts,
    "LP004": lambda _, layout: not any(p.endswith("/library.properties") for p in _places(layout)),
    "LP006": lambda properties, _: set(properties) <= _FIELDS,
    "LP007": _has("name"),
    "LP010": lambda properties, _: len(properties["name"]) <= 32,
    "LP011": lambda properties, _: re.fullmatch(_NAME, properties["name"]) is not None,
    "LP012": lambda properties, _: not properties["name"].lower().startswith("arduino"),
    "LP014": lambda properties, _: "arduino" not in properties["name"].lower(),
    "LP015": lambda properties, _: " " not in properties["name"],
    "LP016": lambda properties, _: "library" not in properties["name"].lower(),
    "LP019": _has("version"),
    "LP021": lambda properties, _: _SEMVER.fullmatch(properties["version"]) is not None,
    "LP023": _has("author"),
    "LP025": _has("maintainer"),
    "LP027": lambda properties, _: not properties["maintainer"].lower().startswith("arduino"),
    "LP031": _has("sentence"),
    "LP034": _has("paragraph"),
    "LP036": lambda properties, _: properties["sentence"] not in properties["paragraph"],
    "LP038": lambda properties, _: properties["category"] in _CATEGORIES,
    "LP040": _has("url"),
    "LP041": lambda properties, _: (
        urlsplit(properties["url"]).scheme in ("http", "https")
        and bool(urlsplit(properties["url"]).hostname)
        and not re.search(r"\s", properties["url"])
    ),
    "LP043": _has("architectures"),
    "LP047": lambda properties, _: _DEPENDS.fullmatch(properties.get("depends", "a")) is not None,
    "LP052": lambda properties, layout: f"src/{properties['includes']}" in _places(layout),
    "LD003": lambda _, layout: all(
        place.startswith("examples/") for place in _places(layout) if place.endswith(".ino")
    ),
    "LD004": lambda _, layout: any(
        re.fullmatch(r"examples/(\w+)/\1\.ino", place) for place in _places(layout)
    ),
}


def _places(layout: Layout) -> list[str]:
    return [*layout.places.values(), *layout.texts]


def _properties(layout: Layout) -> Properties:
    """Raises for what rule LP005 calls another format."""
    lines = layout.texts["library.properties"].splitlines()
    pairs = [line.split("=", 1) for line in lines]
    assert all(len(pair) == 2 and pair[0] for pair in pairs), lines
    assert len(dict(pairs)) == len(pairs)
    return {key: value for key, value in pairs}


_PUBLISHING = Publishing(
    author="Jane Doe <jane@example.org>",
    maintainer="Example Inc.",
    url="https://example.org/pets",
    depends=(
        Dependency("Arduino_TensorFlowLite", constraint=">=2.4.0-ALPHA && <3.0"),
        Dependency("2nd Part"),
    ),
)


def _failing(layout: Layout) -> list[str]:
    properties = _properties(layout)
    return [rule for rule, holds in RULES.items() if not holds(properties, layout)]


@pytest.mark.parametrize("publishing", [Publishing(), _PUBLISHING])
@pytest.mark.parametrize("version", ["1.2.3", "1.2.3-rc.1"])
def test_arduino_lint_would_not_complain(publishing: Publishing, version: str) -> None:
    files = replace(library_files(version), publishing=publishing)
    assert _failing(arduino.lay_out(files)) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("url=https://", "url=", "LP041"),
        ("author=pants-tflite", "author=", "LP023"),
        ("maintainer=", "maintainer=Arduino of ", "LP027"),
        ("category=Data Processing", "category=Uncategorized", "LP038"),
        ("includes=pet_mcu.h", "includes=pets.h", "LP052"),
        ("architectures=*", "architecture=*", "LP006"),
        ("version=1.2.3", "version=1.2", "LP021"),
    ],
)
def test_the_rules_find_a_planted_mistake(old: str, new: str, rule: str) -> None:
    layout = arduino.lay_out(library_files())
    text = layout.texts["library.properties"]
    assert old in text
    broken = replace(
        layout, texts=FrozenDict({**layout.texts, "library.properties": text.replace(old, new, 1)})
    )
    assert rule in _failing(broken)


def test_the_fields_are_in_library_properties() -> None:
    properties = _properties(arduino.lay_out(replace(library_files(), publishing=_PUBLISHING)))
    assert {key: properties[key] for key in ("author", "maintainer", "url", "depends")} == {
        "author": "Jane Doe <jane@example.org>",
        "maintainer": "Example Inc.",
        "url": "https://example.org/pets",
        "depends": "Arduino_TensorFlowLite (>=2.4.0-ALPHA && <3.0),2nd Part",
    }
    assert "depends" not in _properties(arduino.lay_out(library_files()))


def test_sources_are_where_arduino_compiles_them() -> None:
    places = arduino.lay_out(library_files()).places.values()
    assert all(re.match("src/|examples/SelfTest/", place) for place in places)
    assert all(place.endswith((".cpp", ".h")) for place in places)
