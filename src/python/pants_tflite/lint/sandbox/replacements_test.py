# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Each replacement converts, runs where it is suggested, and computes what it replaces."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

pytest.importorskip("tflite_micro", reason="its wheels are for Linux x86_64 only")

from pants_tflite.lint.replacement_entries import (  # noqa: E402
    GPU,
    INTEGERS,
    LITERT,
    MICRO,
    Replacement,
)
from pants_tflite.lint.replacements import (  # noqa: E402
    REPLACEMENTS,
    find_replacement,
    replacement,
)
from pants_tflite.lint.sandbox.testing_cases import Case  # noqa: E402
from pants_tflite.lint.sandbox.testing_forms import FORMS  # noqa: E402
from pants_tflite.lint.sandbox.testing_gpu_ops import GPU_CASES  # noqa: E402
from pants_tflite.lint.sandbox.testing_models import (  # noqa: E402
    Arrays,
    convert,
    find_gpu,
    float_ops_of,
    ops_of,
    try_on,
)
from pants_tflite.lint.sandbox.testing_ops import OPS  # noqa: E402

CASES = {**FORMS, **OPS, **GPU_CASES}
# Those that are here: a GPU has a driver, or not.
RUNTIMES = (LITERT, MICRO, *([GPU] if find_gpu() else []))


def listed(values: Any) -> list[Any]:
    return list(values) if isinstance(values, (list, tuple)) else [values]


def test_each_replacement_is_tried() -> None:
    assert {case.entry for case in CASES.values()} == {entry.name for entry in REPLACEMENTS}


@functools.lru_cache(maxsize=None)
def refused_model(name: str) -> bytes:
    return convert(CASES[name].refused, CASES[name].refused_specs())


def expected_outputs(case: Case) -> Arrays:
    return [np.asarray(value) for value in listed(case.refused(*map(tf.constant, case.inputs)))]


def is_refused(runtime: str, name: str) -> bool:
    """Whether the refused form of a case does not run, or computes something else."""
    case = CASES[name]
    outputs, _ = try_on(runtime, refused_model(name), case.inputs)
    if outputs is None or runtime != GPU:
        return outputs is None
    # Types that it cannot read, but takes, are not compared.
    return any(
        not np.allclose(output, wanted, atol=1e-3)
        for output, wanted in zip(outputs, expected_outputs(case))
    )


def refusals(name: str) -> set[str]:
    """Where the refused form of a case does not run, or not in integers."""
    case = CASES[name]
    entry = replacement(case.entry)
    found = {runtime for runtime in RUNTIMES if is_refused(runtime, name)}
    if INTEGERS in entry.refused_by:
        in_floats = float_ops_of(convert(case.refused, case.refused_specs(), case.samples()))
        found.update([INTEGERS] if in_floats & set(entry.ops) else [])
    return found


@pytest.mark.parametrize("entry", REPLACEMENTS, ids=lambda entry: entry.name)
def test_what_is_replaced_is_refused_as_the_entry_says(entry: Replacement) -> None:
    names = [name for name, case in CASES.items() if case.entry == entry.name]
    assert set.intersection(*map(refusals, names)) == {*entry.refused_by} & {*RUNTIMES, INTEGERS}
    # Text is known by its type, too.
    ops = [ops_of(refused_model(name)) for name in names if name != "text that is compared"]
    assert not entry.ops or all(found & set(entry.ops) for found in ops), ops


@pytest.mark.parametrize("name", CASES)
def test_what_is_suggested_runs_and_computes_the_same(name: str) -> None:
    case = CASES[name]
    entry = replacement(case.entry)
    expected = expected_outputs(case)
    inputs = case.before(*case.inputs)
    model = convert(case.suggested, case.suggested_specs())
    # A GPU may have an op in one form, and refuse it in another.
    assert entry.refused_by == (GPU,) or not ops_of(model) & set(entry.ops)
    for runtime in sorted({*entry.runtimes} & {*RUNTIMES}):
        check_outputs(case, expected, try_on(runtime, model, inputs), case.tolerance)
    if INTEGERS in entry.runtimes and case.integer_tolerance is not None:
        model = convert(case.suggested, case.suggested_specs(), case.samples())
        assert not float_ops_of(model)
        for runtime in (LITERT, MICRO):
            check_outputs(case, expected, try_on(runtime, model, inputs), case.integer_tolerance)


def check_outputs(
    case: Case, expected: Arrays, tried: tuple[Arrays | None, str], tolerance: float
) -> None:
    outputs, said = tried
    assert outputs is not None, said
    values = case.after(*outputs)
    assert len(values) == len(expected)
    for value, wanted in zip(values, expected):
        actual = np.asarray(value, "float64").reshape(wanted.shape)
        np.testing.assert_allclose(
            actual, wanted, rtol=0, atol=tolerance * max(1.0, float(np.abs(wanted).max()))
        )


def test_a_replacement_is_found_by_an_op_and_where_it_was_tried() -> None:
    for op, runtime, name in (
        ("GELU", MICRO, "gelu"),
        ("FlexErf", LITERT, "erf"),
        ("Erf", MICRO, "erf"),
        ("GELU", "a runtime where nothing was tried", None),
        ("CONV_2D", MICRO, None),
        ("EXPAND_DIMS", GPU, "expand-dims"),
        ("EXPAND_DIMS", MICRO, None),
        ("ONE_HOT", GPU, None),
    ):
        found = find_replacement(op, runtime=runtime)
        assert (found and found.name) == name
    ops = [op for entry in REPLACEMENTS for op in entry.ops]
    assert len(ops) == len(set(ops))
