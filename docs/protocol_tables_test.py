# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass, make_dataclass
from pathlib import Path
from typing import ClassVar, Optional, Type

import pytest

from docs.protocol_tables import (
    ARCHITECTURE,
    END,
    START,
    find_messages,
    find_parts,
    render,
    replace_tables,
)
from pants_tflite.sandbox.protocol import Message

REQUESTS = tuple(message for message in find_messages() if hasattr(message, "PROGRAM"))


@dataclass(frozen=True)
class Part:
    """A part of
    both."""

    name: str


@dataclass(frozen=True)
class Ask(Message):
    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.wing.program"

    parts: tuple[Part, ...]
    path: Optional[str] = None


@dataclass(frozen=True)
class Tell(Message):
    """What it found."""

    FILE: ClassVar[str] = "found.json"

    part: Part


TABLES = """\
### Requests

| program | request | meaning |
| --- | --- | --- |
| `sandbox.wing.program` | `parts` (list of Part), `path` (str or null, may be missing) |  |

### Reports

| file | report | meaning |
| --- | --- | --- |
| `out/found.json` | `part` (Part) | What it found. |

### Parts of requests and reports

| part | keys | meaning |
| --- | --- | --- |
| Part | `name` (str) | A part of both. |"""


def test_tables_name_keys_types_and_meanings() -> None:
    assert render((Tell, Ask)) == TABLES


def test_only_what_is_between_the_markers_is_replaced() -> None:
    page = f"a\n{START}\nold\n{END}\nb\n"
    assert replace_tables(page, "new") == f"a\n{START}\n\nnew\n\n{END}\nb\n"
    with pytest.raises(ValueError, match="lacks"):
        replace_tables("a\nb\n", "new")


def test_parts_of_one_name_are_refused() -> None:
    other_part = make_dataclass("Part", [("size", int)])
    with pytest.raises(ValueError, match="are called Part"):
        find_parts((Tell, make_dataclass("Other", [("part", other_part)])))


def test_the_page_has_the_tables_of_the_code() -> None:
    page = ARCHITECTURE.read_text(encoding="utf-8")
    assert page == replace_tables(
        page, render(find_messages())
    ), "run `PYTHONPATH=src/python python3 -m docs.protocol_tables`"


def test_requests_are_found() -> None:
    assert len(REQUESTS) >= 8


@pytest.mark.parametrize("request_class", REQUESTS, ids=lambda message: message.__name__)
def test_a_request_stands_beside_its_program_which_reads_it(request_class: Type[Message]) -> None:
    program = request_class.PROGRAM
    assert request_class.__module__ == f"{program}_protocol"
    spec = importlib.util.find_spec(program)
    assert spec is not None and spec.origin is not None
    source = Path(spec.origin).read_text(encoding="utf-8")
    assert re.search(rf"^    run\(main, {request_class.__name__}\)$", source, re.MULTILINE)
