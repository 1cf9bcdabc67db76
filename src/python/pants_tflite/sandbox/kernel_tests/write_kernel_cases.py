# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Calls the function that yields a kernel's test cases, and writes them as bytes.

A kernel that was edited is tested with the same bytes, and the reference does not run again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

from pants_tflite.sandbox.entry_point import call_function
from pants_tflite.sandbox.harness import OUTPUT_DIR, UserError, run, user_traceback
from pants_tflite.sandbox.kernel_tests.kernel_case import BadCase, Case, write_cases


def _error(entry_point: Mapping[str, str], message: str, fix: str, detail: str = "") -> UserError:
    file, function = entry_point["file"], entry_point["function"]
    return UserError(
        f"`{function}` in `{file}` {message}",
        field="entry_point",
        value=f"{Path(file).name}:{function}",
        fix=fix,
        detail=detail,
    )


def collect_cases(entry_point: Mapping[str, str], inputs: Mapping[str, str]) -> list[Case]:
    """The cases that the function yields. Raises UserError where there are none, or no cases."""
    result = call_function(entry_point, inputs)
    if not hasattr(type(result), "__iter__") or isinstance(result, (str, bytes, Mapping)):
        raise _error(
            entry_point,
            f"returned `{type(result).__name__}`, not a sequence of cases",
            "`yield` each case.",
        )
    cases: list[Case] = []
    try:
        for value in result:
            cases.append(Case.parse(value, len(cases)))
    except BadCase as error:
        raise _error(
            entry_point,
            f"yielded a case, number {len(cases)}, that {error}",
            'Yield dicts such as `{"inputs": [x], "options": {"scale": 2.0}, "outputs": [y]}`, with '
            "NumPy arrays, and `(array, scale, zero_point)` for a quantized tensor.",
        ) from error
    except Exception as error:
        raise _error(
            entry_point,
            f"raised {type(error).__name__} while yielding cases: {error}",
            "Mend the function; the traceback is below.",
            user_traceback(error, below=__file__),
        ) from error
    if not cases:
        raise _error(entry_point, "yielded no cases", "Yield at least one.")
    return cases


def main(request: dict[str, Any]) -> None:
    write_cases(OUTPUT_DIR, collect_cases(request["entry_point"], request["inputs"]))


if __name__ == "__main__":
    run(main)
