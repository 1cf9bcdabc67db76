# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A component of ESP-IDF, with the self-test as an option of its Kconfig."""

from __future__ import annotations

import json

from pants.util.frozendict import FrozenDict

from pants_tflite.micro.generated.cpp import fill
from pants_tflite.micro.layouts.layout import (
    MAIN_FILE,
    Layout,
    LibraryFiles,
    as_lines,
    kernel_properties,
)
from pants_tflite.micro.layouts.runtimes import runtime_note, runtime_of


def _component(files: LibraryFiles) -> str:
    """The text of `idf_component.yml`, which asks for a runtime that has all ops of the library."""
    runtime = runtime_of("esp_idf")
    assert runtime is not None
    # Of a runtime that lacks ops in all versions, the newest lacks the fewest.
    version = runtime.find_version(files.methods) or runtime.versions[-1]
    url = files.publishing.own_url
    return fill(
        "idf_component.yml.in",
        **files.names,
        url=f"url: {json.dumps(url)}\n" if url else "",
        runtime=runtime.name,
        runtime_version=version.version,
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
    component = _component(files)
    return Layout(
        places=FrozenDict({path: path for path in files.all_cpp if path != MAIN_FILE}),
        texts=FrozenDict(
            {
                "CMakeLists.txt": build_file,
                "Kconfig": fill("Kconfig.esp_idf.in", **files.names),
                "idf_component.yml": component,
            }
        ),
        how_to_link=fill("how_to_link.esp_idf.md.in", **files.names)
        + runtime_note("esp_idf", files.methods),
    )
