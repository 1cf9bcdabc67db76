# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Why two runs of a step may differ: what its code calls, and what the bytes look like."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Iterable, Iterator, Optional, Sequence

CLOCK = "the clock"
RANDOM = "random numbers without a seed"
MACHINE = "a name or number of the machine, the user or the process"
ORDER = "the order of files or of a set"

_CALLS = {
    **dict.fromkeys(
        (
            *("time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "time.localtime"),
            *("time.gmtime", "time.strftime", "time.ctime", "time.process_time"),
            *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
        ),
        CLOCK,
    ),
    **dict.fromkeys(
        ("uuid.uuid1", "uuid.uuid4", "os.urandom", "secrets.token_bytes", "secrets.token_hex"),
        RANDOM,
    ),
    **dict.fromkeys(
        ("os.getpid", "socket.gethostname", "platform.node", "getpass.getuser", "os.getcwd", "id"),
        MACHINE,
    ),
    **dict.fromkeys(("os.listdir", "os.scandir", "glob.glob"), ORDER),
}
# Without arguments, these are seeded from the system.
_UNSEEDED = ("default_rng", "RandomState", "random.Random", "random.seed")
# What uses a global generator, if nothing in the file seeds it.
_GLOBAL_RANDOM = re.compile(
    r"(?:np|numpy)\.random\.(?!default_rng|RandomState|seed|Generator|SeedSequence)\w+|random\.(?!Random|seed)\w+"
)
_SEEDS = re.compile(r"\b(?:random\.seed|set_random_seed|set_seed)\(\s*[^)\s]")
_DATE = re.compile(rb"20\d\d-\d\d-\d\d[T_ ]?\d\d[:.]?\d\d|1[6-9]\d{8}(?:\.\d+)?")
_HEXADECIMAL = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}|[0-9a-f]{32}")
_MOST = 5


def _name(function: ast.expr) -> str:
    """A called function's name with dots, or ''."""
    if isinstance(function, ast.Name):
        return function.id
    if isinstance(function, ast.Attribute):
        inner = _name(function.value)
        return f"{inner}.{function.attr}" if inner else ""
    return ""


def _cause_of_call(name: str, call: ast.Call, is_seeded: bool) -> Optional[str]:
    short = ".".join(name.split(".")[-2:])
    if short in _CALLS:
        return _CALLS[short]
    has_no_seed = not call.args and not call.keywords
    if any(name == item or name.endswith(f".{item}") for item in _UNSEEDED) and has_no_seed:
        return RANDOM
    if not is_seeded and _GLOBAL_RANDOM.fullmatch(name):
        return RANDOM
    return None


def _calls(path: str, text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    is_seeded = _SEEDS.search(text) is not None
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _name(node.func)
            cause = _cause_of_call(name, node, is_seeded)
            if cause is not None:
                found.append((node.lineno, f"{cause}: `{name}()` in {path}, line {node.lineno}"))
    yield from (text for _, text in sorted(set(found)))


def _causes_of_bytes(
    pairs: Iterable[tuple[bytes, bytes]], sandboxes: Sequence[str]
) -> Iterator[str]:
    for first, second in pairs:
        if any(folder.encode() in data for folder in sandboxes for data in (first, second)):
            yield "the path of a folder: the folder in which the step ran is in what it wrote"
        if len(first) == len(second) and Counter(first) == Counter(second):
            yield f"{ORDER}: the two hold the same bytes in another order"
        for pattern, cause in ((_DATE, CLOCK), (_HEXADECIMAL, RANDOM)):
            new = set(pattern.findall(second)) - set(pattern.findall(first))
            if new:
                shown = min(new).decode(errors="replace")
                yield f"{cause}: only the second has {shown!r}"


def likely_causes(
    pairs: Sequence[tuple[bytes, bytes]], *, sources: Path, sandboxes: Sequence[str]
) -> tuple[str, ...]:
    """What is likely to make those `pairs` of files differ: first what the code in `sources` calls, then
    what their bytes say. Without either, the rest is named that a step may depend on."""
    found: list[str] = []
    for path in sorted(sources.rglob("*.py")):
        name = path.relative_to(sources).as_posix()
        found += _calls(name, path.read_text(encoding="utf-8", errors="replace"))
    found += _causes_of_bytes(pairs, sandboxes)
    unique = tuple(dict.fromkeys(found))[:_MOST]
    return unique or (
        "sums in another order (threads or other kernels), or a file that `inputs` does not declare",
    )
