# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""An Arduino library, as Arduino's library specification has it, with the self-test as an example."""

from __future__ import annotations

import os
from typing import Iterable

from pants.util.frozendict import FrozenDict

from pants_tflite.micro.generated.cpp import fill
from pants_tflite.micro.generated.rendering import INCLUDE_DIRECTORY
from pants_tflite.micro.kernels import KERNEL_DIRECTORY
from pants_tflite.micro.layouts.layout import MAIN_FILE, Layout, LibraryFiles
from pants_tflite.micro.publishing import Dependency

_SOURCES = "src"
# A sketch has the name of its directory.
_SKETCH = "SelfTest"
_SKETCH_DIRECTORY = f"examples/{_SKETCH}"


def _cpp(path: str) -> str:
    """The IDE shows and compiles .cpp files."""
    stem, extension = os.path.splitext(path)
    return f"{stem}.cpp" if extension in (".cc", ".cxx") else path


def _depends(dependencies: Iterable[Dependency]) -> str:
    listed = (
        f"{each.name} ({each.constraint})" if each.constraint else each.name
        for each in dependencies
    )
    joined = ",".join(listed)
    return f"depends={joined}\n" if joined else ""


def lay_out(files: LibraryFiles) -> Layout:
    places = {
        **{
            path: f"{_SOURCES}/{os.path.relpath(path, INCLUDE_DIRECTORY)}" for path in files.headers
        },
        **{path: f"{_SOURCES}/{_cpp(os.path.basename(path))}" for path in files.sources},
        # All sources in `src` are compiled, and only `src` is on the include path.
        **{
            path: f"{_SOURCES}/{_cpp(os.path.relpath(path, KERNEL_DIRECTORY))}"
            for path in (*files.kernel_headers, *files.kernel_sources)
        },
        **{
            path: f"{_SKETCH_DIRECTORY}/{_cpp(os.path.basename(path))}"
            for path in (*files.self_test_headers, *files.self_test_sources)
            if path != MAIN_FILE
        },
    }
    publishing = files.publishing
    properties = fill(
        "library.properties.in",
        **files.names,
        author=publishing.author,
        maintainer=publishing.maintainer,
        url=publishing.url,
        depends=_depends(publishing.depends),
    )
    return Layout(
        places=FrozenDict(places),
        texts=FrozenDict(
            {
                "library.properties": properties,
                f"{_SKETCH_DIRECTORY}/{_SKETCH}.ino": fill("SelfTest.ino.in", **files.names),
            }
        ),
        how_to_link=fill("how_to_link.arduino.md.in", **files.names),
    )
