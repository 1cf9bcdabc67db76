# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What Make and DVC are told of the steps of a script, as a person would write it down."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Iterable, Sequence

# Files that stand for the folder that they are in, which a step writes whole: a SavedModel, and a checked model.
_STAND_FOR_FOLDERS = ("model.json", "saved_model.pb")


@dataclass(frozen=True)
class Step:
    """A script makes `output` out of `inputs`, if it is called with `arguments`."""

    name: str
    arguments: tuple[str, ...]
    inputs: tuple[str, ...]
    output: str


def makefile(steps: Sequence[Step], *, python: str, script: str) -> str:
    """Make goes by the times of files."""
    lines = ["all: " + " ".join(step.output for step in steps)]
    for step in steps:
        lines.append(f"\n{step.output}: {script} {' '.join(step.inputs)}")
        lines.append(f"\t{python} {script} {' '.join(step.arguments)}")
    return "\n".join(lines) + "\n"


def dvc_yaml(steps: Iterable[Step], *, python: str, script: str) -> str:
    """DVC goes by the contents of files and folders, and keeps outputs in a cache."""
    lines = ["stages:"]
    for step in steps:
        inputs = (script, *map(_whole, step.inputs))
        lines += [f"  {step.name}:", f"    cmd: {python} {script} {' '.join(step.arguments)}"]
        lines += ["    deps:", *(f"      - {path}" for path in inputs)]
        lines += ["    outs:", f"      - {_whole(step.output)}"]
    return "\n".join(lines) + "\n"


def _whole(path: str) -> str:
    """The folder for which a file stands, or the file."""
    folder, name = os.path.split(path)
    return folder if name in _STAND_FOR_FOLDERS else path
