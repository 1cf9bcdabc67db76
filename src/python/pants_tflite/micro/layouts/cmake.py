# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A CMake project: a static library, and a self-test for CTest."""

from __future__ import annotations

from pants.util.frozendict import FrozenDict

from pants_tflite.micro.generated.cpp import fill
from pants_tflite.micro.layouts.layout import Layout, LibraryFiles, as_lines, kernel_properties


def lay_out(files: LibraryFiles) -> Layout:
    build_file = fill(
        "CMakeLists.cmake.in",
        **files.names,
        tflm_tree=fill("tflm_tree.cmake.in"),
        kernels=kernel_properties(files),
        # CMake does not know pre-releases.
        numbers=files.version.partition("-")[0],
        sources=as_lines((*files.sources, *files.kernel_sources), 2).rstrip("\n"),
        self_test_sources=as_lines(files.self_test_sources, 4).rstrip("\n"),
    )
    return Layout(
        places=FrozenDict({path: path for path in files.all_cpp}),
        texts=FrozenDict({"CMakeLists.txt": build_file}),
        how_to_link=fill("how_to_link.cmake.md.in", **files.names),
    )
