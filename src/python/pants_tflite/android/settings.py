# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A `tflite_android_library`'s own fields, checked before anything is built."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.target import StringField

from pants_tflite.android.maven import MavenCoordinates
from pants_tflite.android.target_types import (
    ABIS,
    CUSTOM_OPS_RUNTIME,
    DEFAULT_RUNTIME,
    LOWEST_MIN_SDK,
    LOWEST_NATIVE_MIN_SDK,
    SELECT_TF_OPS_VERSION,
    AndroidAbisField,
    AndroidPackageField,
    MavenArtifactField,
    MavenGroupField,
    MavenRuntimeField,
    MinSdkField,
    RuntimeLibraryField,
    SelectTfOpsRuntimeField,
)
from pants_tflite.bundles.fields import BundleVersionField
from pants_tflite.bundles.names import check_version
from pants_tflite.errors import Mistake

_PACKAGE_PART = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_GROUP = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_ARTIFACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# One version: neither a range nor "latest".
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_TENSORFLOW_LITE = ("org.tensorflow", "tensorflow-lite")
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
    runtime_library: str


def default_artifact(address: Address) -> str:
    """The names of a target's directory and of itself, without characters that are not allowed."""
    names = (os.path.basename(address.spec_path), address.target_name)
    text = re.sub(r"[^A-Za-z0-9_.-]", "_", "-".join(name for name in names if name))
    return text.lstrip("_.-")


def check_package(field: AndroidPackageField) -> str:
    """The package. Raises if it is not one, or one that Java or Android refuses."""
    parts = field.value.split(".")
    message = ""
    if len(parts) < 2:
        message = "a package has two parts at least"
    for part in parts:
        if not _PACKAGE_PART.fullmatch(part):
            message = f"{part!r} is not an identifier that Java and Android take"
        elif part in _JAVA_WORDS:
            message = f"{part!r} is a word of the Java language"
    if message:
        raise Mistake.of(
            field,
            message=message,
            fix=(
                "Write letters, digits and `_`, with a letter first in each part, as in "
                "`org.example.digits`."
            ),
        )
    return field.value


def check_abis(field: AndroidAbisField) -> tuple[str, ...]:
    """The ABIs, sorted. Raises if one is unknown or there twice, or there are none."""
    abis = field.value
    for abi in abis:
        if abi not in ABIS:
            raise Mistake.of(
                field,
                message="Android has no such ABI that TensorFlow Lite runs on",
                fix=f"Choose among {', '.join(ABIS)}.",
                value=abi,
            )
    if not abis or len(set(abis)) < len(abis):
        raise Mistake.of(
            field,
            message="there are no ABIs, or one is there twice",
            fix=f"Choose among {', '.join(ABIS)}, or leave the field out for all of them.",
            value=", ".join(abis),
        )
    return tuple(sorted(abis))


def check_min_sdk(field: MinSdkField) -> int:
    """The API level. Raises if TensorFlow Lite does not run on so old an Android."""
    if field.value < LOWEST_MIN_SDK:
        raise Mistake.of(
            field,
            message=f"TensorFlow Lite needs API level {LOWEST_MIN_SDK} at least",
            fix=f"Give {LOWEST_MIN_SDK} or more, or leave the field out for {MinSdkField.default}.",
        )
    return field.value


def check_native_min_sdk(field: MinSdkField) -> None:
    """Raises if kernels cannot be built for so old an Android."""
    if field.value < LOWEST_NATIVE_MIN_SDK:
        raise Mistake.of(
            field,
            message=(
                "the models have custom ops, whose kernels need API level "
                f"{LOWEST_NATIVE_MIN_SDK} at least"
            ),
            fix=(
                f"Give {LOWEST_NATIVE_MIN_SDK} or more, or leave the field out for "
                f"{MinSdkField.default}."
            ),
        )


def check_runtime_library(field: RuntimeLibraryField) -> str:
    """The library's name. Raises if no library in an app can have it."""
    if not _LIBRARY.fullmatch(field.value):
        raise Mistake.of(
            field,
            message="that is not the file name of a shared library in an app",
            fix=f"Write the name alone, as in `{field.default}`.",
        )
    return field.value


def check_coordinates(
    package: str,
    group: MavenGroupField,
    artifact: MavenArtifactField,
    version: BundleVersionField,
) -> MavenCoordinates:
    """What the library is published as. Raises if Maven does not take it."""
    coordinates = MavenCoordinates(
        package if group.value is None else group.value,
        default_artifact(artifact.address) if artifact.value is None else artifact.value,
        check_version(version.address, version.value),
    )
    if not _GROUP.fullmatch(coordinates.group):
        raise Mistake.of(
            group,
            message="that is not the name of a Maven group",
            fix="Write names of letters, digits, `_` and `-` with dots between.",
            value=coordinates.group,
        )
    if not _ARTIFACT.fullmatch(coordinates.artifact):
        raise Mistake.of(
            artifact,
            message="that is not the name of a Maven artifact",
            fix="Write letters, digits, `_`, `.` and `-`, with a letter or digit first.",
            value=coordinates.artifact,
        )
    if coordinates.version.upper().endswith("-SNAPSHOT"):
        raise Mistake.of(
            version,
            message="Maven takes a snapshot for a version whose content changes",
            fix="Give a version that stands for these bytes only, such as `1.4.0-rc.1`.",
        )
    return coordinates


def check_runtime(
    field: MavenRuntimeField, *, custom_ops: bool = False
) -> Optional[MavenCoordinates]:
    """The coordinates; None if the library is to depend on no runtime.

    Raises if they are not any, or not of a single version.
    """
    if field.value == "":
        return None
    default = CUSTOM_OPS_RUNTIME if custom_ops else DEFAULT_RUNTIME
    return _check_coordinates(field, default if field.value is None else field.value)


def check_runtimes_with_tensorflow(
    runtime: MavenRuntimeField, kernels: SelectTfOpsRuntimeField
) -> tuple[MavenCoordinates, ...]:
    """What runs models that take ops from TensorFlow: the runtime, and TensorFlow's kernels for it.

    Both must be of one version, for they share structures in memory. Raises if nothing says which
    the kernels are. A library that is to depend on no runtime depends on the named kernels alone.
    """
    found = check_runtime(runtime, custom_ops=True)
    if kernels.value is not None:
        named = _check_coordinates(kernels, kernels.value)
        return (named,) if found is None else (found, named)
    if found is None:
        return ()
    if runtime.value is None:
        found = MavenCoordinates(*_TENSORFLOW_LITE, SELECT_TF_OPS_VERSION)
    if (found.group, found.artifact) != _TENSORFLOW_LITE:
        raise Mistake.of(
            kernels,
            message=(
                "a model takes ops from TensorFlow, and it is not known which library has "
                f"TensorFlow's kernels for {found}"
            ),
            fix=f"Name it, or leave `{MavenRuntimeField.alias}` out.",
        )
    return found, replace(found, artifact=f"{found.artifact}-select-tf-ops")


def _check_coordinates(field: StringField, value: str) -> MavenCoordinates:
    parts = value.split(":")
    patterns = (_GROUP, _ARTIFACT, _VERSION)
    if len(parts) != 3 or not all(p.fullmatch(part) for p, part in zip(patterns, parts)):
        raise Mistake.of(
            field,
            message="those are not the Maven coordinates `group:artifact:version` of one release",
            fix=f"Write them out, as in `{CUSTOM_OPS_RUNTIME}`, without a range or a `+`.",
        )
    return MavenCoordinates(*parts)
