# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A component of ESP-IDF, with the self-test as an option of its Kconfig."""

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


def lay_out(files: LibraryFiles) -> Layout:
    self_test = [path for path in files.self_test_sources if path != MAIN_FILE]
    build_file = fill(
        "CMakeLists.esp_idf.in",
        **files.names,
        kernels=kernel_properties(files),
        sources=as_lines((*files.sources, *files.kernel_sources), 2).rstrip("\n"),
        self_test_sources=as_lines(self_test, 4),
    )
    return Layout(
        places=FrozenDict({path: path for path in files.all_cpp if path != MAIN_FILE}),
        texts=FrozenDict(
            {
                "CMakeLists.txt": build_file,
                "Kconfig": fill("Kconfig.esp_idf.in", **files.names),
                "idf_component.yml": fill("idf_component.yml.in", **files.names),
            }
        ),
        how_to_link=fill("how_to_link.esp_idf.md.in", **files.names),
    )
