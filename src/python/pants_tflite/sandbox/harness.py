# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What every sandbox program shares: reading its request, writing its results, reporting a mistake.

The protocol is described in docs/architecture.md, "Sandbox programs".
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Any, Callable, Mapping, Type, TypeVar

from pants_tflite.sandbox.compile_environment import ensure_compiled_if_asked
from pants_tflite.sandbox.protocol import Message

OUTPUT_DIR = Path("out")
USER_ERROR_EXIT_CODE = 3
Request = TypeVar("Request", bound=Message)


class UserError(Exception):
    """A mistake that the user can mend: a wrong field, a broken model, a bad sample.

    `field` is the name of the BUILD field at fault (None where no single field is), `value` what it
    held, `fix` what to do instead, and `detail` longer text to show below, such as a traceback.
    """

    def __init__(
        self,
        message: str,
        *,
        field: str | None,
        fix: str,
        value: Any = None,
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.value = value
        self.fix = fix
        self.detail = detail

    def to_json(self) -> dict[str, Any]:
        return {
            "detail": self.detail,
            "field": self.field,
            "fix": self.fix,
            "message": self.message,
            "value": None if self.value is None else str(self.value),
        }


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes `value` sorted and indented, so that equal values are equal bytes.

    Raises ValueError for NaN and infinity, which JSON cannot hold.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def user_traceback(error: BaseException, *, below: str) -> str:
    """The traceback of `error` without the frames of the program that called the user's code.

    `below` is the program's own `__file__`.
    """
    frames = traceback.extract_tb(error.__traceback__)
    while frames and frames[0].filename in (below, __file__):
        frames = traceback.StackSummary.from_list(frames[1:])
    lines = traceback.format_list(frames) + traceback.format_exception_only(type(error), error)
    return "".join(lines)


def write_report(report: Message) -> None:
    """Writes `report` where the plugin finds it."""
    (OUTPUT_DIR / report.FILE).write_bytes(report.render())


def run(program: Callable[[Request], None], request_class: Type[Request]) -> None:
    """Runs a program over the request file named by the one command line argument, then exits.

    A `UserError` becomes `out/error.json` and exit code 3.
    """
    ensure_compiled_if_asked()
    request = request_class.parse(Path(sys.argv[1]).read_bytes())
    OUTPUT_DIR.mkdir(exist_ok=True)
    try:
        program(request)
    except UserError as error:
        write_json(OUTPUT_DIR / "error.json", error.to_json())
        print(f"{error.message}\n{error.detail}", file=sys.stderr)
        sys.exit(USER_ERROR_EXIT_CODE)
    sys.exit(0)
