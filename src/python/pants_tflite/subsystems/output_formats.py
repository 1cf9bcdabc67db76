# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The option `format` of goals that print a table, for people, or JSON, for programs."""

from __future__ import annotations

from pants.option.option_types import StrOption
from pants.util.strutil import softwrap

from pants_tflite.errors import TfLiteError

JSON, TABLE = "json", "table"
_FORMATS = (JSON, TABLE)


def format_option() -> StrOption:
    """The option itself, for the class of a goal's subsystem."""
    return StrOption(
        default=TABLE,
        help=softwrap(
            """
            What to print: a `table`, or `json` for programs.

            Defaults to table.

            Example: `format = "json"`.
            """
        ),
    )


def check_format(goal: str, value: str) -> None:
    """Raises if the goal prints nothing in that format."""
    if value not in _FORMATS:
        raise TfLiteError(
            f"[{goal}].format = {value!r}: there is no such format.\n\nFix: Choose one of "
            f"{', '.join(_FORMATS)}."
        )
