# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The common part of subsystems that have a hash-locked Python environment in the backend."""

from __future__ import annotations

from typing import ClassVar

from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex_requirements import Lockfile
from pants.option.option_types import StrListOption, StrOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap

DEFAULT_LOCKFILE = "<default>"


class LockedEnvironment(Subsystem):
    """A lockfile of the backend's own, `<scope>.lock` in `lock_package`, or one of the user's."""

    lock_package: ClassVar[str] = "pants_tflite.subsystems"
    packages: ClassVar[str]
    runs: ClassVar[str]

    lockfile = StrOption(
        default=DEFAULT_LOCKFILE,
        help=lambda cls: softwrap(
            f"""
            A lockfile (requirements.txt with hashes, or Pex) that holds {cls.packages}.

            Defaults to `{DEFAULT_LOCKFILE}`, the one that pants-tflite was tested with.

            Example: `lockfile = "3rdparty/python/{cls.options_scope}.lock"`.
            """
        ),
    )
    interpreter_constraints = StrListOption(
        default=["CPython==3.11.*"],
        help=lambda cls: softwrap(
            f"""
            The interpreter that {cls.runs} on. It must be the same on all machines that share a
            cache.

            Defaults to `["CPython==3.11.*"]`.

            Example: `interpreter_constraints = ["CPython==3.12.*"]`.
            """
        ),
    )

    def to_lockfile(self) -> Lockfile:
        scope = self.options_scope
        is_default = self.lockfile == DEFAULT_LOCKFILE
        default_url = f"resource://{self.lock_package}/{scope}.lock"
        return Lockfile(
            url=default_url if is_default else self.lockfile,
            url_description_of_origin=f"the option `[{scope}].lockfile`",
            resolve_name=scope,
        )

    def to_interpreter_constraints(self) -> InterpreterConstraints:
        return InterpreterConstraints(self.interpreter_constraints)
