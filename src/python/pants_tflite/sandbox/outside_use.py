# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Notes what the user's code uses from outside of the sandbox, as far as Python's audit events tell.

Nothing is refused: code may have its reasons, and a hook in the same process is no wall. What child
processes do, and what libraries in C open by themselves, as TensorFlow does, is not seen.
"""

from __future__ import annotations

import functools
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Iterator, Sequence

from pants_tflite.sandbox.harness import write_report
from pants_tflite.sandbox.outside_use_protocol import NOTHING, OutsideUse

# What a machine's own libraries read: locales, time zones, fonts, certificates, devices.
_SYSTEM = (
    *("/bin", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/nix/store", "/proc", "/run", "/sbin"),
    *("/sys", "/usr", "/Library", "/System", "/opt/homebrew", "/private/etc", "/private/var/db"),
)
# An environment of Pex links to wheels that are beside the folder of all environments.
_PEX_ENVIRONMENTS = f"{os.sep}venvs{os.sep}"
_MAX_NOTED = 100
_WRITES = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


@dataclass
class Notes:
    """What was seen so far. `own` are files and folders that the code made itself."""

    inside: tuple[str, ...]
    own: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)

    def to_report(self) -> OutsideUse:
        return OutsideUse(tuple(sorted(self.files)), tuple(sorted(self.hosts)))

    def read(self, path: str) -> None:
        made = path in self.own or any(path.startswith(f"{made}{os.sep}") for made in self.own)
        if not made and len(self.files) < _MAX_NOTED:
            self.files.add(path)

    def seek(self, host: Any) -> None:
        if host and len(self.hosts) < _MAX_NOTED:
            self.hosts.add(host.decode(errors="replace") if isinstance(host, bytes) else str(host))


_notes: list[Notes] = []


def _inside() -> tuple[str, ...]:
    """The prefixes of paths that belong to the sandbox, the interpreter, its environment or the system."""
    if os.getcwd() == os.sep:
        # On another machine, a step may see nothing but its sandbox.
        return (os.sep,)
    folders = {os.getcwd(), sys.prefix, sys.base_prefix, sys.exec_prefix, *_SYSTEM}
    folders.update(os.path.abspath(entry) for entry in sys.path if entry)
    folders.update([os.path.realpath(folder) for folder in folders])
    folders.update(
        folder.partition(_PEX_ENVIRONMENTS)[0]
        for folder in list(folders)
        if _PEX_ENVIRONMENTS in folder
    )
    return tuple(sorted(os.path.join(folder, "") for folder in folders - {os.sep}))


def _outside(path: Any, notes: Notes) -> str | None:
    """The absolute path, or None if it is inside or a file's number."""
    if path is None or isinstance(path, int):
        return None
    try:
        text = os.fsdecode(path)
    except (TypeError, ValueError):
        return None
    if ".." not in text and text.startswith(notes.inside):
        return None
    absolute = os.path.abspath(text)
    return None if os.path.join(absolute, "").startswith(notes.inside) else absolute


def _on_open(args: Sequence[Any], notes: Notes) -> None:
    path = _outside(args[0], notes)
    if path is None:
        return
    if (args[2] or 0) & _WRITES:
        notes.own.add(path)
    elif os.path.isfile(path):
        notes.read(path)


def _on_list(args: Sequence[Any], notes: Notes) -> None:
    path = _outside(args[0], notes)
    if path is not None and os.path.isdir(path):
        notes.read(path)


def _on_make(args: Sequence[Any], notes: Notes) -> None:
    path = _outside(args[0], notes)
    if path is not None:
        notes.own.add(path)


def _on_rename(args: Sequence[Any], notes: Notes) -> None:
    _on_make(args[1:], notes)


def _on_connect(args: Sequence[Any], notes: Notes) -> None:
    # The address of a socket in the file system is no tuple.
    if isinstance(args[1], tuple):
        notes.seek(args[1][0])


def _on_resolve(args: Sequence[Any], notes: Notes) -> None:
    notes.seek(args[0])


_HANDLERS = {
    "open": _on_open,
    "os.listdir": _on_list,
    "os.scandir": _on_list,
    "os.mkdir": _on_make,
    "os.rename": _on_rename,
    "socket.connect": _on_connect,
    "socket.getaddrinfo": _on_resolve,
    "socket.gethostbyname": _on_resolve,
    "socket.sendto": _on_connect,
}


def _hook(event: str, args: Sequence[Any]) -> None:
    handler = _HANDLERS.get(event)
    if handler is not None and _notes:
        handler(args, _notes[-1])


@functools.lru_cache(maxsize=None)
def _add_hook() -> None:
    """Adds the one hook for all blocks: a hook stays for good."""
    sys.addaudithook(_hook)


@contextmanager
def noting_outside_use() -> Iterator[Notes]:
    """Notes what code in the block uses from outside."""
    _add_hook()
    notes = Notes(_inside())
    _notes.append(notes)
    try:
        yield notes
    finally:
        _notes.remove(notes)


@contextmanager
def reporting_outside_use() -> Iterator[Notes]:
    """The same, and leaves a report if there is something to tell."""
    with noting_outside_use() as notes:
        yield notes
    report = notes.to_report()
    if report != NOTHING:
        write_report(report)
