# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A `tflite_android_library`'s own fields, checked before anything is built."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Optional, Sequence

from pants.engine.addresses import Address

from pants_tflite.android.maven import MavenCoordinates
from pants_tflite.android.target_types import (
    ABIS,
    LOWEST_MIN_SDK,
    LOWEST_NATIVE_MIN_SDK,
    AndroidAbisField,
    AndroidPackageField,
    MavenArtifactField,
    MavenGroupField,
    MavenRuntimeField,
    MinSdkField,
    RuntimeLibraryField,
)
from pants_tflite.bundles.fields import BundleVersionField
from pants_tflite.bundles.names import check_version
from pants_tflite.errors import Mistake

# The runtime that error messages suggest.
_EXAMPLE_RUNTIME = MavenRuntimeField.default
_PACKAGE_PART = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_GROUP = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
# Android's asset packager leaves out folders whose names begin otherwise.
_ARTIFACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# One version: neither a range nor "latest".
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# The names of libraries that Android's packager puts into an app, and its loader finds.
_LIBRARY = re.compile(r"lib[A-Za-z0-9_.+-]+\.so")
_JAVA_WORDS = frozenset(
    "abstract assert boolean break byte case catch char class const continue default do double else"
    " enum extends false final finally float for goto if implements import instanceof int interface"
    " long native new null package private protected public return short static strictfp super"
    " switch synchronized this throw throws transient true try void volatile while".split()
)


@dataclass(frozen=True)
class AndroidSettings:
    """What the fields say. `abis` are sorted."""

    package: str
    abis: tuple[str, ...]
    min_sdk: int
    coordinates: MavenCoordinates
    runtime: MavenCoordinates
    runtime_library: str


def default_artifact(address: Address) -> str:
    """The names of a target's directory and of itself, without characters that are not allowed."""
    names = (os.path.basename(address.spec_path), address.target_name)
    text = re.sub(r"[^A-Za-z0-9_.-]", "_", "-".join(name for name in names if name))
    return text.lstrip("_.-")


def check_package(address: Address, package: str) -> str:
    """The package; raises if it is not one, or if Java or Android refuses it."""
    parts = package.split(".")
    message = ""
    if len(parts) < 2:
        message = "a package has two parts at least"
    for part in parts:
        if not _PACKAGE_PART.fullmatch(part):
            message = f"{part!r} is not an identifier that Java and Android take"
        elif part in _JAVA_WORDS:
            message = f"{part!r} is a word of the Java language"
    if message:
        raise Mistake(
            message=message,
            fix=(
                "Write letters, digits and `_`, with a letter first in each part, as in "
                "`org.example.digits`."
            ),
            field=AndroidPackageField.alias,
            value=package,
        ).at(address)
    return package


def check_abis(address: Address, abis: Sequence[str]) -> tuple[str, ...]:
    """The ABIs, sorted; raises if there are none, or if one is unknown or repeated."""
    for abi in abis:
        if abi not in ABIS:
            raise Mistake(
                message="Android has no such ABI that TensorFlow Lite runs on",
                fix=f"Choose among {', '.join(ABIS)}.",
                field=AndroidAbisField.alias,
                value=abi,
            ).at(address)
    if not abis or len(set(abis)) < len(abis):
        raise Mistake(
            message="there are no ABIs, or one is there twice",
            fix=f"Choose among {', '.join(ABIS)}, or leave the field out for all of them.",
            field=AndroidAbisField.alias,
            value=", ".join(abis),
        ).at(address)
    return tuple(sorted(abis))


def check_min_sdk(address: Address, min_sdk: int) -> int:
    """The API level; raises if TensorFlow Lite does not run on so old an Android."""
    if min_sdk < LOWEST_MIN_SDK:
        raise Mistake(
            message=f"TensorFlow Lite needs API level {LOWEST_MIN_SDK} at least",
            fix=f"Give {LOWEST_MIN_SDK} or more, or leave the field out for {MinSdkField.default}.",
            field=MinSdkField.alias,
            value=str(min_sdk),
        ).at(address)
    return min_sdk


def check_native_min_sdk(address: Address, min_sdk: int) -> None:
    """Raises if kernels cannot be built for so old an Android."""
    if min_sdk < LOWEST_NATIVE_MIN_SDK:
        raise Mistake(
            message=(
                "the models have custom ops, whose kernels need API level "
                f"{LOWEST_NATIVE_MIN_SDK} at least"
            ),
            fix=(
                f"Give {LOWEST_NATIVE_MIN_SDK} or more, or leave the field out for "
                f"{MinSdkField.default}."
            ),
            field=MinSdkField.alias,
            value=str(min_sdk),
        ).at(address)


def check_runtime_library(address: Address, library: str) -> str:
    """The library's name; raises if no library of that name can be in an app."""
    if not _LIBRARY.fullmatch(library):
        raise Mistake(
            message="that is not the file name of a shared library in an app",
            fix=f"Write only the name, as in `{RuntimeLibraryField.default}`.",
            field=RuntimeLibraryField.alias,
            value=library,
        ).at(address)
    return library


def check_coordinates(
    address: Address, package: str, group: Optional[str], artifact: Optional[str], version: str
) -> MavenCoordinates:
    """The library's Maven coordinates; raises if Maven refuses them."""
    coordinates = MavenCoordinates(
        package if group is None else group,
        default_artifact(address) if artifact is None else artifact,
        check_version(address, version),
    )
    if not _GROUP.fullmatch(coordinates.group):
        raise Mistake(
            message="that is not the name of a Maven group",
            fix="Write names of letters, digits, `_` and `-` with dots between.",
            field=MavenGroupField.alias,
            value=coordinates.group,
        ).at(address)
    if not _ARTIFACT.fullmatch(coordinates.artifact):
        raise Mistake(
            message="that is not the name of a Maven artifact and of a folder of assets",
            fix="Write letters, digits, `_`, `.` and `-`, with a letter or digit first.",
            field=MavenArtifactField.alias,
            value=coordinates.artifact,
        ).at(address)
    if coordinates.version.upper().endswith("-SNAPSHOT"):
        raise Mistake(
            message="Maven takes a snapshot for a version whose content changes",
            fix="Give a version that stands only for these bytes, such as `1.4.0-rc.1`.",
            field=BundleVersionField.alias,
            value=coordinates.version,
        ).at(address)
    return coordinates


def check_runtime(address: Address, runtime: str) -> MavenCoordinates:
    """The coordinates; raises if they are malformed or name no single version."""
    parts = runtime.split(":")
    patterns = (_GROUP, _ARTIFACT, _VERSION)
    if len(parts) != 3 or not all(p.fullmatch(part) for p, part in zip(patterns, parts)):
        raise Mistake(
            message="those are not the Maven coordinates `group:artifact:version` of one release",
            fix=f"Write them out, as in `{_EXAMPLE_RUNTIME}`, without a range or a `+`.",
            field=MavenRuntimeField.alias,
            value=runtime,
        ).at(address)
    return MavenCoordinates(*parts)
