# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A 64-bit ARM board with Debian's CPython, emulated by qemu's user mode."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

_NEEDED = {"apt-get": "apt", "dpkg": "dpkg", "qemu-aarch64": "qemu-user"}
_PACKAGES = ("libpython3-stdlib", "libstdc++6", "python3-minimal")
# Of a Raspberry Pi 4. qemu would show the host's, and LiteRT crashes on an ARM board with none.
_PROCESSOR = """\
processor\t: {number}
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

"""


def missing_packages() -> list[str]:
    """The Debian packages that a board needs and this machine lacks."""
    return [package for command, package in _NEEDED.items() if not shutil.which(command)]


@dataclass(frozen=True)
class Board:
    """`root` holds the board's file system."""

    root: Path

    @property
    def python(self) -> Path:
        return next(iter(sorted(self.root.glob("usr/bin/python3.*"))))

    @property
    def python_version(self) -> str:
        return self.python.name[len("python") :]

    def run(self, folder: Path, *args: str, python_path: Path) -> subprocess.CompletedProcess[str]:
        """Runs the board's Python in `folder`."""
        argv = ["qemu-aarch64", "-L", str(self.root), str(self.python), *args]
        env = {"PYTHONPATH": str(python_path)}
        return subprocess.run(
            [shutil.which(argv[0]) or argv[0], *argv[1:]],
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=300,
        )


def new_venv(folder: Path) -> Path:
    """A virtual environment with pip, made as a README says, of this CPython's installation.

    Skips the test where that has no venv module.
    """
    base = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
    run = subprocess.run([str(base), "-m", "venv", str(folder)], capture_output=True)
    if run.returncode != 0:
        pytest.skip(f"{base} cannot make virtual environments: install its venv module")
    return folder


def install_for_board(board: Board, venv: Path, requirements: Path, folder: Path) -> None:
    """Installs an archive's requirements for the board's Python in `folder`."""
    options = pip_options(board.python_version, "aarch64")
    pip = [str(venv / "bin/pip"), "install", "--quiet", f"--target={folder}", *options]
    subprocess.run([*pip, "-r", str(requirements)], check=True, timeout=600)


def pip_options(python_version: str, machine: str) -> list[str]:
    """How pip finds an archive's requirements for a board with this Python and processor."""
    # The README's oldest glibc; pip takes each older one by its own name.
    glibc = [f"--platform=manylinux_2_{minor}_{machine}" for minor in range(17, 28)]
    python = f"--python-version={python_version}"
    return ["--require-hashes", "--only-binary=:all:", python, *glibc]


def set_up_board(folder: Path) -> Board:
    """Downloads the packages from this machine's own Debian mirror and unpacks them in `folder`."""
    for name in ("archives/partial", "lists/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    options = (
        "APT::Architecture=arm64",
        "APT::Architectures=arm64",
        "APT::Sandbox::User=root",
        "Debug::NoLocking=true",
        f"Dir::Cache={folder}",
        f"Dir::State={folder}",
        f"Dir::State::status={folder / 'status'}",
    )
    apt_get = ["apt-get", "-qq", *(word for option in options for word in ("-o", option))]
    install = ["--download-only", "--yes", "--no-install-recommends", "install", *_PACKAGES]
    for command in (["update"], install):
        subprocess.run([*apt_get, *command], check=True, capture_output=True, timeout=300)
    root = folder / "root"
    for package in sorted((folder / "archives").glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(package), str(root)], check=True)
    (root / "proc").mkdir()
    processors = [_PROCESSOR.format(number=number) for number in range(4)]
    (root / "proc/cpuinfo").write_text("".join(processors))
    return Board(root)
