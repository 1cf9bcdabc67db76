# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The TFLite Micro that a layout's system brings, and whether it has the ops of a library.

These runtimes are older than the one that libraries are checked with. What their sources say is in
`runtime_ops.json`, which `build_support/runtime_ops.py` writes.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Iterable, Mapping, Optional

from pants_tflite.micro.tflm.op_names import BUILTIN_METHODS, CUSTOM_METHODS
from pants_tflite.resources import read_resource
from pants_tflite.sandbox.tflite.manifest_protocol import MicroRuntime

_PACKAGE = "pants_tflite.micro.layouts"
_TABLE = "runtime_ops.json"
_OPS = {method: op for table in (BUILTIN_METHODS, CUSTOM_METHODS) for op, method in table.items()}


@dataclass(frozen=True)
class RuntimeVersion:
    """A version or commit, its date, and the methods that its op resolver lacks."""

    version: str
    date: str
    lacks: frozenset[str]


@dataclass(frozen=True)
class LayoutRuntime:
    """`name` is the repository's. `versions` are oldest first; each stays so until the next one."""

    name: str
    versions: tuple[RuntimeVersion, ...]

    def find_version(self, methods: Iterable[str]) -> Optional[RuntimeVersion]:
        """The first version from which on no method is missing; None if the last one lacks some."""
        wanted = frozenset(methods)
        found: Optional[RuntimeVersion] = None
        for version in reversed(self.versions):
            if version.lacks & wanted:
                break
            found = version
        return found

    def describe(self, methods: Iterable[str]) -> MicroRuntime:
        """What a manifest says about the runtime and a library with these methods."""
        methods = tuple(methods)
        enough, oldest, newest = self.find_version(methods), self.versions[0], self.versions[-1]
        return MicroRuntime(
            name=self.name,
            version=enough.version if enough else None,
            newest_asked=newest.version,
            newest_date=newest.date,
            late_ops=_op_names(oldest.lacks & frozenset(methods)),
            missing_ops=_op_names(newest.lacks & frozenset(methods)),
        )


def _op_names(methods: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(_OPS[method] for method in methods))


@functools.lru_cache(maxsize=None)
def _runtimes() -> Mapping[str, LayoutRuntime]:
    content = read_resource(_PACKAGE, _TABLE)
    return {
        layout: LayoutRuntime(
            entry["runtime"],
            tuple(
                RuntimeVersion(it["version"], it["date"], frozenset(it["lacks"]))
                for it in entry["versions"]
            ),
        )
        for layout, entry in json.loads(content).items()
    }


def runtime_of(layout: str) -> Optional[LayoutRuntime]:
    """The TFLite Micro that the layout's system brings; None if users choose one."""
    return _runtimes().get(layout)


def runtime_note(layout: str, methods: Iterable[str]) -> str:
    """A paragraph for the README, or nothing: which version of the runtime the ops need."""
    runtime = runtime_of(layout)
    if runtime is None:
        return ""
    described = runtime.describe(methods)
    if described.missing_ops:
        return (
            f"\n`{described.name}` lacks {_listed(described.missing_ops)}, as of its version "
            f"{described.newest_asked} ({described.newest_date}):\nthis library does not compile with "
            "it. It needs a newer TFLite Micro in its place.\n"
        )
    if described.late_ops:
        return (
            f"\n{_listed(described.late_ops)} came to `{described.name}` with version "
            f"{described.version}: older ones do not compile this library.\n"
        )
    newest = f"{described.newest_asked} ({described.newest_date})"
    since = described.version
    which = f"version {newest}" if since == described.newest_asked else f"version {since} or later"
    return f"\n`{described.name}` has all ops of this library: {which}.\n"


def runtime_warning(layout: str, methods: Iterable[str]) -> Optional[str]:
    """What to tell users whose layout's runtime lacks ops of the library, in all its versions."""
    runtime = runtime_of(layout)
    described = runtime.describe(methods) if runtime else None
    if described is None or not described.missing_ops:
        return None
    return (
        f"{described.name} lacks {_listed(described.missing_ops)}, as of its version "
        f"{described.newest_asked} ({described.newest_date}), so the library does not compile with "
        "it.\n\nFix: use a newer TFLite Micro in its place, or leave out the models with these ops."
    )


def _listed(ops: Iterable[str]) -> str:
    return ", ".join(f"`{op}`" for op in ops)
