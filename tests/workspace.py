# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whole `pants` runs over small workspaces, with the launcher, the locks and the backend of this repo."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Mapping

ROOT = Path(__file__).absolute().parents[1]
LOCKS = Path("3rdparty", "python")
# How the launcher finds interpreters, caches and an index.
_KEPT_ENVIRONMENT = re.compile(
    r"HOME|PATH|TMPDIR|LANG|LC_.*|XDG_CACHE_HOME|PYENV_ROOT|PANTS_TFLITE_.*|PANTS_LOCAL_STORE_DIR"
    r"|PANTS_NAMED_CACHES_DIR|PIP_.*|UV_.*|SSL_CERT_.*|REQUESTS_CA_BUNDLE|(https?|no|all)_proxy",
    re.IGNORECASE,
)
_STEP = re.compile(r"Completed: (.+)")
_COUNTER = re.compile(r"^  (\w+): (\d+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PANTS_TOML = f"""\
[GLOBAL]
pants_version = "PANTS_VERSION"
pythonpath = ["{ROOT / 'src/python'}"]
backend_packages = [
  "pants.backend.python",
  "pants_tflite",
  "pants_tflite.android",
  "pants_tflite.ios",
  "pants_tflite.lint.op_coverage",
  "pants_tflite.lint.portability",
  "pants_tflite.micro",
]

[source]
root_patterns = ["/"]

[python]
enable_resolves = true
default_resolve = "tensorflow"
interpreter_constraints = ["CPython==3.11.*"]
run_against_entire_lockfile = true

[python.resolves]
tensorflow = "3rdparty/python/tensorflow.lock"

[python-bootstrap]
search_path = ["<PATH>", "<PYENV>"]

[python-infer]
use_rust_parser = true
unowned_dependency_behavior = "ignore"

[pex]
executable_search_paths = ["/usr/bin", "/bin"]
"""
# A workspace's .pants.rc if it has kernels of custom ops, on top of its pants.toml.
KERNELS_PANTS_RC = """\
[GLOBAL]
backend_packages.add = ["pants.backend.experimental.cc"]

[source]
root_patterns.add = ["/src/cc"]
"""


# Where Pants keeps its daemon and its work.
_FOLDERS_OF_PANTS = (".pants.d", ".pids")
_OPTIONS = ("pants.toml", ".pants.rc")


def _encoded(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def repository_files(*folders: str) -> dict[str, bytes]:
    """The files directly in some folders of this repository, but for tests, by their paths in it."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for folder in folders
        for path in sorted((ROOT / folder).iterdir())
        if path.is_file() and not path.name.endswith("_test.py")
    }


def find_wheel() -> Path:
    """The backend's wheel: as Pants hands it to a test, or what `./pants package src/python:wheel` wrote."""
    folders = (ROOT, ROOT / "dist")
    found = [path for folder in folders for path in sorted(folder.glob("pants_tflite-*.whl"))]
    assert found, "Build the wheel first: ./pants package src/python:wheel"
    return found[0]


def wheel_requirement(folder: str) -> str:
    """What `plugins` of a pants.toml say for the backend's wheel in a folder."""
    return f"pants-tflite @ file://{folder}/{find_wheel().name}"


@dataclass(frozen=True)
class InstalledPants:
    """A Pants that is run without the launcher: the program, and what it needs in its environment."""

    version: str
    program: Path
    env: Mapping[str, str]


@dataclass(frozen=True)
class PantsRun:
    """One run: what it printed, and the descriptions of the processes that it had to run."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def steps(self) -> list[str]:
        return sorted(_STEP.findall(self.stderr))

    @property
    def counters(self) -> dict[str, int]:
        return read_counters(self.stderr)


def code_blocks(text: str) -> list[tuple[str, str]]:
    """The language of each block of code of a page in Markdown, which may be empty, and its content."""
    return _BLOCK.findall(text)


def run_tool(*command: str | Path, cwd: Path | None = None, **env: str) -> str:
    """What a program that is not Pants prints, to both of its outputs. It must succeed, and ends after 25 minutes.

    `env` is added to this process's own environment.
    """
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=1500,
    )
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, output
    return output


def read_counters(output: str) -> dict[str, int]:
    """What Pants counted, as it says with `--stats-log`."""
    return {name: int(count) for name, count in _COUNTER.findall(output)}


def file_hashes(folder: Path) -> dict[str, str]:
    """The sha256 of every file in a folder, by its path in there."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Workspace:
    """A folder with a pants.toml and the files of a test; its daemon is stopped by `close`.

    It is run by the launcher, unless `pants` is an installed one.
    """

    def __init__(
        self,
        folder: Path,
        files: Mapping[str, str | bytes],
        pants: InstalledPants | None = None,
    ) -> None:
        self.folder = folder
        launcher = InstalledPants("2.17.1", folder / "pants", {})
        self.installed_pants = pants or launcher
        pants_toml = _PANTS_TOML.replace("PANTS_VERSION", self.installed_pants.version)
        locks = ("pants.lock", "pex-cli.lock", "tensorflow.lock")
        self._own_files: dict[str, str | bytes] = {
            **{(LOCKS / lock).as_posix(): (ROOT / LOCKS / lock).read_bytes() for lock in locks},
            "pants": (ROOT / "pants").read_bytes(),
            "pants.toml": pants_toml,
        }
        self.fill(files)
        shutil.copymode(ROOT / "pants", folder / "pants")

    def fill(self, files: Mapping[str, str | bytes]) -> None:
        """Holds these files and none of an earlier test.

        What stays the same is not touched: a daemon restarts if its options are written again.
        """
        contents = {**self._own_files, **files}
        for path in sorted(self.folder.rglob("*"), reverse=True):
            name = path.relative_to(self.folder)
            if name.parts[0] in _FOLDERS_OF_PANTS:
                continue
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif name.as_posix() not in contents:
                path.unlink()
        self.write(
            {name: text for name, text in contents.items() if self._read(name) != _encoded(text)}
        )

    def has_options(self, files: Mapping[str, str | bytes]) -> bool:
        """Whether the daemon of this workspace serves a workspace of these files, too."""
        contents = {**self._own_files, **files}
        return all(
            self._read(name) == (_encoded(contents[name]) if name in contents else None)
            for name in _OPTIONS
        )

    def _read(self, name: str) -> bytes | None:
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_encoded(content))

    def _command(self, *args: str) -> list[str]:
        return [str(self.installed_pants.program), "--no-dynamic-ui", "--no-colors", *args]

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if _KEPT_ENVIRONMENT.fullmatch(k)}
        return {**kept, **self.installed_pants.env}

    def start(self, *args: str, stderr: IO[bytes] | None = None) -> subprocess.Popen[str]:
        """A run that goes on until it is interrupted; the caller reads its stdout and ends it."""
        return subprocess.Popen(
            self._command(*args),
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    def pants(self, *args: str, env: Mapping[str, str] | None = None) -> PantsRun:
        run = subprocess.run(
            self._command(*args),
            cwd=self.folder,
            env={**self._environment(), **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=1500,
        )
        return PantsRun(
            run.returncode, run.stdout.decode(errors="replace"), run.stderr.decode(errors="replace")
        )

    def succeed(self, *args: str) -> PantsRun:
        run = self.pants(*args)
        assert run.exit_code == 0, run.stderr
        return run

    def fail(self, *args: str) -> str:
        """What a run that must fail says; nothing may have been written to `dist/` by it."""
        before = self.dist_hashes()
        run = self.pants(*args)
        assert run.exit_code != 0, run.stderr
        assert self.dist_hashes() == before
        return run.stderr

    def json(self, path: str) -> Any:
        return json.loads((self.folder / "dist" / path).read_text())

    def dist_hashes(self) -> dict[str, str]:
        """The sha256 of every file in `dist/`, by its path in there."""
        return file_hashes(self.folder / "dist")

    def close(self) -> None:
        """Stops the workspace's daemon."""
        for pid_file in (self.folder / ".pids").glob("*/pantsd/pid"):
            try:
                os.kill(int(pid_file.read_text()), signal.SIGTERM)
            except ProcessLookupError:
                pass
