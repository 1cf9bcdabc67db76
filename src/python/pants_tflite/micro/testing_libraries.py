# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A library for tests, described as by a build."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pants.engine.addresses import Address

from pants_tflite.bundles.testutil import model_description
from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.micro.generated.library import Library, LibraryModel
from pants_tflite.micro.generated.rendering import render_library, render_self_test
from pants_tflite.micro.layouts.layout import LibraryFiles


def tensor(name: str, dtype: str, shape: list[int], scale: float | None = None) -> dict[str, Any]:
    quantization = None
    if scale is not None:
        quantization = {"scales": [scale], "zero_points": [-128], "quantized_dimension": None}
    return {"name": name, "dtype": dtype, "shape": shape, "quantization": quantization}


def model_facts() -> dict[str, Any]:
    """The parts of a `model.json` that a library reads."""
    x, y = tensor("serving_x:0", "int8", [1, 8, 8, 1], 0.5), tensor("y:0", "float32", [1, 2])
    return {
        "inputs": [x],
        "outputs": [y],
        "ops": [
            {"name": "CONV_2D", "custom": False, "count": 2},
            {"name": "SOFTMAX", "custom": False, "count": 1},
            {"name": "GELU", "custom": False, "count": 0},
        ],
        "sha256": "ab" * 32,
        "signatures": {
            "other": {"subgraph": 1, "inputs": {"z": x}, "outputs": {}},
            "serving_default": {
                "subgraph": 0,
                "inputs": {"image": x},
                "outputs": {"scores": y},
            },
        },
        "sizes": {"file": 1000},
    }


def arena(smallest: int, size: int) -> dict[str, Any]:
    """TFLite Micro's measurements, as in a manifest."""
    largest = {"name": "hidden", "shape": [1, 16], "dtype": "int8", "bytes": 16}
    return {"smallest": smallest, "margin_percent": 10, "bytes": size, "largest_tensor": largest}


def library() -> Library:
    facts = model_description(model_facts())
    return Library(
        "pet_mcu",
        (
            LibraryModel.create("cats", facts, ("cat", "no cat"), arena(900, 992)),
            LibraryModel.create("dogs", facts, (), arena(500, 560)),
        ),
        ("AddConv2D", "AddSoftmax"),
        2,
        1360,
    )


def custom_op(name: str, *, has_micro: bool = True) -> CustomOp:
    address = Address("ops", target_name=name.lower())
    return CustomOp(address, name, "Register_IT", f"Register_{name.upper()}", has_micro, True)


def library_with_kernels() -> Library:
    """`library()`, whose second model has custom ops, so that its arena is not measured."""
    made = library()
    unmeasured = {**arena(0, 4000), "smallest": None}
    dogs = LibraryModel.create("dogs", model_description(model_facts()), (), unmeasured)
    kernels = (custom_op("Bark"), custom_op("Wag"))
    return replace(made, models=(made.models[0], dogs), kernels=kernels)


def files_with_kernels(*defines: str) -> LibraryFiles:
    return replace(
        library_files(),
        kernel_headers=("src/kernels/ops/math.h",),
        kernel_sources=("src/kernels/ops/bark.cc", "src/kernels/ops/math.c"),
        kernel_defines=defines,
    )


def library_files(version: str = "1.2.3") -> LibraryFiles:
    made = library()
    rendered = [path for path, _ in (*render_library(made), *render_self_test(made))]
    rendered += ["src/cats_model.cc", "src/dogs_model.cc"]
    rendered += ["self_test/cats_golden.cc", "self_test/dogs_golden.cc"]

    def find(ending: str, *, self_test: bool) -> tuple[str, ...]:
        found = [path for path in rendered if path.startswith("self_test/") == self_test]
        return tuple(sorted(path for path in found if path.endswith(ending)))

    return LibraryFiles(
        library=made.name,
        version=version,
        models=("cats", "dogs"),
        headers=find(".h", self_test=False),
        sources=find(".cc", self_test=False),
        self_test_headers=find(".h", self_test=True),
        self_test_sources=find(".cc", self_test=True),
    )
