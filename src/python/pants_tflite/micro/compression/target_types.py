# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The field of a `tflite_micro_library` that is about compression."""

from __future__ import annotations

from pants.util.strutil import help_text

from pants_tflite.fields import OptionalChoiceField

LUT = "lut"


class MicroCompressionField(OptionalChoiceField):
    alias = "compression"
    valid_choices = (LUT,)
    help = help_text(
        """
        How TFLite Micro's own tool compresses the models: `lut` replaces int8 weights of few different
        values by indices into look-up tables, which the op DECODE reads at run time. Flash is won, and
        tensor arena and time are lost. A compressed model must compute the same as before to the last
        bit. A model that wins nothing stays as it is, with a warning; it is an error if none wins.

        Defaults to none.

        Example: `compression="lut"`.
        """
    )
