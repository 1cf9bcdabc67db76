# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What proposals of targets are called, and what cannot be written into a BUILD file."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Iterable, Mapping, Union

from pants.core.goals.tailor import PutativeTarget, PutativeTargets
from pants.engine.target import Target

_NOT_IN_NAMES = re.compile(r"[^\w.-]")
# A field of sources takes these for patterns, and `tailor` writes quotes and backslashes as they are.
_NOT_IN_SOURCES = re.compile(r"[*?!\[\]{}\"\\\s]")


@dataclass(frozen=True)
class Proposal:
    """A target for the BUILD file of `folder`. `longer_name` is its name if `name` says too little."""

    target_type: type[Target]
    folder: str
    name: str
    longer_name: str
    fields: Mapping[str, Union[str, tuple[str, ...]]]
    sources: tuple[str, ...] = ()
    comments: tuple[str, ...] = field(default=())


def can_be_source(path: str) -> bool:
    """Whether a path can be the value of a field of sources as it is."""
    return not _NOT_IN_SOURCES.search(path)


def in_folder(path: str, folder: str) -> bool:
    return folder == "" or path.startswith(folder + os.path.sep)


def _as_name(text: str) -> str:
    return _NOT_IN_NAMES.sub("_", text)


def name_proposals(proposals: Iterable[Proposal]) -> PutativeTargets:
    """Each proposal as one for `tailor`, under a name of its own in its folder.

    The name of the folder is left to what Pants proposes without one, such as `python_sources()`.
    """
    proposals = list(proposals)
    taken = Counter((proposal.folder, _as_name(proposal.name)) for proposal in proposals)
    named = []
    for proposal in proposals:
        name = _as_name(proposal.name)
        if taken[proposal.folder, name] > 1 or name == os.path.basename(proposal.folder):
            name = _as_name(proposal.longer_name)
        named.append(
            PutativeTarget.for_target_type(
                proposal.target_type,
                path=proposal.folder,
                name=name,
                triggering_sources=proposal.sources,
                kwargs=proposal.fields,
                comments=proposal.comments,
            )
        )
    return PutativeTargets(named)
