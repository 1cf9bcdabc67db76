# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The target `tflite_linux_archive` and its fields."""

from __future__ import annotations

from pants.engine.target import StringField, StringSequenceField, Target
from pants.util.strutil import help_text

from pants_tflite.bundles.fields import COMMON_BUNDLE_FIELDS

# Those that ai-edge-litert, which runs the models there, has wheels for.
PLATFORMS = ("linux_aarch64", "linux_x86_64")
MODELS_DIRECTORY = "models"
_PLATFORMS_LIST = " and ".join(PLATFORMS)


class LinuxPlatformsField(StringSequenceField):
    alias = "platforms"
    default = PLATFORMS
    help = help_text(
        f"""
        The platforms to build archives for, one archive for each: any of {_PLATFORMS_LIST}, which
        are the platforms that LiteRT's Python package is published for.

        Defaults to both.

        Example: `platforms=["linux_aarch64"]`, a Raspberry Pi with a 64-bit system.
        """
    )


class LinuxArchiveNameField(StringField):
    alias = "archive_name"
    help = help_text(
        """
        The name of the archives: `<archive_name>-<version>-<platform>.tar.gz`, with one directory
        of that name inside. It consists of letters, digits, `.`, `_` and `-` and begins with a
        letter or digit.

        Defaults to the names of the directory and the target with a `_` between them, such as
        `cats_vs_dogs_raspberry_pi`.

        Example: `archive_name="pet-camera"`.
        """
    )


class TfLiteLinuxArchiveTarget(Target):
    alias = "tflite_linux_archive"
    core_fields = (*COMMON_BUNDLE_FIELDS, LinuxPlatformsField, LinuxArchiveNameField)
    help = help_text(
        """
        Models for embedded Linux: a `.tar.gz` for each platform with the models, their labels and
        descriptions, a manifest, and a Python program that runs them with LiteRT. If models have
        custom ops, their kernels are included, built for the glibc versions in `[zig].glibc`.
        """
    )


def target_types() -> tuple[type[Target], ...]:
    return (TfLiteLinuxArchiveTarget,)
