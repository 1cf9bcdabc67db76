# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The table of ops, compared with the header of a TFLite Micro tree."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from pants_tflite.micro.tflm.op_names import BUILTIN_METHODS, CUSTOM_METHODS, method_of
from pants_tflite.sandbox.tflite.inspect_model_protocol import ModelOp

TREE = os.environ.get("PANTS_TFLITE_TFLM_TREE")
# Adds an op for specific hardware; see op_names.py.
_LEFT_OUT = {"AddEthosU"}


def test_methods() -> None:
    assert method_of(ModelOp("CONV_2D", 1, 1, False)) == "AddConv2D"
    assert method_of(ModelOp("SignalRfft", 1, 1, True)) == "AddRfft"
    assert method_of(ModelOp("GELU", 1, 1, False)) is None
    assert method_of(ModelOp("CONV_2D", 1, 1, True)) is None


@pytest.mark.skipif(TREE is None, reason="PANTS_TFLITE_TFLM_TREE names no TFLite Micro tree")
def test_the_header_of_the_runtime_has_these_methods() -> None:
    assert TREE is not None
    header = Path(TREE, "tensorflow/lite/micro/micro_mutable_op_resolver.h").read_text()
    public, _, _ = header.partition(" private:")
    bodies = re.findall(r"TfLiteStatus (Add\w+)\((.*?)\n  }", public, re.DOTALL)
    methods = {name: body for name, body in bodies if name not in _LEFT_OUT | {"AddCustom"}}
    builtins, customs = {}, {}
    for name, body in methods.items():
        builtin = re.search(r"AddBuiltin\(\s*BuiltinOperator_(\w+)", body)
        custom = re.search(r'AddCustom\(\s*"(\w+)"', body)
        if builtin:
            builtins[builtin[1]] = name
        elif custom:
            customs[custom[1]] = name
    assert len(builtins) + len(customs) == len(methods)
    assert builtins == BUILTIN_METHODS
    assert customs == CUSTOM_METHODS
