# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runtimes of TensorFlow Lite besides this LiteRT, each in an environment of its own."""

from __future__ import annotations

from typing import Mapping

from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex_requirements import Lockfile
from pants.option.option_types import DictOption, StrListOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap

# Those that come with the backend, from the oldest.
LOCKED_RUNTIMES = ("tflite_runtime_2_14", "litert_1_0", "litert_1_4")
_LOCK_PACKAGE = "pants_tflite.subsystems"


class TfLiteRuntimes(Subsystem):
    options_scope = "tflite-runtimes"
    help = softwrap(
        """
        Older runtimes of TensorFlow Lite, which are asked whether they take a model by loading it in them,
        each in a hash-locked environment of its own.
        """
    )

    lockfiles = DictOption[str](
        default={},
        help=softwrap(
            f"""
            More runtimes: a lockfile (requirements.txt with hashes, or Pex) by the name that you give the
            runtime. It holds one of ai-edge-litert, tflite-runtime, tensorflow-cpu and tensorflow, with
            the NumPy that this one takes.

            Defaults to none: {", ".join(LOCKED_RUNTIMES)} come with the backend, and a lockfile of that
            name replaces one.

            Example: `lockfiles = {{tensorflow_2_16 = "3rdparty/python/tensorflow_2_16.lock"}}`.
            """
        ),
    )
    interpreter_constraints = StrListOption(
        default=["CPython==3.11.*"],
        help=softwrap(
            """
            The interpreter that these runtimes run on. It must be the same on all machines that share a
            cache.

            Defaults to `["CPython==3.11.*"]`.

            Example: `interpreter_constraints = ["CPython==3.12.*"]`.
            """
        ),
    )

    def to_lockfiles(self) -> Mapping[str, Lockfile]:
        """The lockfile of each runtime, by its name."""
        urls = {name: f"resource://{_LOCK_PACKAGE}/{name}.lock" for name in LOCKED_RUNTIMES}
        return {
            name: Lockfile(
                url=url,
                url_description_of_origin=f"the option `[{self.options_scope}].lockfiles`",
                resolve_name=name,
            )
            for name, url in sorted({**urls, **self.lockfiles}.items())
        }

    def to_interpreter_constraints(self) -> InterpreterConstraints:
        return InterpreterConstraints(self.interpreter_constraints)
