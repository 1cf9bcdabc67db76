# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a Debian package says of itself: checked, and as the files that dpkg reads. All of it is pure."""

from __future__ import annotations

import inspect
import re
import textwrap
from dataclasses import dataclass
from typing import Optional, Sequence, Union

from pants.engine.addresses import Address
from pants.engine.target import DescriptionField

from pants_tflite.bundles.fields import BundleVersionField
from pants_tflite.errors import Mistake
from pants_tflite.linux.platform_names import check_archive_name
from pants_tflite.linux.target_types import (
    DEB,
    LinuxArchiveNameField,
    LinuxCopyrightField,
    LinuxFormatField,
    LinuxMaintainerField,
    LinuxUrlField,
)

ARCHITECTURES = {"linux_aarch64": "arm64", "linux_x86_64": "amd64"}
# Debian Policy 5.6.1, 5.6.12 (a version without a revision has no hyphen) and 5.6.2.
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]+")
_MAINTAINER = re.compile(r"[^<>,\s](?:[^<>,]*[^<>,\s])? <[^<>@\s,]+@[^<>@\s,]+>")
_URL = re.compile(r"https?://[!-~]+")
# lintian refuses a longer first line of a description.
_LONGEST_SYNOPSIS = 80
_WIDTH = 72
_COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Contact: {maintainer}
Comment: The maintainer does not state who owns the models, nor how they are licensed.

Files: {folder}/*.py {folder}/pants_tflite/*
Copyright: 2026 the pants-tflite authors
License: Apache-2.0
 On Debian systems, the full text of the Apache License, Version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
"""
# Sorted and without a clock, as everything in a package is.
_CHANGELOG = """\
{name} ({version}) unstable; urgency=medium

  * Models and programs of version {version}.

 -- {maintainer}  Tue, 01 Jan 1980 00:00:00 +0000
"""
_PRERM = """\
#!/bin/sh
set -e
# What Python compiled of these modules for root is no file of the package.
find "$DPKG_ROOT/{folder}" -name __pycache__ -type d -prune -exec rm -rf {{}} +
"""


@dataclass(frozen=True)
class DebianPackage:
    """`version` is as dpkg orders them, with `~` before a pre-release. `description` has the lines
    after the first, the synopsis; it is empty if nothing was said."""

    name: str
    version: str
    maintainer: str
    url: Optional[str]
    synopsis: str
    description: str

    @property
    def folder(self) -> str:
        """Where it is installed, from the system's root."""
        return f"usr/lib/{self.name}"

    @property
    def documents(self) -> str:
        return f"usr/share/doc/{self.name}"

    @property
    def changelog(self) -> str:
        return _CHANGELOG.format(name=self.name, version=self.version, maintainer=self.maintainer)

    @property
    def copyright(self) -> str:
        """For who gives no such file."""
        return _COPYRIGHT.format(maintainer=self.maintainer, folder=self.folder)

    @property
    def scripts(self) -> tuple[tuple[str, str], ...]:
        return (("prerm", _PRERM.format(folder=self.folder)),)

    def filename(self, platform: str) -> str:
        return f"{self.name}_{self.version}_{ARCHITECTURES[platform]}.deb"

    def control(
        self, platform: str, *, models: Sequence[str], python: str, glibc: Optional[str]
    ) -> tuple[tuple[str, str], ...]:
        """The fields of `control`, in order. `python` is the oldest CPython, and `glibc` the oldest
        C library, which only kernels need: Python itself depends on one."""
        depends = [f"libc6 (>= {glibc})"] if glibc else []
        listed = ", ".join(models)
        synopsis = self.synopsis or f"TensorFlow Lite models: {listed}"
        if len(synopsis) > _LONGEST_SYNOPSIS:
            synopsis = "TensorFlow Lite models"
        description = self.description or textwrap.fill(
            f"The models {listed}, and a program that runs them with LiteRT."
            f" /{self.documents}/README.md says how to install that, and how to run them.",
            width=_WIDTH,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return (
            ("Package", self.name),
            ("Version", self.version),
            ("Architecture", ARCHITECTURES[platform]),
            ("Maintainer", self.maintainer),
            ("Depends", ", ".join((*depends, f"python3 (>= {python})"))),
            # A virtual environment is how README.md installs LiteRT, which Debian has no package of.
            ("Recommends", "python3-venv"),
            ("Section", "science"),
            ("Priority", "optional"),
            *((("Homepage", self.url),) if self.url else ()),
            ("Description", f"{synopsis}\n{description}"),
        )


def check_debian_package(
    format: LinuxFormatField,
    *,
    name: LinuxArchiveNameField,
    version: BundleVersionField,
    description: DescriptionField,
    maintainer: LinuxMaintainerField,
    url: LinuxUrlField,
    copyright: LinuxCopyrightField,
) -> Optional[DebianPackage]:
    """The package that the fields describe, None for another format. Raises if dpkg refuses a value,
    or if another format has no place for it."""
    if format.checked != DEB:
        for field in (maintainer, url, copyright):
            _refuse_elsewhere(field, format.checked)
        return None
    synopsis, text = _check_description(format.address, description)
    return DebianPackage(
        name=_check_name(name),
        version=_check_version(version),
        maintainer=_check_maintainer(maintainer),
        url=_check_url(url),
        synopsis=synopsis,
        description=text,
    )


def _refuse_elsewhere(
    field: Union[LinuxMaintainerField, LinuxUrlField, LinuxCopyrightField], format: str
) -> None:
    if field.value is not None:
        raise Mistake.of(
            field,
            message=f"an archive with the format {format} has no place for it",
            fix=f'Leave the field out, or set `{LinuxFormatField.alias}="{DEB}"`.',
        )


def _check_name(field: LinuxArchiveNameField) -> str:
    name = check_archive_name(field)
    if field.value is None:
        name = name.lower().replace("_", "-")
    if not _NAME.fullmatch(name):
        raise Mistake.of(
            field,
            message=(
                "dpkg takes names of two or more lower-case letters, digits, `-` and `.`, which begin "
                "with a letter or digit"
            ),
            fix=f'Name the package, as in `{field.alias}="pet-camera"`.',
            value=name,
        )
    return name


def _check_version(field: BundleVersionField) -> str:
    number, _, label = field.value.partition("-")
    if "-" in label:
        raise Mistake(
            message="dpkg takes what follows the last `-` for the revision of a package",
            fix=f'Write the label without `-`, as in `{field.alias}="{number}-rc.1"`.',
            field=field.alias,
            value=field.value,
        ).at(field.address)
    # dpkg sorts what begins with `~` before the version itself.
    return f"{number}~{label}" if label else number


def _check_maintainer(field: LinuxMaintainerField) -> str:
    value = field.value
    if value is None or not value.isprintable() or not _MAINTAINER.fullmatch(value):
        raise Mistake.of(
            field,
            message=(
                "a Debian package has a maintainer"
                if value is None
                else "a Debian package's maintainer is one name, with an e-mail address in `<>`"
            ),
            fix=f'Write it as in `{field.alias}="Jane Doe <jane@example.org>"`.',
        )
    return value


def _check_url(field: LinuxUrlField) -> Optional[str]:
    if field.value is not None and not _URL.fullmatch(field.value):
        raise Mistake.of(
            field,
            message="that is not a web address",
            fix=f'Write it as in `{field.alias}="https://example.org/pet-camera"`.',
        )
    return field.value


def _check_description(address: Address, field: DescriptionField) -> tuple[str, str]:
    synopsis, _, text = inspect.cleandoc(field.value or "").partition("\n")
    text = text.strip("\n")
    problem = ""
    if len(synopsis) > _LONGEST_SYNOPSIS:
        problem = f"its first line has more than {_LONGEST_SYNOPSIS} characters"
    elif not all(line.isprintable() for line in (synopsis, *text.splitlines())):
        problem = "it has unprintable characters"
    elif text and not synopsis:
        problem = "its first line is empty"
    if problem:
        raise Mistake(
            message=f"the description of a Debian package does not fit: {problem}",
            fix="Say in a short first line what it is, and more in the lines after an empty one.",
            field=field.alias,
            value=field.value,
        ).at(address)
    return synopsis, text
