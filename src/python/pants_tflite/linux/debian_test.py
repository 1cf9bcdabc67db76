# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What dpkg refuses is refused before any model is built; dpkg itself is asked where there is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any, Optional

import pytest
from pants.engine.addresses import Address
from pants.engine.target import DescriptionField

from pants_tflite.bundles.fields import BundleVersionField
from pants_tflite.errors import TfLiteError
from pants_tflite.linux.debian import DebianPackage, check_debian_package
from pants_tflite.linux.target_types import (
    LinuxArchiveNameField,
    LinuxCopyrightField,
    LinuxFormatField,
    LinuxMaintainerField,
    LinuxUrlField,
)

MAINTAINER = "The Pets <pets@example.org>"


def package(folder: str = "pets", target: str = "box", **fields: Any) -> Optional[DebianPackage]:
    address = Address(folder, target_name=target)
    values = {"format": "deb", "maintainer": MAINTAINER, "version": "1.4.0", **fields}
    return check_debian_package(
        LinuxFormatField(values["format"], address),
        name=LinuxArchiveNameField(values.get("archive_name"), address),
        version=BundleVersionField(values["version"], address),
        description=DescriptionField(values.get("description"), address),
        maintainer=LinuxMaintainerField(values["maintainer"], address),
        url=LinuxUrlField(values.get("url"), address),
        copyright=LinuxCopyrightField(values.get("copyright"), address),
    )


def control(
    glibc: Optional[str] = None, models: tuple[str, ...] = ("cat", "dog"), **fields: Any
) -> dict[str, str]:
    found = package(**fields)
    assert found is not None
    return dict(found.control("linux_aarch64", models=models, python="3.10", glibc=glibc))


def test_the_fields_of_a_package() -> None:
    assert (
        control(
            archive_name="pet-box",
            version="1.4.0-rc.1",
            url="https://example.org/pets",
            description="""Models of pets

        Cats, and dogs.

        Nothing else.
        """,
        )
        == {
            "Package": "pet-box",
            "Version": "1.4.0~rc.1",
            "Architecture": "arm64",
            "Maintainer": MAINTAINER,
            "Depends": "python3 (>= 3.10)",
            "Recommends": "python3-venv",
            "Section": "science",
            "Priority": "optional",
            "Homepage": "https://example.org/pets",
            "Description": "Models of pets\nCats, and dogs.\n\nNothing else.",
        }
    )


def test_defaults() -> None:
    found = control(folder="Pet_Camera")
    assert (found["Package"], found["Version"]) == ("pet-camera-box", "1.4.0")
    synopsis, *lines = found["Description"].split("\n")
    assert synopsis == "TensorFlow Lite models: cat, dog"
    assert " ".join(lines).startswith("The models cat, dog, and a program that runs them")
    assert "Homepage" not in found


def test_many_models_do_not_fit_into_the_first_line() -> None:
    synopsis, *lines = control(models=tuple(f"model_{number}" for number in range(40)))[
        "Description"
    ].split("\n")
    assert synopsis == "TensorFlow Lite models"
    assert "model_39" in " ".join(lines) and max(map(len, lines)) <= 72


def test_kernels_need_a_c_library() -> None:
    assert control(glibc="2.28")["Depends"] == "libc6 (>= 2.28), python3 (>= 3.10)"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"archive_name": "Pets"}, "field `archive_name` = 'Pets': dpkg takes names of two or"),
        ({"archive_name": "pet_box"}, "field `archive_name` = 'pet_box': dpkg takes names"),
        ({"archive_name": "p"}, "field `archive_name` = 'p': dpkg takes names"),
        ({"archive_name": "../pets"}, "field `archive_name` = '../pets': the name must be of"),
        ({"version": "1.4.0-rc-1"}, "field `version` = '1.4.0-rc-1': dpkg takes what follows"),
        ({"maintainer": None}, "field `maintainer`: a Debian package has a maintainer"),
        ({"maintainer": "The Pets"}, "field `maintainer` = 'The Pets': a Debian package's"),
        ({"maintainer": "A\n <a@b.c>"}, "field `maintainer` = 'A\\n <a@b.c>': a Debian package's"),
        ({"maintainer": "A, B <a@b.c>"}, "field `maintainer` = 'A, B <a@b.c>': a Debian"),
        ({"url": "example.org"}, "field `url` = 'example.org': that is not a web address"),
        ({"url": "http://e.org/\nX: y"}, "field `url` = 'http://e.org/\\nX: y': that is not"),
        ({"description": "x" * 81}, "does not fit: its first line has more than 80 characters"),
        ({"description": "a\n\nb\x00"}, "does not fit: it has unprintable characters"),
        ({"format": "rpm"}, "field `format` = 'rpm': that is not one of the field's choices"),
        ({"format": "tar.gz"}, "field `maintainer` = 'The Pets <pets@example.org>': an archive"),
        ({"format": "tar.gz", "maintainer": None, "url": "http://e.org"}, "field `url` = 'http"),
    ],
)
def test_mistakes(fields: dict[str, Any], expected: str) -> None:
    with pytest.raises(TfLiteError) as error:
        package(**fields)
    text = str(error.value)
    assert text.startswith("pets:box, field `") and expected in text
    assert "\nFix: " in text


def test_another_format_has_no_package() -> None:
    assert package(format="tar.gz", maintainer=None) is None


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="needs dpkg (Debian: dpkg)")
@pytest.mark.parametrize(
    ("name", "version", "fits"),
    [
        ("pet-box", "1.4.0-rc.1", True),
        ("p2-c.d", "0.0.1-alpha.beta.2", True),
        ("pet_box", "1.4.0", False),
        ("-pets", "1.4.0", False),
    ],
)
def test_dpkg_agrees(tmp_path: Path, name: str, version: str, fits: bool) -> None:
    """On what is taken, and that a pre-release comes before its release."""
    try:
        found = package(archive_name=name, version=version)
    except TfLiteError:
        found = None
    assert (found is not None) is fits
    shown = found.version if found else version
    (tmp_path / "DEBIAN").mkdir()
    (tmp_path / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {shown}\nArchitecture: all\n"
        f"Maintainer: {MAINTAINER}\nDescription: pets\n"
    )
    run = subprocess.run(
        ["dpkg-deb", "--build", str(tmp_path), str(tmp_path / "x.deb")], capture_output=True
    )
    assert (run.returncode == 0) is fits, run.stderr
    if found and found.version != version:
        compared = ["dpkg", "--compare-versions", found.version, "lt", version.partition("-")[0]]
        assert subprocess.run(compared).returncode == 0


def test_the_documents_name_what_is_there() -> None:
    found = package(archive_name="pet-box")
    assert found is not None
    assert found.changelog.startswith("pet-box (1.4.0) unstable; urgency=medium\n")
    assert f"\nUpstream-Contact: {MAINTAINER}\n" in found.copyright
    assert "\nFiles: usr/lib/pet-box/*.py usr/lib/pet-box/pants_tflite/*\n" in found.copyright
    assert '\nfind "$DPKG_ROOT/usr/lib/pet-box" -name __pycache__' in dict(found.scripts)["prerm"]
