# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The platforms and the name that a `tflite_linux_archive` may have."""

from __future__ import annotations

import os
import re
from typing import Optional, Sequence

from pants.engine.addresses import Address

from pants_tflite.errors import Mistake
from pants_tflite.linux.target_types import PLATFORMS, LinuxArchiveNameField, LinuxPlatformsField

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_FOREIGN = re.compile(r"[^A-Za-z0-9._-]")


def default_archive_name(address: Address) -> str:
    """The names of the directory and the target, only one of them if they are the same."""
    directory = os.path.basename(address.spec_path)
    parts = [directory] if directory else []
    if address.target_name != directory:
        parts.append(address.target_name)
    return _FOREIGN.sub("_", "_".join(parts))


def check_archive_name(address: Address, value: Optional[str]) -> str:
    """The archives' name; raises if a file and a directory cannot have it."""
    name = default_archive_name(address) if value is None else value
    if not _NAME.fullmatch(name):
        raise Mistake(
            message=(
                "the name must be of at most 100 letters, digits, `.`, `_` and `-`, and begin with "
                "a letter or digit"
            ),
            fix='Name the archive, as in `archive_name="pet-camera"`.',
            field=LinuxArchiveNameField.alias,
            value=name,
        ).at(address)
    return name


def check_platforms(address: Address, values: Optional[Sequence[str]]) -> tuple[str, ...]:
    """The platforms, sorted; raises if there are none or one is unknown."""
    field = LinuxPlatformsField.alias
    if not values:
        raise Mistake(
            message="the archive is for no platform",
            fix=f"Give at least one of {', '.join(PLATFORMS)}, or leave the field out.",
            field=field,
        ).at(address)
    for value in values:
        if value not in PLATFORMS:
            raise Mistake(
                message=f"LiteRT's Python package is only published for {' and '.join(PLATFORMS)}",
                fix="Give these, or build LiteRT for the device and package the `.tflite` itself.",
                field=field,
                value=value,
            ).at(address)
    return tuple(sorted(set(values)))
