# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What every sandbox program shares: reading its request, writing its results, reporting a mistake.

The protocol is described in docs/architecture.md, "Sandbox programs".
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, NoReturn, Optional, Type, TypeVar

from pants_tflite.sandbox.compile_environment import ensure_compiled_if_asked
from pants_tflite.sandbox.mistakes import Mistake, MistakeReport
from pants_tflite.sandbox.protocol import Message

OUTPUT_DIR = Path("out")
USER_ERROR_EXIT_CODE = 3
# What the user's resolve must have for the programs, with its name and what to add for it.
_PACKAGES = {
    "keras": ("Keras", "`keras`"),
    "numpy": ("NumPy", "`numpy`, or for models `tensorflow-cpu`, which brings it,"),
    "tensorflow": ("TensorFlow", "`tensorflow-cpu`"),
}
# How long what was registered for the end may take.
_MAX_EXIT_SECONDS = 5.0
# The file that proves to the supervisor, which sets this, that the program finished.
marker: Optional[Path] = None
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


@contextmanager
def users_code() -> Iterator[None]:
    """Calls the user's code: a process that it forks ends as it leaves the block.

    Otherwise it would go on with the program, next to the process that it was forked from.
    """
    pid = os.getpid()
    try:
        yield
    except BaseException as error:
        if os.getpid() != pid:
            _leave(_exit_code(error))
        raise
    if os.getpid() != pid:
        _leave(0)


def _exit_code(error: BaseException) -> int:
    """The exit code of a process that `error` ends, after printing what Python would."""
    if not isinstance(error, SystemExit):
        traceback.print_exception(type(error), error, error.__traceback__)
        return 1
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    print(error.code, file=sys.stderr)
    return 1


def _flush_libraries() -> None:
    """Writes out what C libraries have printed: into a pipe they print in blocks."""
    try:
        import ctypes

        ctypes.CDLL(None).fflush(None)
    except (ImportError, OSError, AttributeError):
        return


def _finish_up() -> None:
    atexit._run_exitfuncs()
    _flush_libraries()


def _leave(code: int) -> NoReturn:
    """Ends this process with all that it printed, whatever its threads and children still do."""
    thread = threading.Thread(target=_finish_up, daemon=True)
    thread.start()
    # A child that is waited for, or a stream that another thread reads, may block it forever.
    thread.join(_MAX_EXIT_SECONDS)
    for stream in {sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__}:
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)


def run(program: Callable[[Request], None], request_class: Type[Request]) -> NoReturn:
    """Runs a program over the request file named by the one command line argument, then exits.

    A `Mistake` becomes `out/error.json` and exit code 3. With another exit code than 0, a process
    that left `out/error.json` was killed as `if_killed` foresaw. Success is marked last.

    A process that code has forked, and that came out of it as the program does, is none: it ends without a mark.
    """
    pid = os.getpid()
    try:
        ensure_compiled_if_asked()
        request = request_class.parse(Path(sys.argv[1]).read_bytes())
        OUTPUT_DIR.mkdir(exist_ok=True)
        program(request)
    except BaseException as error:
        if os.getpid() != pid:
            _leave(_exit_code(error))
        fail(error)
    if os.getpid() != pid:
        _leave(0)
    if marker is not None:
        marker.touch()
    _leave(0)


def fail(error: BaseException) -> NoReturn:
    """Ends a program that raised `error`, which is a mistake of the user's or a crash."""
    mistake = _missing_package(error) if isinstance(error, ImportError) else error
    if isinstance(mistake, Mistake):
        OUTPUT_DIR.mkdir(exist_ok=True)
        write_report(mistake.to_report())
        print(f"{mistake.message}\n{mistake.detail}", file=sys.stderr)
        _leave(USER_ERROR_EXIT_CODE)
    # A program ends by returning, so even an exit with 0 is none.
    _leave(_exit_code(error) or 1)


def _missing_package(error: ImportError) -> Optional[Mistake]:
    if not isinstance(error, ModuleNotFoundError) or error.name not in _PACKAGES:
        return None
    return missing_package(error.name)


def missing_package(name: str) -> Mistake:
    """The mistake of a resolve without a package that the program needs, by what it is imported as."""
    title, requirements = _PACKAGES[name]
    return Mistake(
        f"{title} is not among the requirements of the resolve",
        field="resolve",
        fix=(
            f"Add {requirements} to the requirements of the resolve and generate its lockfile again, "
            "or name another resolve: in this field, for a folder with `__defaults__`, or for all "
            "targets with `[python].default_resolve`."
        ),
    )
