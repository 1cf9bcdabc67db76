# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The tables of docs/architecture.md over what the plugin and the sandbox programs tell each other.

`PYTHONPATH=src/python python3 -m docs.protocol_tables` writes them again, on any CPython from 3.9.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import typing
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence, Type

import pants_tflite
from pants_tflite.sandbox.protocol import Message, fields_of, may_be_missing, type_text

ARCHITECTURE = Path("docs/architecture.md")
START = "<!-- protocol tables: written by docs/protocol_tables.py -->"
END = "<!-- end of the protocol tables -->"
_PACKAGE = Path(pants_tflite.__file__).parent


def find_messages() -> tuple[Type[Message], ...]:
    """The messages in all `*_protocol` modules below a package called `sandbox`."""
    found: list[Type[Message]] = []
    for path in sorted(_PACKAGE.rglob("*_protocol.py")):
        parts = path.relative_to(_PACKAGE.parent).with_suffix("").parts
        if "sandbox" in parts:
            name = ".".join(parts)
            members = vars(importlib.import_module(name)).values()
            found.extend(
                member
                for member in members
                if inspect.isclass(member)
                and issubclass(member, Message)
                and member.__module__ == name
            )
    return tuple(found)


def _dataclasses_in(form: Any) -> Iterator[type]:
    if dataclasses.is_dataclass(form):
        yield typing.cast(type, form)
    for argument in typing.get_args(form):
        yield from _dataclasses_in(argument)


def find_parts(messages: Iterable[type]) -> tuple[type, ...]:
    """The dataclasses that are in `messages`, at any depth, by name.

    Raises ValueError if two have one name, which would make the tables ambiguous.
    """
    found: dict[str, type] = {}
    pending = list(messages)
    while pending:
        for form in fields_of(pending.pop()).values():
            for part in _dataclasses_in(form):
                if part.__name__ not in found:
                    found[part.__name__] = part
                    pending.append(part)
                elif found[part.__name__] is not part:
                    raise ValueError(f"two parts of messages are called {part.__name__}")
    return tuple(found[name] for name in sorted(found))


def _keys(form: Type[Any]) -> str:
    types = fields_of(form)
    texts = []
    for field in dataclasses.fields(form):
        note = ", may be missing" if may_be_missing(field) else ""
        texts.append(f"`{field.name}` ({type_text(types[field.name])}{note})")
    return ", ".join(texts)


def _meaning(form: type) -> str:
    text = inspect.cleandoc(form.__doc__ or "")
    # What dataclasses write themselves says no more than the keys.
    return "" if text.startswith(f"{form.__name__}(") else " ".join(text.split())


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _short(program: str) -> str:
    prefix, _, name = program.partition(".")
    assert prefix == "pants_tflite", program
    return name


def render(messages: Sequence[Type[Message]]) -> str:
    """The tables over requests, reports and the parts of both, in Markdown."""
    requests = sorted((m for m in messages if hasattr(m, "PROGRAM")), key=lambda m: m.PROGRAM)
    reports = sorted((m for m in messages if hasattr(m, "FILE")), key=lambda m: m.FILE)
    parts = find_parts(messages)
    return "\n\n".join(
        [
            "### Requests",
            _table(
                ("program", "request", "meaning"),
                [(f"`{_short(m.PROGRAM)}`", _keys(m), _meaning(m)) for m in requests],
            ),
            "### Reports",
            _table(
                ("file", "report", "meaning"),
                [(f"`out/{m.FILE}`", _keys(m), _meaning(m)) for m in reports],
            ),
            "### Parts of requests and reports",
            _table(
                ("part", "keys", "meaning"),
                [(f"{part.__name__}", _keys(part), _meaning(part)) for part in parts],
            ),
        ]
    )


def replace_tables(page: str, tables: str) -> str:
    """`page` with `tables` between its two markers."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"the page lacks `{START}` or, after it, `{END}`")
    return f"{before}{START}\n\n{tables}\n\n{END}{after}"


def main() -> None:
    page = ARCHITECTURE.read_text(encoding="utf-8")
    ARCHITECTURE.write_text(replace_tables(page, render(find_messages())), encoding="utf-8")


if __name__ == "__main__":
    main()
