# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The fields that every bundle target has."""

from __future__ import annotations

from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    AsyncFieldMixin,
    BoolField,
    Dependencies,
    DictStringToStringField,
    StringField,
)
from pants.util.strutil import help_text

from pants_tflite.compat import EnvironmentField
from pants_tflite.fields import AddressesField, NamedAddressesField
from pants_tflite.target_types import OutputDirectoryField


class BundleModelsField(AddressesField):
    alias = "models"
    target_aliases = ("tflite_model", "tflite_file")
    required = True
    help = help_text(
        """
        The addresses of the `tflite_model`s and `tflite_file`s that the bundle carries.

        In the bundle, a `tflite_model` is named after its directory and a `tflite_file` after its
        target; `model_names` gives other names.

        Example: `models=[":tflite@quantization=int8", "//models/sine:tflite@quantization=int8"]`.
        """
    )


class BundleModelNamesField(DictStringToStringField):
    alias = "model_names"
    help = help_text(
        """
        Names for models in the bundle, keyed by their addresses as written in `models`. A name
        consists of lower-case letters, digits and `_` and begins with a letter, since it becomes
        part of file names and of identifiers in the device's language.

        Defaults to the names that `models` describes.

        Example: `model_names={":tflite@quantization=int8": "digits_int8"}`.
        """
    )


class BundleLabelsField(NamedAddressesField):
    alias = "labels"
    target_aliases = ("file",)
    help = help_text(
        """
        Label files, keyed by the models' names in the bundle. Each value is the address of a `file`
        target with one label per line, in the order of the model's scores.

        Defaults to none.

        Example: `labels={"cats_vs_dogs": ":labels"}`, with `file(name="labels",
        source="labels.txt")` in the BUILD file.
        """
    )


class BundleVersionField(StringField, AsyncFieldMixin):
    alias = "version"
    value: str
    default = "0.1.0"
    help = help_text(
        """
        The version of the bundle, as in Semantic Versioning: three numbers, optionally followed by
        a `-` and a pre-release label.

        Defaults to 0.1.0.

        Example: `version="1.4.0"`.
        """
    )


class BundleGoldenField(BoolField):
    """Of the bundles whose models an interpreter reads from a file."""

    alias = "golden"
    default = False
    help = help_text(
        """
        Whether the golden vectors of the models go along, and a self-test that replays them on the
        device and names each output that is not what it was in the build: `self_test.py` in an
        archive for Linux; a class `SelfTest` in a library for Android that has the `java_api`;
        `SelfTest/<framework>SelfTest.swift` in a package for iOS.

        Defaults to False.

        Example: `golden=True`.
        """
    )


# The fields of every bundle target, which come before its own.
COMMON_BUNDLE_FIELDS = (
    *COMMON_TARGET_FIELDS,
    Dependencies,
    BundleModelsField,
    BundleModelNamesField,
    BundleLabelsField,
    BundleVersionField,
    EnvironmentField,
    OutputDirectoryField,
)
