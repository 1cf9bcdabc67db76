# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The target `tflite_ios_framework` and its fields."""

from __future__ import annotations

from pants.engine.target import AsyncFieldMixin, StringField, Target
from pants.util.strutil import help_text

from pants_tflite.bundles.fields import COMMON_BUNDLE_FIELDS, BundleGoldenField


class BundleIdField(StringField, AsyncFieldMixin):
    alias = "bundle_id"
    value: str
    required = True
    help = help_text(
        """
        The bundle identifier of the framework, in reverse-DNS form: two or more parts of letters,
        digits and `-`, separated by dots.

        Example: `bundle_id="org.example.CatsVsDogs"`.
        """
    )


class FrameworkNameField(StringField, AsyncFieldMixin):
    alias = "framework"
    help = help_text(
        """
        The name of the framework and of its C module; the names of its C functions and Swift types
        begin with it. It is a letter followed by letters, digits and `_`.

        Defaults to the last part of the `bundle_id`, with `_` in place of `-`.

        Example: `framework="CatsVsDogs"`.
        """
    )


class MinIosField(StringField, AsyncFieldMixin):
    alias = "min_ios"
    value: str
    default = "13.0"
    help = help_text(
        """
        The oldest iOS version that the framework runs on: two or three numbers, at least 12.0.
        Simulators on Apple processors start at 14.0, whatever this says.

        Defaults to 13.0.

        Example: `min_ios="15.0"`.
        """
    )


class TfLiteIosFrameworkTarget(Target):
    alias = "tflite_ios_framework"
    core_fields = (
        *COMMON_BUNDLE_FIELDS,
        BundleIdField,
        FrameworkNameField,
        MinIosField,
        BundleGoldenField,
    )
    help = help_text(
        """
        Models as an XCFramework of static frameworks, for devices and for simulators, and as a
        Swift package that carries them as resources, with typed accessors.

        Info.plist holds only the three numbers of `version`, since Apple's tools accept no
        pre-release label there. All other files have the whole version.
        """
    )
