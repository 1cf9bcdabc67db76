# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writes down where the Python environment that it runs in is, for programs that know only its name.

Run with the arguments PEX_ROOT FILE VERSION: the file, in a named cache, gets the environment's folder
relative to PEX_ROOT, whole or not at all. Fails if the interpreter is not of that version, which is a
part of the environment's name.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def interpreter_version() -> str:
    return f"{sys.implementation.name}-{'.'.join(map(str, sys.version_info[:3]))}"


def link(*, environment: Path, pex_root: Path, file: Path) -> None:
    folder = environment.resolve().relative_to(pex_root.resolve())
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, written = tempfile.mkstemp(dir=file.parent, prefix=".")
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:
            stream.write(f"{folder.as_posix()}\n")
        os.chmod(written, 0o644)
        os.replace(written, file)
    except BaseException:
        os.unlink(written)
        raise


def main(pex_root: str, file: str, version: str) -> None:
    if interpreter_version() != version:
        sys.exit(
            f"It was installed with {interpreter_version()}, and {version} was found for it before.\n"
            "Fix: Restart Pants' daemon if an interpreter was installed or removed since it started."
        )
    link(environment=Path(sys.prefix), pex_root=Path(pex_root), file=Path(file))


if __name__ == "__main__":
    main(*sys.argv[1:])
