# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from dataclasses import replace

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.cc.binary_inspection import BinaryInspection
from pants_tflite.cc.compilation import CompileSourceRequest
from pants_tflite.cc.platforms import PLATFORMS
from pants_tflite.cc.toolchain import CXX, C
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.custom_ops.libraries import (
    PlannedKernel,
    check_static_library,
    compiler_flags,
    merge_compilations,
)
from pants_tflite.custom_ops.target_types import TfLiteCustomOpTarget
from pants_tflite.errors import TfLiteError
from pants_tflite.sandbox.binaries.inspect_binary_protocol import BinaryImage


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


def test_the_compiler_hides_what_no_linker_can() -> None:
    fields = {"op": "A", "runtime": ":runtime", "flags": ["-Wall"]}
    target = TfLiteCustomOpTarget(fields, Address("ops", target_name="A"))
    for platform in ("ios_arm64", "ios_simulator_arm64", "ios_simulator_x86_64"):
        assert compiler_flags(target, PLATFORMS[platform]) == ("-fvisibility=hidden", "-Wall")
    for platform in ("linux_x86_64", "macos_arm64", "android_arm64_v8a", "cortex-m4"):
        assert compiler_flags(target, PLATFORMS[platform]) == ("-Wall",)


def _image(exports: tuple[str, ...] = (), hidden: tuple[str, ...] = ()) -> BinaryImage:
    return BinaryImage(
        format="mach-o",
        kind="object",
        architecture="aarch64",
        exports=exports,
        imports=(),
        hidden=hidden,
        weak=("weak",),
        member="a.c.o",
        name=None,
        libraries=(),
        page_alignment=None,
        system="ios",
        system_version="13.0",
    )


def test_a_static_library_has_what_registers_its_ops() -> None:
    ops = [_kernel(name).op for name in ("A", "B")]
    platform = PLATFORMS["ios_arm64"]
    for images in (
        (_image(exports=("Register_A",), hidden=("Register_B", "weak")), _image(("weak",))),
        (_image(hidden=("Register_A",)), _image(hidden=("Register_B",))),
    ):
        check_static_library(ops, platform, "ops", BinaryInspection(images))
    with pytest.raises(TfLiteError) as error:
        check_static_library(
            ops, platform, "ops", BinaryInspection((_image(hidden=("Register_A", "helper")),))
        )
    expected = "ops:B: `libops.a` for ios_arm64 was built, and does not have `Register_B`"
    assert expected in str(error.value)


def test_a_static_library_has_nothing_twice() -> None:
    ops = [_kernel(name).op for name in ("A", "B")]
    images = (_image(("Register_A", "round")), _image(("Register_B",), hidden=("round",)))
    with pytest.raises(TfLiteError) as error:
        check_static_library(ops, PLATFORMS["ios_arm64"], "ops", BinaryInspection(images))
    assert "ops:A: `libops.a` for ios_arm64 was built, and several" in str(error.value)
    assert "define `round`." in str(error.value)
