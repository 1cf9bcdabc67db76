# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Calls the function that yields a kernel's test cases, and writes them as bytes.

A kernel that was edited is tested with the same bytes, and the reference does not run again.
"""

from __future__ import annotations

from typing import Mapping

from pants_tflite.sandbox.entry_point import call_function
from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.harness import OUTPUT_DIR, run, user_traceback, users_code
from pants_tflite.sandbox.kernel_tests.kernel_case import BadCase, Case, write_cases
from pants_tflite.sandbox.kernel_tests.write_kernel_cases_protocol import WriteCasesRequest
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.outside_use import reporting_outside_use


def _error(entry_point: EntryPointFunction, message: str, fix: str, detail: str = "") -> Mistake:
    return Mistake(
        f"{entry_point} {message}",
        field="entry_point",
        value=entry_point.field_value,
        fix=fix,
        detail=detail,
    )


def collect_cases(call: EntryPointCall) -> list[Case]:
    """The cases that the function yields. Raises Mistake if there are none, or they are wrong."""
    entry_point = call.entry_point
    result = call_function(call)
    if not hasattr(type(result), "__iter__") or isinstance(result, (str, bytes, Mapping)):
        raise _error(
            entry_point,
            f"returned `{type(result).__name__}`, not a sequence of cases",
            "`yield` each case.",
        )
    cases: list[Case] = []
    try:
        with users_code():
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
            entry_point=entry_point,
            message=f"raised {type(error).__name__} while yielding cases: {error}",
            fix="Mend the function; the traceback is below.",
            detail=user_traceback(error, below=__file__),
        ) from error
    if not cases:
        raise _error(entry_point, "yielded no cases", "Yield at least one.")
    return cases


def main(request: WriteCasesRequest) -> None:
    with reporting_outside_use():
        cases = collect_cases(request.call)
    write_cases(OUTPUT_DIR, cases)


if __name__ == "__main__":
    run(main, WriteCasesRequest)
