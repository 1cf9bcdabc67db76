# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What every layout is made of: the library's files at their places, and the build system's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from pants.util.frozendict import FrozenDict

from pants_tflite.micro.generated.rendering import SELF_TEST_DIRECTORY
from pants_tflite.micro.kernels import KERNEL_DIRECTORY
from pants_tflite.micro.publishing import Publishing

# The program around the self-test, if the build system makes one.
MAIN_FILE = f"{SELF_TEST_DIRECTORY}/main.cc"


@dataclass(frozen=True)
class LibraryFiles:
    """The C++ files of a library, by their paths in `MicroSources`; `version` is semantic.

    Kernels of custom ops are compiled with `kernel_defines`, and may be C. `methods` add the other ops
    to a resolver.
    """

    library: str
    version: str
    models: tuple[str, ...]
    headers: tuple[str, ...]
    sources: tuple[str, ...]
    self_test_headers: tuple[str, ...]
    self_test_sources: tuple[str, ...]
    kernel_headers: tuple[str, ...] = ()
    kernel_sources: tuple[str, ...] = ()
    kernel_defines: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    publishing: Publishing = Publishing()

    @property
    def names(self) -> dict[str, str]:
        """The values that the templates of every layout need."""
        return {
            "library": self.library,
            "LIBRARY": self.library.upper(),
            "sentence": self.sentence,
            "version": self.version,
        }

    @property
    def sentence(self) -> str:
        kind = "model" if len(self.models) == 1 else "models"
        return f"The {kind} {', '.join(self.models)} for TFLite Micro"

    @property
    def all_cpp(self) -> tuple[str, ...]:
        return (
            *self.headers,
            *self.sources,
            *self.self_test_headers,
            *self.self_test_sources,
            *self.kernel_headers,
            *self.kernel_sources,
        )


@dataclass(frozen=True)
class Layout:
    """`places` says where each C++ file of the library goes; files without a place are left out.

    `texts` are the build system's files. `how_to_link` is Markdown for the README.
    """

    places: FrozenDict[str, str]
    texts: FrozenDict[str, str]
    how_to_link: str


def kernel_properties(files: LibraryFiles, indent: int = 0) -> str:
    """The CMake code that tells how kernels are compiled; it follows that which names them."""
    if not files.kernel_sources:
        return ""
    lines = [
        "",
        "# The kernels of custom ops.",
        "set_source_files_properties(",
        *(f"  {path}" for path in files.kernel_sources),
        "  PROPERTIES",
        f'  INCLUDE_DIRECTORIES "${{CMAKE_CURRENT_SOURCE_DIR}}/{KERNEL_DIRECTORY}"',
    ]
    if files.kernel_defines:
        # A semicolon within one would split it in two.
        defines = ";".join(define.replace(";", "\\;") for define in files.kernel_defines)
        lines.append(f"  COMPILE_DEFINITIONS [==[{defines}]==]")
    lines[-1] += ")"
    return "".join(f"{' ' * indent if line else ''}{line}\n" for line in lines)


def as_lines(paths: Iterable[str], indent: int) -> str:
    """Paths as the lines of a CMake list."""
    return "".join(f"{' ' * indent}{path}\n" for path in paths)
