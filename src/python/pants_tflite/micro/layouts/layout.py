# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What every layout is made of: the library's files at their places, and the build system's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from pants.util.frozendict import FrozenDict

from pants_tflite.micro.rendering import SELF_TEST_DIRECTORY

# The program around the self-test, where the build system makes one.
MAIN_FILE = f"{SELF_TEST_DIRECTORY}/main.cc"


@dataclass(frozen=True)
class LibraryFiles:
    """The C++ files of a library, by their paths in `MicroSources`; `version` is semantic."""

    library: str
    version: str
    models: tuple[str, ...]
    headers: tuple[str, ...]
    sources: tuple[str, ...]
    self_test_headers: tuple[str, ...]
    self_test_sources: tuple[str, ...]

    @property
    def names(self) -> dict[str, str]:
        """What templates say of any library."""
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
        )


@dataclass(frozen=True)
class Layout:
    """`places` says where each C++ file of the library goes; those without a place are left out.

    `texts` are the build system's files. `how_to_link` is Markdown for the README.
    """

    places: FrozenDict[str, str]
    texts: FrozenDict[str, str]
    how_to_link: str


def as_lines(paths: Iterable[str], indent: int) -> str:
    """Paths as the lines of a CMake list."""
    return "".join(f"{' ' * indent}{path}\n" for path in paths)
