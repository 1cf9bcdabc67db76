# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A Zephyr module, with the self-test as an option of its Kconfig."""

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
    self_test = [path for path in files.self_test_sources if path != MAIN_FILE]
    build_file = fill(
        "CMakeLists.zephyr.in",
        **files.names,
        kernels=kernel_properties(files, 2),
        sources=as_lines((*files.sources, *files.kernel_sources), 4),
        self_test_sources=as_lines(self_test, 4),
    )
    return Layout(
        places=FrozenDict({path: path for path in files.all_cpp if path != MAIN_FILE}),
        texts=FrozenDict(
            {
                "CMakeLists.txt": build_file,
                "Kconfig": fill("Kconfig.zephyr.in", **files.names),
                "zephyr/module.yml": fill("module.yml.in", **files.names),
            }
        ),
        how_to_link=fill("how_to_link.zephyr.md.in", **files.names)
        + runtime_note("zephyr", files.methods),
    )
