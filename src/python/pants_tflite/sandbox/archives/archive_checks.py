# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether an archive can be unpacked by `tar` and `unzip`, and stays in the folder that it is unpacked into."""

from __future__ import annotations

import os
from typing import Dict, List, Sequence, Set, Tuple

from pants_tflite.sandbox.archives.archive_entries import (
    ARCHIVES,
    FILE,
    FOLDER,
    HARD_LINK,
    LINK,
    ZIP,
    BadArchive,
    Entry,
    read_entries,
    starts_as,
)

_LFS_POINTER = b"version https://git-lfs."
_MAX_LINKS = 40
_MAX_NAME_BYTES = 255
_GET_IT_AGAIN = "Get the archive again from where it comes from, and compare its size and hash with those there."
_PACK_IT_ANEW = (
    "Do not unpack it by hand either unless you know who made it. If it is yours, pack the folder again "
    "with paths that are relative to it."
)
_RENAME = "Pack the folder again without it, or under another name."


def _components(path: str) -> List[str]:
    """The parts of a path, which a backslash separates as well on some machines."""
    return [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]


def _is_absolute(path: str) -> bool:
    return path.replace("\\", "/").startswith("/")


class _Links:
    """The symbolic links of an archive, by the paths that they are at, without a difference in case: some file
    systems make none."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._targets: Dict[str, str] = {}
        for entry in entries:
            if entry.kind == LINK:
                self._targets["/".join(_components(entry.name)).casefold()] = entry.target

    def holds(self, path: str) -> bool:
        """Whether a path is of something below a link."""
        parts = _components(path.casefold())
        return any("/".join(parts[:end]) in self._targets for end in range(1, len(parts)))

    def leads_out(self, path: str) -> bool:
        """Whether a path is of something outside of the archive, if all links on it are followed.

        Raises BadArchive if they have no end.
        """
        there: List[str] = []
        pending = _components(path)[::-1]
        followed = 0
        while pending:
            part = pending.pop()
            if part == "..":
                if not there:
                    return True
                there.pop()
                continue
            there.append(part)
            target = self._targets.get("/".join(there).casefold())
            if target is not None:
                followed += 1
                if _is_absolute(target):
                    return True
                if followed > _MAX_LINKS:
                    raise BadArchive(
                        f"its entry `{path}` is a link in a circle",
                        "Replace the links by the files that they are to lead to.",
                    )
                there.pop()
                pending += _components(target)[::-1]
        return False


def _check_name(entry: Entry) -> None:
    names = (entry.name, entry.target)
    if entry.kind != FOLDER and entry.name.rpartition("/")[2] in ("", "."):
        raise BadArchive(f"its entry {entry.name!r} has no name", _RENAME)
    try:
        encoded = [name.encode() for name in names]
    except UnicodeEncodeError as error:
        raise BadArchive(f"the name of its entry {entry.name!r} is not UTF-8", _RENAME) from error
    if any(b"\0" in name for name in encoded):
        raise BadArchive(f"the name of its entry {entry.name!r} has a null character", _RENAME)
    if any(len(part) > _MAX_NAME_BYTES for name in encoded for part in name.split(b"/")):
        raise BadArchive(
            f"the name of its entry `{entry.name[:40]}…` is longer than {_MAX_NAME_BYTES} bytes",
            _RENAME,
        )


def _check_place(entry: Entry, links: _Links) -> None:
    for path in (entry.name, *([entry.target] if entry.kind == HARD_LINK else ())):
        if ".." in _components(path) or _is_absolute(path):
            raise _climbs(path)
        if links.holds(path):
            raise BadArchive(
                f"its entry `{path}` is below a link",
                "Pack the folder again with its files where the link leads to.",
            )
    if links.leads_out(entry.name):
        raise BadArchive(
            f"its entry `{entry.name}` leads by a link to something outside of the archive",
            "Replace the link by the file that it leads to.",
        )


def _climbs(path: str) -> BadArchive:
    whole = os.path.normpath(path.replace("\\", "/"))
    stays = whole.split("/")[0] != ".." and not _is_absolute(path)
    problem = (
        "has `..` in it, which `tar` and `unzip` refuse"
        if stays
        else "would be written outside of the folder that it is unpacked into"
    )
    return BadArchive(f"its entry `{path}` {problem}", _PACK_IT_ANEW)


def _check_together(entries: Sequence[Entry], is_zip: bool) -> None:
    """Raises BadArchive if two entries are in each other's place."""
    seen: Dict[Tuple[str, ...], Entry] = {}
    parents: Set[Tuple[str, ...]] = set()
    for entry in entries:
        path = tuple(_components(entry.name))
        if entry.kind == HARD_LINK and tuple(_components(entry.target)) not in seen:
            raise BadArchive(
                f"its entry `{entry.name}` is a link to `{entry.target}`, which is not before it",
                "Replace the link by the file that it leads to.",
            )
        other = seen.get(path)
        # `tar` takes the last of two files, as an archive that was appended to means it.
        if other is not None and (other.kind != entry.kind or is_zip and entry.kind != FOLDER):
            raise BadArchive(f"it has two entries `{entry.name}`", _RENAME)
        seen[path] = entry
        parents.update(path[:end] for end in range(1, len(path)))
    for path, entry in seen.items():
        if path in parents and entry.kind in (FILE, HARD_LINK):
            raise BadArchive(f"its entry `{entry.name}` is a file and a folder", _RENAME)


def check_archive(path: str, content: bytes) -> None:
    """Raises BadArchive if the file is no intact archive of the kind that its name says, or unsafe."""
    if content.startswith(_LFS_POINTER):
        raise BadArchive("it is a pointer of Git LFS, not the file itself", "Run `git lfs pull`.")
    kind = next((end for end in ARCHIVES if path.endswith(end)), None)
    if kind is None:
        raise BadArchive(
            "its name is not one of an archive",
            f"Its name must end in one of {', '.join(ARCHIVES)}.",
        )
    if not starts_as(kind, content):
        what = f"it begins with {content[:8]!r}" if content else "it is empty"
        raise BadArchive(
            f"it is not an archive in the format `{kind}`: {what}",
            f"Give a file in the format that its name says. {_GET_IT_AGAIN}",
        )
    try:
        entries = read_entries(kind, content)
    except BadArchive:
        raise
    except Exception as error:
        # What the standard library's readers raise for a damaged file has no end.
        raise BadArchive(
            f"it is cut off or damaged ({str(error) or type(error).__name__})", _GET_IT_AGAIN
        ) from error
    links = _Links(entries)
    for entry in entries:
        _check_name(entry)
        _check_place(entry, links)
    _check_together(entries, kind == ZIP)
