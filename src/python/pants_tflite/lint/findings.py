# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a linter of models finds, and how it says so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterable, Iterator

from pants_tflite.errors import TfLiteError
from pants_tflite.lint.replacement_entries import LITERT
from pants_tflite.lint.replacements import find_replacement

# The check that a model can be built at all.
BUILD = "build"
_EMPTY_LINES = re.compile(r"\n{2,}")


@dataclass(frozen=True)
class Finding:
    """Something about the target `address` that its author may want to change.

    `check` is the name by which it is silenced, `what` a sentence without its end that names op and
    layer, and `instead` whole sentences on what to use in its place. `code` are the places in the user's
    code that it comes from, if they are known, `runtime` says where it matters, and `silence` how to leave
    it out. A finding that does not fail is a note: what it is about works all the same.
    """

    address: str
    check: str
    what: str
    instead: str
    runtime: str = ""
    code: tuple[str, ...] = ()
    silence: str = ""
    fails: bool = True

    def render(self) -> str:
        details = {
            "Code": "; ".join(self.code),
            "Runtime": self.runtime,
            "Instead": self.instead,
            "Silence": self.silence,
        }
        lines = (f"    {title}: {text}" for title, text in details.items() if text)
        note = "" if self.fails else "note: "
        return "\n".join((f"{self.address}: {self.check}: {note}{self.what}.", *lines))


def render_findings(findings: Iterable[Finding], *, silence: str) -> str:
    """All findings, each once, sorted, and how to silence them."""
    unique = sorted(
        set(findings), key=lambda f: (f.address, f.check, f.what, f.instead, f.runtime, f.code)
    )
    if not unique:
        return ""
    return "\n".join([*(finding.render() for finding in unique), "", silence, ""])


def unbuilt_finding(address: str, what: str, error: TfLiteError) -> Finding:
    """That `what` could not be done for the `error` of a build. What to use instead of an op that the
    converter refuses is said if it is known."""
    text, instead = str(error), ""
    if error.mistake is not None and error.mistake.nodes:
        # The converter's own words are a hundred lines, which are about the same op.
        text = text.replace(error.mistake.detail.rstrip(), "", 1)
        instead = " ".join(_instead_of(str(error.mistake.value or "").split(", ")))
    text = _EMPTY_LINES.sub("\n", text).replace("\n", "\n    ").rstrip(". ")
    return Finding(
        address,
        BUILD,
        f"{what}: {text}",
        instead or "Do what the error says; `pants package` shows it alone.",
    )


def _instead_of(ops: Iterable[str]) -> Iterator[str]:
    for op in ops:
        found = find_replacement(op, runtime=LITERT)
        if found is not None:
            yield found.instead


def listed(names: Iterable[str]) -> str:
    """Names in code quotes, each once, in their order."""
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))
