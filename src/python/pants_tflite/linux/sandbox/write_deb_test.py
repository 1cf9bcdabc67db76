# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Packages, read, checked and installed by Debian's own tools."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.linux.sandbox.write_deb import render_control, write_deb
from pants_tflite.linux.sandbox.write_deb_protocol import DebRequest

CONTROL = (
    ("Package", "pet-models"),
    ("Version", "1.4.0~rc.1"),
    ("Architecture", "arm64"),
    ("Maintainer", "The Pets <pets@example.org>"),
    ("Depends", "python3"),
    ("Section", "science"),
    ("Priority", "optional"),
    ("Description", "TensorFlow Lite models of pets\nCats, and dogs.\n\nNothing else."),
)
CHANGELOG = """\
pet-models (1.4.0~rc.1) unstable; urgency=medium

  * Release.

 -- The Pets <pets@example.org>  Tue, 01 Jan 1980 00:00:00 +0000
"""
# Without `find`, the folder of what Python compiled would stay when the package goes.
PRERM = """\
#!/bin/sh
set -e
find "$DPKG_ROOT/usr/share/pet-models" -name __pycache__ -type d -prune -exec rm -rf {} +
"""
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2026 The Pets
License: Apache-2.0
 On Debian systems, the full text is in /usr/share/common-licenses/Apache-2.0.
"""


def needs(command: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        shutil.which(command) is None, reason=f"needs {command} (Debian: {package})"
    )


def ask(root: Path) -> DebRequest:
    return DebRequest(
        directory=str(root),
        filename="pets.deb",
        control=CONTROL,
        copyright=COPYRIGHT,
        changelog=CHANGELOG,
        scripts=(("prerm", PRERM),),
    )


@pytest.fixture
def deb(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for path, text in {
        "usr/share/pet-models/models/cat.tflite": "model",
        "usr/share/pet-models/predict.py": "#!/usr/bin/python3\nprint('cat')\n",
        "usr/share/doc/pet-models/README.md": "# Pets\n",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "usr/share/pet-models/predict.py").chmod(0o755)
    request = ask(root)
    package = tmp_path / "pets.deb"
    package.write_bytes(write_deb(request))
    assert write_deb(request) == package.read_bytes()
    return package


def _run(*command: str | Path) -> str:
    result = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        # dpkg looks for programs of the system's administrator.
        env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


@needs("dpkg-deb", "dpkg")
def test_dpkg_reads_the_package(deb: Path) -> None:
    assert _run("dpkg-deb", "-f", deb, "Package", "Version", "Architecture") == (
        "Package: pet-models\nVersion: 1.4.0~rc.1\nArchitecture: arm64\n"
    )
    contents = _run("dpkg-deb", "-c", deb).splitlines()
    assert [line.split()[-1] for line in contents][:4] == [
        "./",
        "./usr/",
        "./usr/share/",
        "./usr/share/doc/",
    ]
    assert all(line.split()[1] == "root/root" for line in contents)
    assert all("1980-01-01" in line for line in contents)


@needs("lintian", "lintian")
def test_lintian_has_nothing_to_say(deb: Path) -> None:
    assert _run("lintian", "--allow-root", "--fail-on=error,warning", deb) == ""


@needs("dpkg", "dpkg")
def test_dpkg_installs_verifies_and_removes(deb: Path, tmp_path: Path) -> None:
    system = tmp_path / "system"
    for folder in ("info", "updates", "triggers"):
        (system / "var/lib/dpkg" / folder).mkdir(parents=True)
    for file in ("status", "available"):
        (system / "var/lib/dpkg" / file).touch()
    dpkg = ("dpkg", "--root", system, "--force-not-root,script-chrootless,depends,architecture")
    _run(*dpkg, "--log=/dev/null", "--install", deb)
    assert (system / "usr/share/pet-models/models/cat.tflite").read_text() == "model"
    assert (system / "usr/share/pet-models/predict.py").stat().st_mode & 0o777 == 0o755
    _run(*dpkg, "--log=/dev/null", "--verify", "pet-models")
    compiled = system / "usr/share/pet-models/models/__pycache__"
    compiled.mkdir()
    (compiled / "predict.pyc").touch()
    _run(*dpkg, "--log=/dev/null", "--purge", "pet-models")
    assert not (system / "usr/share/pet-models").exists()


def test_times_masks_and_places_do_not_matter(deb: Path, tmp_path: Path) -> None:
    other = tmp_path / "another"
    shutil.copytree(tmp_path / "root", other)
    for path in other.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
        path.chmod(0o700 if path.is_dir() or path.name == "predict.py" else 0o600)
    request = ask(other)
    assert write_deb(request) == deb.read_bytes()
    (other / "usr/share/pet-models/models/cat.tflite").write_text("Model")
    assert write_deb(request) != deb.read_bytes()


def test_empty_lines_of_a_description_have_a_dot() -> None:
    assert render_control(CONTROL[-1:]) == (
        "Description: TensorFlow Lite models of pets\n Cats, and dogs.\n .\n Nothing else.\n"
    )
