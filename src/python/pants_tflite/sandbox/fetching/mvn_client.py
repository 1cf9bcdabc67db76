# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Fetching an archive with the user's own Maven."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Mapping

from pants_tflite.sandbox.mistakes import Mistake

_DOWNLOADS = Path("downloads")
_PROBLEM = re.compile(r"\[(?:ERROR|WARNING)\] *(.*)")
# Maven's advice on running it again follows, which is of no use here.
_ADVICE = re.compile(r"-> \[Help 1\]|To see the full stack trace")
_LAST_CHARACTERS = 4000


def fetch(mvn: str, environment: Mapping[str, str], coordinates: str) -> tuple[Path, str]:
    """The file that `mvn` fetches for `coordinates`, and its warnings.

    Raises Mistake if it fetches none.
    """
    _DOWNLOADS.mkdir()
    finished = subprocess.run(
        [
            mvn,
            "--batch-mode",
            "-Dstyle.color=never",
            "dependency:copy",
            f"-Dartifact={coordinates}",
            f"-DoutputDirectory={_DOWNLOADS.resolve()}",
        ],
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    files = sorted(_DOWNLOADS.iterdir())
    if finished.returncode != 0 or len(files) != 1:
        raise Mistake(
            f"Maven did not fetch {coordinates}",
            field="maven",
            value=coordinates,
            fix="See its own message below. Coordinates are `group:artifact:version`; which "
            "repositories are asked, and through which proxy, is for your `settings.xml` to say.",
            detail=condense(finished.stdout),
        )
    return files[0], problems(finished.stdout)


def problems(output: str) -> str:
    """The errors and warnings in Maven's `output`, each once, without its advice."""
    lines: dict[str, None] = {}
    for line in output.splitlines():
        match = _PROBLEM.match(line)
        if match:
            advice = _ADVICE.search(line)
            text = (match[1][: advice.start() - match.start(1)] if advice else match[1]).strip()
            if text:
                lines[text] = None
            if advice:
                break
    return "\n".join(lines)


def condense(output: str) -> str:
    """The errors in Maven's `output`, or else its last lines."""
    return problems(output)[:_LAST_CHARACTERS] or output[-_LAST_CHARACTERS:]
