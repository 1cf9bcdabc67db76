# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Kernels of custom ops in C and C++ sources: the functions that register them, found in the text."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Optional

from pants_tflite.custom_ops.kernel_sources import MICRO, TFLITE
from pants_tflite.custom_ops.target_types import default_registration

C_EXTENSION = ".c"

_COMMENT_OR_TEXT = re.compile(
    r"//[^\n]*|/\*.*?\*/|(?P<text>\"(?:\\.|[^\"\\\n])*\")|'(?:\\.|[^'\\\n])*'", re.DOTALL
)
_FUNCTION = re.compile(
    r"\b(?P<type>TfLiteRegistration|TFLMRegistration)\s*\*\s*(?P<name>Register\w*)\s*"
    r"\(\s*(?:void)?\s*\)\s*\{"
)
_BRACE = re.compile(r"(?P<c>extern\s*\"C\"\s*)?\{|\}")
_C_LINKAGE = re.compile(r"extern\s*\"C\"")
_BEGIN_OF_DECLARATION = re.compile(r"[;{}]|^\s*#[^\n]*$", re.MULTILINE)
_INCLUDE = re.compile(r'^\s*#\s*include\s*"(?P<path>[^"\n]+)"', re.MULTILINE)
_WORD = re.compile(r"[A-Za-z]\w*")
_PREFIX = re.compile(r"Register_?")
_VARIANTS = {"TfLiteRegistration": TFLITE, "TFLMRegistration": MICRO}


@dataclass(frozen=True)
class FoundKernel:
    """A function that registers a kernel of the op `op`, a name that is guessed. `variant` is TFLITE or MICRO."""

    registration: str
    op: str
    variant: str


def _without_comments(code: str, texts: list[str]) -> str:
    """The code without comments and without what is in quotes, but for `"C"`; that goes into `texts`."""

    def replace(match: re.Match[str]) -> str:
        text = match["text"]
        if text is None:
            return " "
        texts.append(text)
        return text if text == '"C"' else '""'

    return _COMMENT_OR_TEXT.sub(replace, code)


def _has_c_linkage(code: str, position: int) -> bool:
    """Whether the function at `position` of C++ code is `extern "C"`, alone or by a block around it."""
    blocks: list[bool] = []
    for brace in _BRACE.finditer(code, 0, position):
        if brace[0] != "}":
            blocks.append(brace["c"] is not None)
        elif blocks:
            blocks.pop()
    return any(blocks) or _C_LINKAGE.search(_declaration(code, position)) is not None


def _declaration(code: str, position: int) -> str:
    """What stands before `position` in the same declaration."""
    begins = [match.end() for match in _BEGIN_OF_DECLARATION.finditer(code, 0, position)]
    return code[begins[-1] if begins else 0 : position]


def guess_op(registration: str, texts: list[str]) -> Optional[str]:
    """The op that `registration` is for: what a text of the file calls it, or by the words of its name."""
    words = {word for text in texts for word in _WORD.findall(text)}
    named = {word for word in words if default_registration(word) == registration}
    if len(named) == 1:
        return named.pop()
    rest = _PREFIX.sub("", registration, count=1)
    if not rest:
        return None
    if rest != rest.upper():
        return rest
    return "".join(word.capitalize() for word in rest.split("_"))


def find_kernels(path: str, code: str) -> tuple[FoundKernel, ...]:
    texts: list[str] = []
    # The name of a header says nothing of the op's.
    code = _without_comments(_INCLUDE.sub("", code), texts)
    found = []
    for match in _FUNCTION.finditer(code):
        if re.search(r"\bstatic\b", _declaration(code, match.start())):
            continue
        if not path.endswith(C_EXTENSION) and not _has_c_linkage(code, match.start()):
            continue
        op = guess_op(match["name"], texts)
        if op is not None:
            found.append(FoundKernel(match["name"], op, _VARIANTS[match["type"]]))
    return tuple(found)


def included_headers(code: str) -> tuple[str, ...]:
    """The file names of what a source includes in quotes."""
    return tuple(sorted({os.path.basename(match["path"]) for match in _INCLUDE.finditer(code)}))
