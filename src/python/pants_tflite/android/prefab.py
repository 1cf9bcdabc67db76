# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A Prefab package of one shared library with a header, in version 2 of the schema. With it
an AAR offers native code to an app's own: the Android Gradle plugin hands it on to CMake."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import Any

_FOLDER = "prefab"
_SCHEMA_VERSION = 2
# CMake compares versions as numbers, and accepts nothing else.
_NUMBERS = re.compile(r"[0-9]+(\.[0-9]+){0,3}")
# The interface has no C++, so library and app may use different C++ runtimes.
_NO_STL = "none"
# Prefab chooses by it among libraries for one ABI. There is only one here, for every NDK.
_ANY_NDK = 0


@dataclass(frozen=True)
class PrefabPackage:
    """`find_package(<name>)` finds it, and its one module is `<name>::<module>`.

    The library is `lib<module>.so`, for apps from the Android of API level `api` on.
    """

    name: str
    version: str
    module: str
    api: int

    @property
    def library(self) -> str:
        return f"lib{self.module}.so"

    @property
    def header(self) -> str:
        return f"{self.module}.h"

    @property
    def module_folder(self) -> str:
        return os.path.join(_FOLDER, "modules", self.module)

    @property
    def header_path(self) -> str:
        return os.path.join(self.module_folder, "include", self.header)

    def library_folder(self, abi: str) -> str:
        return os.path.join(self.module_folder, "libs", f"android.{abi}")

    def describe(self, abis: tuple[str, ...]) -> dict[str, bytes]:
        """The descriptions of the package, its module, and the library for each ABI, by path."""
        numbers = _NUMBERS.match(self.version)
        assert numbers, self.version
        package = {
            "name": self.name,
            "schema_version": _SCHEMA_VERSION,
            "version": numbers[0],
            "dependencies": [],
        }
        module = {"export_libraries": [], "library_name": f"lib{self.module}"}
        described = {
            os.path.join(_FOLDER, "prefab.json"): _render(package),
            os.path.join(self.module_folder, "module.json"): _render(module),
        }
        for abi in abis:
            library = {
                "abi": abi,
                "api": self.api,
                "ndk": _ANY_NDK,
                "stl": _NO_STL,
                "static": False,
            }
            described[os.path.join(self.library_folder(abi), "abi.json")] = _render(library)
        return described


def _render(description: dict[str, Any]) -> bytes:
    return f"{json.dumps(description, indent=2, sort_keys=True)}\n".encode()
