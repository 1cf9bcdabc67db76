# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The templates of a report's page, as the program that renders it finds them."""

from __future__ import annotations

import importlib.resources
import os

from pants.engine.fs import FileContent
from pants.util.memo import memoized

from pants_tflite.util_rules.steps import PROGRAMS_ROOT

_PACKAGE = "pants_tflite.sandbox.reporting"
_FOLDER = "templates"


@memoized
def template_files() -> tuple[FileContent, ...]:
    """The files next to the program `render_report`."""
    folder = importlib.resources.files(_PACKAGE) / _FOLDER
    return tuple(
        FileContent(
            os.path.join(PROGRAMS_ROOT, *_PACKAGE.split("."), _FOLDER, file.name),
            file.read_bytes(),
        )
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
    )
