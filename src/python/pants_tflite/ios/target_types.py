# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The target `tflite_ios_framework` and its fields."""

from __future__ import annotations

from pants.engine.target import StringField, Target
from pants.util.strutil import help_text

from pants_tflite.bundles.fields import COMMON_BUNDLE_FIELDS


class BundleIdField(StringField):
    alias = "bundle_id"
    value: str
    required = True
    help = help_text(
        """
        The bundle identifier of the framework, in reverse-DNS form: two or more parts of letters,
        digits and `-`, with dots between them.

        Example: `bundle_id="org.example.CatsVsDogs"`.
        """
    )


class FrameworkNameField(StringField):
    alias = "framework"
    help = help_text(
        """
        The name of the framework, which is that of its C module and what the names of its C
        functions and Swift types begin with: a letter, then letters, digits and `_`.

        Defaults to the last part of the `bundle_id`, with `_` for `-`.

        Example: `framework="CatsVsDogs"`.
        """
    )


class MinIosField(StringField):
    alias = "min_ios"
    value: str
    default = "13.0"
    help = help_text(
        """
        The oldest iOS that the framework is for: two or three numbers, 12.0 at least. A simulator
        on an Apple processor begins with 14.0, whatever this says.

        Defaults to 13.0.

        Example: `min_ios="15.0"`.
        """
    )


class TfLiteIosFrameworkTarget(Target):
    alias = "tflite_ios_framework"
    core_fields = (*COMMON_BUNDLE_FIELDS, BundleIdField, FrameworkNameField, MinIosField)
    help = help_text(
        """
        Models as an XCFramework of static frameworks, for devices and for simulators, and as a
        Swift package that carries them as resources, with typed accessors.

        Info.plist holds the three numbers of `version` alone, since Apple's tools take no
        pre-release there; everything else says the whole version.
        """
    )
