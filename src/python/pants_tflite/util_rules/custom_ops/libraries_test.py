# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from dataclasses import replace

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.errors import TfLiteError
from pants_tflite.util_rules.cc.compilation import CompileSourceRequest
from pants_tflite.util_rules.cc.platforms import PLATFORMS
from pants_tflite.util_rules.cc.toolchain import CXX, C
from pants_tflite.util_rules.custom_ops.declarations import CustomOp
from pants_tflite.util_rules.custom_ops.libraries import PlannedKernel, merge_compilations


def _kernel(name: str, *sources: str, language: str = C) -> PlannedKernel:
    address = Address("ops", target_name=name)
    return PlannedKernel(
        CustomOp(address, name, f"Register_{name}", f"Register_{name}", False, False),
        tuple(
            CompileSourceRequest(
                Address("ops", relative_file_path=source),
                PLATFORMS["linux_x86_64"],
                language,
                f"ops/{source}",
                EMPTY_DIGEST,
            )
            for source in sources
        ),
    )


def test_what_two_ops_share_is_compiled_once() -> None:
    merged = merge_compilations((_kernel("B", "b.c", "math.c"), _kernel("A", "a.c", "math.c")))
    assert [item.source for item in merged] == ["ops/a.c", "ops/b.c", "ops/math.c"]
    assert {item.linked_with for item in merged} == {C}


def test_c_beside_cxx_is_linked_as_cxx() -> None:
    merged = merge_compilations((_kernel("A", "a.c"), _kernel("B", "b.cc", language=CXX)))
    assert [item.language for item in merged] == [C, CXX]
    assert {item.linked_with for item in merged} == {CXX}


def test_one_source_in_two_ways() -> None:
    kernel = _kernel("B", "math.c")
    other = replace(kernel.compilations[0], defines=("TERMS=7",))
    with pytest.raises(TfLiteError) as error:
        merge_compilations((_kernel("A", "math.c"), replace(kernel, compilations=(other,))))
    assert "ops:B: `ops/math.c` is compiled in another way for ops:A" in str(error.value)
