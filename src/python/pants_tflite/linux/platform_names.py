# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The platforms and the name that a `tflite_linux_archive` may have."""

from __future__ import annotations

import os
import re

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


def check_archive_name(field: LinuxArchiveNameField) -> str:
    """The archives' name. Raises if it cannot be that of a file and a directory."""
    name = default_archive_name(field.address) if field.value is None else field.value
    if not _NAME.fullmatch(name):
        raise Mistake.of(
            field,
            message=(
                "the name must be of at most 100 letters, digits, `.`, `_` and `-`, and begin with "
                "a letter or digit"
            ),
            fix='Name the archive, as in `archive_name="pet-camera"`.',
            value=name,
        )
    return name


def check_platforms(field: LinuxPlatformsField) -> tuple[str, ...]:
    """The platforms, sorted. Raises if there are none or one is unknown."""
    if not field.value:
        raise Mistake.of(
            field,
            message="the archive is for no platform",
            fix=f"Give at least one of {', '.join(PLATFORMS)}, or leave the field out.",
        )
    for value in field.value:
        if value not in PLATFORMS:
            raise Mistake.of(
                field,
                message=f"LiteRT's Python package is published only for {' and '.join(PLATFORMS)}",
                fix="Give these, or build LiteRT for the device and package the `.tflite` itself.",
                value=value,
            )
    return tuple(sorted(set(field.value)))
