#!/usr/bin/env python3
# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Regenerates every lock of the project from the `.in` file next to it.

build_support/locks.py              locks what changed in .in files; all other pins stay
build_support/locks.py --upgrade    takes the newest version of whatever the .in files do not pin
build_support/locks.py --check      writes nothing, and fails if it would
build_support/locks.py litert zig   only these

Needs CPython 3.9 or newer and a package index. It runs uv from PATH if that is the locked version,
or else installs the locked one into a temporary folder.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Lock:
    """`<path>.lock`, which locks `<path>.in` for CPython `python` and newer.

    It takes over the pins of the lock `constraint`, but not those of `newer_pins` for a CPython that
    is older than `newer_python`. What the file `overrides` requires stands in for what packages ask
    for. If Pants loads it as a resource, it has metadata.
    """

    path: str
    python: str
    constraint: str = ""
    newer_python: str = ""
    newer_pins: tuple[str, ...] = ()
    overrides: str = ""
    has_metadata: bool = False

    @property
    def requirements(self) -> str:
        return f"{self.path}.in"

    @property
    def lock(self) -> str:
        return f"{self.path}.lock"

    @property
    def metadata(self) -> str:
        return f"{self.lock}.metadata"

    def is_called(self, name: str) -> bool:
        return name in (self.path, self.lock, self.requirements, Path(self.path).name)

    def render_constraint(self) -> str:
        """The pins of `constraint`, those of `newer_pins` only for a CPython that has them."""
        names = "|".join(self.newer_pins)
        return re.sub(
            rf"^((?:{names})==\S+)(?= )",
            rf"\1 ; python_full_version >= '{self.newer_python}'",
            (ROOT / self.constraint).read_text(),
            flags=re.MULTILINE,
        )

    def to_uv_args(self, output_file: Path, constraint: str) -> tuple[str, ...]:
        """`constraint` is the file of pins to take over, if there are some."""
        return (
            "pip",
            "compile",
            "--quiet",
            "--universal",
            f"--python-version={self.python}",
            "--generate-hashes",
            "--no-header",
            "--no-annotate",
            "--no-emit-index-url",
            *((f"--constraint={constraint}",) if constraint else ()),
            *((f"--override={self.overrides}",) if self.overrides else ()),
            f"--output-file={output_file}",
            self.requirements,
        )

    def render_metadata(self) -> str:
        """What Pants 2.32 and newer want to know about a lock that they load as a resource.

        Version 3 is the newest that every supported Pants knows. It does not name the lock's
        format, which Pants then recognizes by the content.
        """
        metadata = {
            "version": 3,
            "valid_for_interpreter_constraints": [f"CPython>={self.python}"],
            "generated_with_requirements": read_requirements(ROOT / self.requirements),
            "manylinux": "manylinux2014",
            "requirement_constraints": [],
            "only_binary": [],
            "no_binary": [],
        }
        return json.dumps(metadata, indent=2) + "\n"


# A lock stands after the one that constrains it.
LOCKS = (
    Lock("3rdparty/python/pants", "3.9"),
    Lock("3rdparty/python/pex-cli", "3.9"),
    Lock("3rdparty/python/pex-cli-new", "3.11"),
    Lock("3rdparty/python/plugin", "3.9", constraint="3rdparty/python/pants.lock"),
    Lock("3rdparty/python/tensorflow", "3.11"),
    Lock("3rdparty/python/tools", "3.9"),
    Lock("3rdparty/python/uv", "3.9"),
    Lock("3rdparty/python/buildbox", "3.11"),
    Lock("3rdparty/python/buildgrid", "3.12"),
    Lock("src/python/pants_tflite/micro/subsystems/tflm", "3.11", has_metadata=True),
    Lock("src/python/pants_tflite/micro/subsystems/vela", "3.11", has_metadata=True),
    Lock("src/python/pants_tflite/subsystems/jgo", "3.11", has_metadata=True),
    Lock("src/python/pants_tflite/subsystems/litert", "3.11", has_metadata=True),
    Lock("src/python/pants_tflite/subsystems/litert_1_0", "3.11", has_metadata=True),
    Lock("src/python/pants_tflite/subsystems/litert_1_4", "3.11", has_metadata=True),
    Lock(
        "3rdparty/python/fuzzing",
        "3.11",
        constraint="src/python/pants_tflite/subsystems/litert.lock",
    ),
    Lock("src/python/pants_tflite/subsystems/netron", "3.11", has_metadata=True),
    Lock("src/python/pants_tflite/subsystems/report", "3.11", has_metadata=True),
    Lock("src/python/pants_tflite/subsystems/scoring", "3.11", has_metadata=True),
    Lock(
        "src/python/pants_tflite/subsystems/tf-keras",
        "3.11",
        constraint="3rdparty/python/tensorflow.lock",
        overrides="src/python/pants_tflite/subsystems/tf-keras.overrides",
        has_metadata=True,
    ),
    Lock("src/python/pants_tflite/subsystems/tflite_runtime_2_14", "3.11", has_metadata=True),
    Lock("src/python/pants_tflite/subsystems/zig", "3.11", has_metadata=True),
    Lock(
        "src/python/pants_tflite/linux/device/requirements",
        "3.10",
        constraint="src/python/pants_tflite/subsystems/litert.lock",
        # Boards have older interpreters than builds, such as Ubuntu 22.04's. LiteRT has wheels for them.
        newer_python="3.11",
        newer_pins=("numpy", "pillow"),
    ),
    Lock("tests/consumer/locks/ml", "3.11", constraint="3rdparty/python/tensorflow.lock"),
    Lock("tests/consumer/locks/ml_previous", "3.11"),
)
UV = ROOT / "3rdparty/python/uv.lock"


def read_requirements(path: Path) -> list[str]:
    """The requirements of a file, sorted, without comments, options and included files."""
    lines = (line.split(" #")[0].strip() for line in path.read_text().splitlines())
    return sorted(line for line in lines if line and not line.startswith(("#", "-")))


def locked_uv_version() -> str:
    pins = re.findall(r"^uv==(\S+)", UV.read_text(), re.MULTILINE)
    if len(pins) != 1:
        sys.exit(f"{UV} must pin uv.")
    return pins[0]


@contextlib.contextmanager
def locked_uv() -> Iterator[str]:
    """The path of the locked uv: from PATH, or installed into a temporary folder."""
    version = locked_uv_version()
    on_path = shutil.which("uv")
    if on_path:
        report = subprocess.run([on_path, "--version"], capture_output=True, text=True, check=True)
        if report.stdout.split()[1:2] == [version]:
            yield on_path
            return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = (Path(folder, "bin", "python"), "-I", "-m", "pip", "--disable-pip-version-check")
        subprocess.run([*pip, "install", "--quiet", "--require-hashes", "-r", UV], check=True)
        yield str(Path(folder, "bin", "uv"))


def compile_lock(uv: str, lock: Lock, upgrade: bool) -> str:
    """What the lock should be: without `upgrade`, uv keeps the pins of the present lock."""
    with tempfile.TemporaryDirectory() as folder:
        output_file = Path(folder, Path(lock.lock).name)
        if (ROOT / lock.lock).exists():
            shutil.copy(ROOT / lock.lock, output_file)
        constraint = lock.constraint
        if lock.newer_pins:
            constraint = str(Path(folder, "constraint.txt"))
            Path(constraint).write_text(lock.render_constraint())
        args = lock.to_uv_args(output_file, constraint)
        subprocess.run([uv, *args, *(("--upgrade",) if upgrade else ())], cwd=ROOT, check=True)
        return output_file.read_text()


def update(path: str, content: str, check: bool) -> bool:
    """Writes a file if its content differs, or only reports it; returns whether it differs."""
    file = ROOT / path
    differs = not file.exists() or file.read_text() != content
    if differs:
        print(f"{path}: {'is not up to date' if check else 'written'}")
        if not check:
            file.write_text(content)
    return differs


def main(args: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="a lock; all, if none is named")
    parser.add_argument("--check", action="store_true", help="write nothing; fail on differences")
    parser.add_argument("--upgrade", action="store_true", help="keep no pin of an earlier lock")
    options = parser.parse_args(args)
    for name in options.names:
        if not any(lock.is_called(name) for lock in LOCKS):
            parser.error(f"there is no lock {name}: {', '.join(lock.path for lock in LOCKS)}")
    differences = []
    with locked_uv() as uv:
        for lock in LOCKS:
            if options.names and not any(lock.is_called(name) for name in options.names):
                continue
            content = compile_lock(uv, lock, options.upgrade)
            differences.append(update(lock.lock, content, options.check))
            if lock.has_metadata:
                differences.append(update(lock.metadata, lock.render_metadata(), options.check))
    print(
        f"{len(differences)} files, {sum(differences)} {'differ' if options.check else 'written'}."
    )
    return int(options.check and any(differences))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
