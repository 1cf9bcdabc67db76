# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which ops the op resolver of a TFLite Micro tree adds."""

from __future__ import annotations

from pants_tflite.micro.coverage import RESOLVER, adding_methods, lacking_in_tree
from pants_tflite.sandbox.coverage.coverage_protocol import RefusedOp
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse

HEADER = """\
  TfLiteStatus AddCustom(const char* name, const TFLMRegistration* registration) {
  TfLiteStatus AddConv2D(
      const TFLMRegistration& registration = Register_CONV_2D()) {
  TfLiteStatus AddRfft(const TFLMRegistration* registration =
                           tflite::tflm_signal::Register_RFFT()) {
  // Not a method: AddRelu()
"""


def use(op: str, *, custom: bool = False) -> OpUse:
    return OpUse(
        subgraph=0,
        op=op,
        version=1,
        custom=custom,
        tensor=f"{op}_out",
        layer="",
        dtypes=(),
        macs=0,
        is_before_weights=False,
    )


def test_the_methods_of_a_header() -> None:
    assert adding_methods(HEADER) == {"AddCustom", "AddConv2D", "AddRfft"}


def test_ops_that_no_method_adds() -> None:
    ops = [
        use("CONV_2D"),
        use("RELU"),
        use("SignalRfft", custom=True),
        use("Twice", custom=True),
        use("Thrice", custom=True),
        use("GELU"),
    ]
    reason = f"no method in {RESOLVER} adds it"
    assert list(lacking_in_tree(ops, adding_methods(HEADER), ("Twice",))) == [
        RefusedOp(1, "RELU", "RELU_out", reason),
        RefusedOp(4, "Thrice", "Thrice_out", reason),
        RefusedOp(5, "GELU", "GELU_out", reason),
    ]
