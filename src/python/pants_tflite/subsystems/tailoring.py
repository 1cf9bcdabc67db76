# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which targets `pants tailor` proposes."""

from __future__ import annotations

from pants.option.option_types import BoolOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap


class Tailoring(Subsystem):
    options_scope = "tflite-tailor"
    name = "tailor for TensorFlow Lite"
    help = "Which targets of this backend `pants tailor` proposes."

    tailor_model_files = BoolOption(
        default=True,
        help=softwrap(
            """
            Whether `pants tailor` proposes a `tflite_file` for each `.tflite` file, a `keras_file` for each
            `.keras`, `.h5` or `.hdf5` file that holds a Keras model, and a `tf_saved_model_files` for each
            folder with a `saved_model.pb`.

            Defaults to true.

            Example: `tailor_model_files = false`.
            """
        ),
        advanced=True,
    )
    tailor_functions = BoolOption(
        default=True,
        help=softwrap(
            """
            Whether `pants tailor` proposes a `tf_saved_model` for each function that returns a model, and
            a `tflite_dataset` for each that yields samples.

            Defaults to true.

            Example: `tailor_functions = false`.
            """
        ),
        advanced=True,
    )
    tailor_custom_ops = BoolOption(
        default=True,
        help=softwrap(
            """
            Whether `pants tailor` proposes a `tflite_custom_op` for each function in C or C++ that
            registers a kernel.

            Defaults to true.

            Example: `tailor_custom_ops = false`.
            """
        ),
        advanced=True,
    )
