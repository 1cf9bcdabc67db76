# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Files that come with the backend: templates, tables, and programs that run elsewhere."""

from __future__ import annotations

import pkgutil


def read_resource(package: str, name: str) -> bytes:
    """The file `name` in the folder of a package, also if the backend is a zip file. Raises
    FileNotFoundError if there is none."""
    content = pkgutil.get_data(package, name)
    assert content is not None, f"{package} has no {name}"
    return content
