# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest

from pants_tflite.custom_ops.kernel_sources import MICRO, TFLITE
from pants_tflite.tailoring.kernel_code import (
    FoundKernel,
    find_kernels,
    guess_op,
    included_headers,
)

FUNCTION = "TfLiteRegistration* Register_SCALED_ATAN(void) { return 0; }"
FOUND = (FoundKernel("Register_SCALED_ATAN", "ScaledAtan", TFLITE),)


def test_a_kernel_in_c() -> None:
    assert find_kernels("kernel.c", f"static int x;\n{FUNCTION}\n") == FOUND


@pytest.mark.parametrize(
    "code",
    [
        f'extern "C" {FUNCTION}',
        f'extern "C" __attribute__((visibility("default"))) {FUNCTION}',
        f'#ifdef __cplusplus\nextern "C" {{\n#endif\nint f() {{ return 1; }}\n{FUNCTION}\n}}',
        f'namespace a {{ namespace {{ int x; }} extern "C" {{ {FUNCTION} }} }}',
        f'// extern "C" {{\nextern "C"\n{FUNCTION}',
    ],
)
def test_a_kernel_in_cpp_with_c_linkage(code: str) -> None:
    assert find_kernels("kernel.cc", code) == FOUND


@pytest.mark.parametrize(
    "code",
    [
        FUNCTION,
        f'extern "C" {{ int f(); }}\n{FUNCTION}',
        f'extern "C" int f();\n{FUNCTION}',
        f'// extern "C"\n{FUNCTION}',
        f'extern "C" {{ static {FUNCTION} }}',
        f'/* extern "C" {FUNCTION} */',
        'extern "C" TfLiteRegistration* Register_SCALED_ATAN(void);',
        'extern "C" TfLiteRegistration* Register_SCALED_ATAN(int x) { return 0; }',
        'extern "C" TfLiteStatus Register_SCALED_ATAN() { return 0; }',
        f'const char* text = "extern \\"C\\" {FUNCTION}";',
    ],
)
def test_what_is_no_kernel_that_a_target_can_name(code: str) -> None:
    assert find_kernels("kernel.cc", code) == ()


def test_a_kernel_for_microcontrollers() -> None:
    code = (
        'extern "C" const TFLMRegistration* Register_SCALED_ATAN() { static TFLMRegistration r; }'
    )
    (kernel,) = find_kernels("kernel.cc", code)
    assert kernel == FoundKernel("Register_SCALED_ATAN", "ScaledAtan", MICRO)


@pytest.mark.parametrize(
    "registration, texts, op",
    [
        ("Register_SCALED_ATAN", [], "ScaledAtan"),
        ("Register_SCALED_ATAN", ['"Scaled_Atan: wrong type %d"'], "Scaled_Atan"),
        # Two names leave the words of the function's own.
        ("Register_SCALED_ATAN", ['"Scaled_Atan"', '"scaled_atan"'], "ScaledAtan"),
        ("RegisterMyAtan", [], "MyAtan"),
        ("Register_", [], None),
    ],
)
def test_the_name_of_the_op(registration: str, texts: list[str], op: str | None) -> None:
    assert guess_op(registration, texts) == op


def test_the_name_of_a_header_is_not_the_op_s() -> None:
    code = f'#include "ops/scaled_atan.h"\n{FUNCTION}'
    assert find_kernels("kernel.c", code) == FOUND


def test_headers() -> None:
    code = '#include <math.h>\n#include "ops/atan.h"\n  # include "flex.h"\n// #include "no.h"\n'
    assert included_headers(code) == ("atan.h", "flex.h")
