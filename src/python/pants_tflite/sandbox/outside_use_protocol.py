# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a program reports of the user's code that looks beyond its sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pants_tflite.sandbox.protocol import Message

_SHOWN = 5


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(f"`{name}`" for name in names[:_SHOWN]) + more


@dataclass(frozen=True)
class OutsideUse(Message):
    """The `files` that code read and the `hosts` that it looked for, sorted. It is only shown, and part
    of no step's result: the paths are this machine's."""

    FILE: ClassVar[str] = "outside_use.json"

    files: tuple[str, ...]
    hosts: tuple[str, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """What was used, in words that are the same on every machine."""
        used = {"files": self.files, "network": self.hosts}
        return tuple(sorted(kind for kind, names in used.items() if names))

    def warning(self, address: object) -> str:
        """What to tell the user about the target."""
        what = []
        if self.files:
            what.append(f"reads {_listed(self.files)}, outside of its sandbox")
        if self.hosts:
            what.append(f"uses the network ({_listed(self.hosts)})")
        return (
            f"{address} {' and '.join(what)}. A change there does not build it again, and another "
            "machine may build something else. Declare files in `inputs` or `dependencies`, and check "
            "in what comes from elsewhere."
        )


NOTHING = OutsideUse((), ())
