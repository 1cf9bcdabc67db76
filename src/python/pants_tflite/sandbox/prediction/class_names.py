# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The names of classes, out of a file that the command line names."""

from __future__ import annotations

import argparse
from pathlib import Path

from pants_tflite.sandbox.prediction.tensor_values import BadInput


def add_labels_option(parser: argparse.ArgumentParser, what: str) -> None:
    """Adds `--labels FILE`, the names of `what`."""
    parser.add_argument("--labels", type=Path, metavar="FILE", help=f"names of {what}, one a line")


def read_labels(path: Path | None) -> list[str]:
    """The lines of a labels file. Raises BadInput if there is none, or it is not UTF-8."""
    if path is None:
        return []
    if not path.is_file():
        raise BadInput(f"there is no file `{path}` in `{Path.cwd()}`")
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise BadInput(
            f"the labels in `{path}` are not UTF-8, as which to save them: {error}"
        ) from error
