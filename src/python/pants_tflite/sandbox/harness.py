# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What every sandbox program shares: reading its request, writing its results, reporting a mistake.

The protocol is described in docs/architecture.md, "Sandbox programs".
"""

from __future__ import annotations

import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Type, TypeVar

from pants_tflite.sandbox.compile_environment import ensure_compiled_if_asked
from pants_tflite.sandbox.mistakes import Mistake, MistakeReport
from pants_tflite.sandbox.protocol import Message

OUTPUT_DIR = Path("out")
USER_ERROR_EXIT_CODE = 3
Request = TypeVar("Request", bound=Message)


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


@contextmanager
def if_killed(mistake: Mistake) -> Iterator[None]:
    """Reports `mistake` if native code kills the process within the block.

    Nothing can catch that, so the report is written first, and taken back in the end.
    """
    write_report(mistake.to_report())
    try:
        yield
    finally:
        (OUTPUT_DIR / MistakeReport.FILE).unlink()


def run(program: Callable[[Request], None], request_class: Type[Request]) -> None:
    """Runs a program over the request file named by the one command line argument, then exits.

    A `Mistake` becomes `out/error.json` and exit code 3. With another exit code than 0, a process
    that left `out/error.json` was killed as `if_killed` foresaw.
    """
    ensure_compiled_if_asked()
    request = request_class.parse(Path(sys.argv[1]).read_bytes())
    OUTPUT_DIR.mkdir(exist_ok=True)
    try:
        program(request)
    except Mistake as error:
        write_report(error.to_report())
        print(f"{error.message}\n{error.detail}", file=sys.stderr)
        sys.exit(USER_ERROR_EXIT_CODE)
    sys.exit(0)
