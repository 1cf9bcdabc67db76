# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest

pytest.importorskip("tflite_micro", reason="its wheels are for Linux x86_64 only")

from ai_edge_litert import schema_py_generated as schema  # noqa: E402

from pants_tflite.micro.sandbox.probe_ops import has_kernel, one_op_model  # noqa: E402


@pytest.mark.parametrize(
    ("builtin", "found"),
    [("ABS", True), ("CONV_2D", True), ("VAR_HANDLE", True), ("GELU", False), ("RFFT2D", False)],
)
def test_builtins(builtin: str, found: bool) -> None:
    assert has_kernel(one_op_model(getattr(schema.BuiltinOperator, builtin))) == found


@pytest.mark.parametrize(("code", "found"), [("SignalRfft", True), ("Twice", False)])
def test_custom_ops(code: str, found: bool) -> None:
    assert has_kernel(one_op_model(schema.BuiltinOperator.CUSTOM, code)) == found
