# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The options of the linter `tflite-op-coverage`."""

from __future__ import annotations

from pants.option.option_types import BoolOption, DictOption, StrListOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap


class TfLiteOpCoverage(Subsystem):
    options_scope = "tflite-op-coverage"
    name = "op coverage of models"
    help = softwrap(
        """
        A linter of `tflite_model`s and `tflite_file`s, which `pants_tflite.lint.op_coverage` in
        `backend_packages` turns on. It asks the runtime of each bundle that takes a model whether it takes
        the model's ops. A model in no bundle is asked about if `runtimes` names some.
        """
    )

    skip = BoolOption(
        default=False,
        help=softwrap(
            """
            Whether `pants lint` skips this linter.

            Defaults to false.

            Example: `skip = true`.
            """
        ),
    )
    runtimes = StrListOption(
        help=softwrap(
            """
            Runtimes to ask about all models, whatever bundle takes them: `litert`, those of
            `[tflite-runtimes]`, `gpu`, which is LiteRT's GPU accelerator on a Vulkan driver of this machine, and
            those of other backends, such as `micro` and `ethos-u55-128`.

            Defaults to none.

            Example: `runtimes = ["litert", "tflite_runtime_2_14"]`.
            """
        ),
    )
    bundle_runtimes = DictOption[str](
        default={},
        help=softwrap(
            """
            The runtime to ask about the models of all bundles of a kind, by the kind's name, in place of
            the one that the linter takes for it: `micro` for `tflite_micro_library`, `litert` for
            `tflite_linux_archive`, and for apps the newest that can be asked here and is not newer than
            theirs.

            Defaults to none.

            Example: `bundle_runtimes = {tflite_android_library = "tensorflow_2_16"}`, with a lockfile of
            that name in `[tflite-runtimes].lockfiles`.
            """
        ),
    )
