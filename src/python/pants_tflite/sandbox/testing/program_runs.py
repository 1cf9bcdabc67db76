# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Running a sandbox program in tests as the plugin does: in a process and a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Sequence

from pants_tflite.sandbox.protocol import Message

_ROOT = Path(__file__).resolve().parents[3]


def run_program(
    program: str, folder: Path, arguments: Message | Sequence[str]
) -> subprocess.CompletedProcess[str]:
    """Runs `program` in `folder` over a request, or with command line arguments."""
    if isinstance(arguments, Message):
        (folder / "request.json").write_bytes(arguments.render())
        arguments = ["request.json"]
    argv = [sys.executable, "-m", f"pants_tflite.sandbox.{program}", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONHASHSEED": "0"}
    return subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True)
