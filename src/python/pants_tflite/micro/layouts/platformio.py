# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A PlatformIO library, with the self-test as an example that is a project of its own."""

from __future__ import annotations

import json
import os
import shlex
from typing import Any

from pants.util.frozendict import FrozenDict

from pants_tflite.micro.generated.cpp import fill
from pants_tflite.micro.generated.rendering import INCLUDE_DIRECTORY, SOURCE_DIRECTORY
from pants_tflite.micro.kernels import KERNEL_DIRECTORY
from pants_tflite.micro.layouts.layout import MAIN_FILE, Layout, LibraryFiles
from pants_tflite.micro.publishing import Dependency, Publishing, split_person

_EXAMPLE = "examples/self_test"
_EXAMPLE_SOURCES = f"{_EXAMPLE}/src"
_MAIN = f"{_EXAMPLE_SOURCES}/main.cc"
_PROJECT = f"{_EXAMPLE}/platformio.ini"


def _person(value: str) -> dict[str, Any]:
    name, email = split_person(value)
    return {"name": name, "email": email} if email else {"name": name}


def _authors(publishing: Publishing) -> list[dict[str, Any]]:
    author, maintainer = _person(publishing.author), _person(publishing.maintainer)
    if author == maintainer:
        return [{**author, "maintainer": True}]
    return [author, {**maintainer, "maintainer": True}]


def _dependency(each: Dependency) -> dict[str, str]:
    values = {"owner": each.owner, "name": each.name, "version": each.constraint}
    return {key: value for key, value in values.items() if value}


def render_manifest(files: LibraryFiles, examples: list[str]) -> str:
    """The text of `library.json`."""
    flags = [f"-I{KERNEL_DIRECTORY}"] if files.kernel_sources else []
    flags += [shlex.quote(f"-D{define}") for define in files.kernel_defines]
    build: dict[str, Any] = {"includeDir": INCLUDE_DIRECTORY, "srcDir": SOURCE_DIRECTORY}
    if flags:
        build["flags"] = flags
    manifest: dict[str, Any] = {
        "name": files.library,
        "version": files.version,
        "description": files.sentence,
        "authors": _authors(files.publishing),
        "homepage": files.publishing.url,
        "frameworks": "*",
        "platforms": "*",
        "headers": f"{files.library}.h",
        "examples": [{"name": "self_test", "base": _EXAMPLE, "files": examples}],
        "build": build,
    }
    if files.publishing.depends:
        manifest["dependencies"] = [_dependency(each) for each in files.publishing.depends]
    return f"{json.dumps(manifest, indent=2)}\n"


def lay_out(files: LibraryFiles) -> Layout:
    self_test = {
        path: f"{_EXAMPLE_SOURCES}/{os.path.basename(path)}"
        for path in (*files.self_test_headers, *files.self_test_sources)
        if path != MAIN_FILE
    }
    own = {path: path for path in files.all_cpp if path not in self_test and path != MAIN_FILE}
    examples = sorted(
        os.path.relpath(place, _EXAMPLE) for place in (*self_test.values(), _MAIN, _PROJECT)
    )
    return Layout(
        places=FrozenDict({**own, **self_test}),
        texts=FrozenDict(
            {
                "library.json": render_manifest(files, examples),
                _MAIN: fill("main.platformio.cc.in", **files.names),
                _PROJECT: fill("platformio.ini.in", **files.names),
            }
        ),
        how_to_link=fill("how_to_link.platformio.md.in", **files.names),
    )
