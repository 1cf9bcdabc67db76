# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The target `tflite_linux_archive` and its fields."""

from __future__ import annotations

from pants.engine.target import (
    AsyncFieldMixin,
    StringField,
    StringSequenceField,
    Target,
)
from pants.util.strutil import help_text

from pants_tflite.bundles.fields import COMMON_BUNDLE_FIELDS, BundleGoldenField
from pants_tflite.fields import AddressField, ChoiceField

# Those that ai-edge-litert, which runs the models there, has wheels for.
PLATFORMS = ("linux_aarch64", "linux_x86_64")
TAR_GZ = "tar.gz"
DEB = "deb"
MODELS_DIRECTORY = "models"
_PLATFORMS_LIST = " and ".join(PLATFORMS)


class LinuxPlatformsField(StringSequenceField, AsyncFieldMixin):
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


class LinuxArchiveNameField(StringField, AsyncFieldMixin):
    alias = "archive_name"
    help = help_text(
        """
        The name of the archives: `<archive_name>-<version>-<platform>.tar.gz`, with one directory
        of that name inside. It consists of letters, digits, `.`, `_` and `-` and begins with a
        letter or digit. With `format="deb"` it is the name of the package, which dpkg wants in
        lower-case letters, digits, `-` and `.`.

        Defaults to the names of the directory and the target with a `_` between them, such as
        `cats_vs_dogs_raspberry_pi`, or `cats-vs-dogs-raspberry-pi` as a package.

        Example: `archive_name="pet-camera"`.
        """
    )


class LinuxFormatField(ChoiceField):
    alias = "format"
    default = TAR_GZ
    valid_choices = (TAR_GZ, DEB)
    help = help_text(
        """
        What to write for each platform: `tar.gz`, an archive to unpack anywhere, or `deb`, a
        package for Debian and its relatives, `<archive_name>_<version>_<architecture>.deb`. It
        installs into `/usr/lib/<archive_name>`, and needs a `maintainer`. The package says what
        `description` says: the first line in lists of packages, the others to who asks for them.

        Defaults to `tar.gz`.

        Example: `format="deb"`.
        """
    )


_ONLY_DEB = 'Only archives with `format="deb"` have it.'


class LinuxMaintainerField(StringField, AsyncFieldMixin):
    alias = "maintainer"
    help = help_text(
        f"""
        Who looks after the package: a name, and an e-mail address in `<>`. {_ONLY_DEB}

        Defaults to nobody, which a package must not have.

        Example: `maintainer="Example Inc. <devices@example.org>"`.
        """
    )


class LinuxUrlField(StringField, AsyncFieldMixin):
    alias = "url"
    help = help_text(
        f"""
        The address of the package's web page. {_ONLY_DEB}

        Defaults to none.

        Example: `url="https://example.org/pet-camera"`.
        """
    )


class LinuxCopyrightField(AddressField):
    alias = "copyright"
    target_aliases = ("file",)
    help = help_text(
        f"""
        The address of a `file` that says who owns the models and how they are licensed, the
        `debian/copyright` of other packages. {_ONLY_DEB}

        Defaults to a file that says it of the Python program, and of the models that nothing is
        stated.

        Example: `copyright=":copyright"`.
        """
    )


class TfLiteLinuxArchiveTarget(Target):
    alias = "tflite_linux_archive"
    core_fields = (
        *COMMON_BUNDLE_FIELDS,
        LinuxPlatformsField,
        LinuxArchiveNameField,
        LinuxFormatField,
        BundleGoldenField,
        LinuxMaintainerField,
        LinuxUrlField,
        LinuxCopyrightField,
    )
    help = help_text(
        """
        Models for embedded Linux: a `.tar.gz` or a Debian package for each platform with the
        models, their labels and descriptions, a manifest, and a Python program that runs them with
        LiteRT. If models have custom ops, their kernels are included, built for the glibc versions
        in `[zig].glibc`.
        """
    )


def target_types() -> tuple[type[Target], ...]:
    return (TfLiteLinuxArchiveTarget,)
