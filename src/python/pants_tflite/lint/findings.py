# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a linter of models finds, and how it says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable


@dataclass(frozen=True)
class Finding:
    """Something about the target `address` that its author may want to change.

    `check` is the name by which it is silenced, `what` a sentence without its end that names op and
    layer, and `instead` whole sentences on what to use in its place.
    """

    address: str
    check: str
    what: str
    instead: str

    def render(self) -> str:
        return f"{self.address}: {self.check}: {self.what}.\n    Instead: {self.instead}"


def render_findings(findings: Iterable[Finding], *, silence: str) -> str:
    """All findings, each once, sorted, and how to silence them."""
    unique = sorted(set(findings), key=lambda f: (f.address, f.check, f.what, f.instead))
    if not unique:
        return ""
    return "\n".join([*(finding.render() for finding in unique), "", silence, ""])


def listed(names: Iterable[str]) -> str:
    """Names in code quotes, each once, in their order."""
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))
