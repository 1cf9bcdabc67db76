# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""LiteRT: the environment that inspects, quantizes, verifies and runs models, without TensorFlow."""

from __future__ import annotations

from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex_requirements import Lockfile
from pants.option.option_types import StrListOption, StrOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap

DEFAULT_LOCKFILE = "<default>"
_DEFAULT_LOCKFILE_URL = "resource://pants_tflite.subsystems/litert.lock"


class LiteRt(Subsystem):
    options_scope = "litert"
    help = "LiteRT, the interpreter that models are inspected, verified and run with."

    lockfile = StrOption(
        default=DEFAULT_LOCKFILE,
        help=softwrap(
            f"""
            A lockfile (requirements.txt with hashes, or Pex) that holds ai-edge-litert,
            ai-edge-quantizer, flatbuffers, numpy and pillow.

            Defaults to `{DEFAULT_LOCKFILE}`, the one that pants-tflite was tested with.

            Example: `lockfile = "3rdparty/python/litert.lock"`.
            """
        ),
    )
    interpreter_constraints = StrListOption(
        default=["CPython==3.11.*"],
        help=softwrap(
            """
            The interpreter that LiteRT runs on. Keep it the same on every machine that shares a
            cache.

            Defaults to CPython 3.11.

            Example: `interpreter_constraints = ["CPython==3.12.*"]`.
            """
        ),
    )

    def to_lockfile(self) -> Lockfile:
        is_default = self.lockfile == DEFAULT_LOCKFILE
        return Lockfile(
            url=_DEFAULT_LOCKFILE_URL if is_default else self.lockfile,
            url_description_of_origin="the option `[litert].lockfile`",
            resolve_name=self.options_scope,
        )

    def to_interpreter_constraints(self) -> InterpreterConstraints:
        return InterpreterConstraints(self.interpreter_constraints)
