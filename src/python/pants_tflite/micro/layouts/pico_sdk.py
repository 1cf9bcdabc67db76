# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A CMake library for projects of the Raspberry Pi Pico SDK, with the self-test as a program."""

from __future__ import annotations

from pants.util.frozendict import FrozenDict

from pants_tflite.micro.generated.cpp import fill
from pants_tflite.micro.layouts.layout import (
    MAIN_FILE,
    Layout,
    LibraryFiles,
    as_lines,
    kernel_properties,
)
from pants_tflite.micro.layouts.runtimes import runtime_note


def lay_out(files: LibraryFiles) -> Layout:
    build_file = fill(
        "CMakeLists.pico_sdk.in",
        **files.names,
        tflm_tree=fill("tflm_tree.cmake.in"),
        kernels=kernel_properties(files),
        sources=as_lines((*files.sources, *files.kernel_sources), 2).rstrip("\n"),
        self_test_sources=as_lines(files.self_test_sources, 4).rstrip("\n"),
    )
    return Layout(
        # The program around the self-test is the Pico's own.
        places=FrozenDict({path: path for path in files.all_cpp if path != MAIN_FILE}),
        texts=FrozenDict(
            {
                "CMakeLists.txt": build_file,
                MAIN_FILE: fill("main.pico_sdk.cc.in", **files.names),
            }
        ),
        how_to_link=fill("how_to_link.pico_sdk.md.in", **files.names)
        + runtime_note("pico_sdk", files.methods),
    )
