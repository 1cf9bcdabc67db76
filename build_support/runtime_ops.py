# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which ops the TFLite Micro of each layout's system lacks, asked of clones of their sources.

    PYTHONPATH=src/python python3 build_support/runtime_ops.py esp_idf=CLONE zephyr=CLONE pico_sdk=CLONE

Each clone is a folder that git knows, of the repository that RUNTIMES names. What its
`micro_mutable_op_resolver.h` says goes into `runtime_ops.json`; layouts that are not named stay as they
are there.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Mapping, Sequence

from pants_tflite.micro.tflm.op_names import BUILTIN_METHODS, CUSTOM_METHODS

TABLE = Path(__file__).parent.parent / "src/python/pants_tflite/micro/layouts/runtime_ops.json"
_HEADER = "tensorflow/lite/micro/micro_mutable_op_resolver.h"
_METHODS = frozenset((*BUILTIN_METHODS.values(), *CUSTOM_METHODS.values()))
_TAG = re.compile(r"v(\d+(?:\.\d+)*)")
# By the layout: the runtime's name, the folder that its header is in, and the oldest tag to ask, if
# versions are tags. Otherwise the newest commit is asked.
RUNTIMES: Mapping[str, tuple[str, str, str]] = {
    "esp_idf": ("espressif/esp-tflite-micro", "", "1.3.1"),
    "pico_sdk": ("raspberrypi/pico-tflmicro", "src/", ""),
    "zephyr": ("zephyrproject-rtos/tflite-micro", "", ""),
}


def _git(clone: str, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", clone, *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def missing_methods(header: str) -> list[str]:
    """The methods of ours that a resolver's header does not declare."""
    return sorted(_METHODS - set(re.findall(r"TfLiteStatus (Add\w+)\(", header)))


def _ask(clone: str, revision: str, version: str, folder: str) -> dict[str, Any]:
    header = _git(clone, "show", f"{revision}:{folder}{_HEADER}")
    date = _git(
        clone, "show", "--no-patch", "--format=%cd", "--date=short", f"{revision}^{{commit}}"
    )
    return {"version": version, "date": date, "lacks": missing_methods(header)}


def ask_runtime(layout: str, clone: str) -> dict[str, Any]:
    """A layout's entry: its versions, oldest first, of which each lacks other ops than the one before."""
    name, folder, oldest = RUNTIMES[layout]
    if not oldest:
        commit = _git(clone, "rev-parse", "--short=12", "HEAD")
        return {"runtime": name, "versions": [_ask(clone, "HEAD", commit, folder)]}
    tags = [match[1] for tag in _git(clone, "tag").split() if (match := _TAG.fullmatch(tag))]
    versions: list[dict[str, Any]] = []
    for tag in sorted(tags, key=_numbers):
        if _numbers(tag) < _numbers(oldest):
            continue
        entry = _ask(clone, f"v{tag}", tag, folder)
        if not versions or entry["lacks"] != versions[-1]["lacks"]:
            versions.append(entry)
    return {"runtime": name, "versions": versions}


def main(arguments: Sequence[str]) -> int:
    table = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    for argument in arguments:
        layout, _, clone = argument.partition("=")
        if layout not in RUNTIMES or not clone:
            print(f"{argument!r} is not one of {', '.join(RUNTIMES)}, `=` and a clone")
            return 1
        table[layout] = ask_runtime(layout, clone)
    TABLE.write_text(f"{json.dumps(table, indent=2, sort_keys=True)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
