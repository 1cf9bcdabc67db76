# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants run` for a dataset: what is in it, and which samples it has twice or shares with others."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Sequence

from pants_tflite.sandbox.compile_environment import ensure_compiled_if_asked
from pants_tflite.sandbox.samples.dataset_summary import DatasetSummary, SharedSamples
from pants_tflite.sandbox.samples.summary_text import summary_text

MISTAKE_EXIT_CODE = 2
EPILOG = """\
Compared with this dataset are those that a model or a test of this repository names together with it,
and each file that --with names. A sample is in both if all of its inputs have the same bytes.
"""


class BadFile(Exception):
    """A file on the command line that is not what it should be; the text says why."""


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pants run ADDRESS --",
        description="Prints what is in a dataset.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dataset", required=True, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--name", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--others", required=True, type=Path, help=argparse.SUPPRESS)
    parser.add_argument(
        "--with",
        dest="files",
        action="append",
        default=[],
        metavar="FILE",
        help="also compare with a dataset.npz that Pants packaged",
    )
    parser.add_argument(
        "--labels", type=Path, metavar="FILE", help="names of the classes, one a line"
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON only")
    return parser.parse_args(arguments)


def read_summary(path: Path) -> DatasetSummary:
    """Raises BadFile if there is no dataset at `path`."""
    if not path.is_file():
        raise BadFile(f"there is no file `{path}` in `{Path.cwd()}`")
    try:
        return DatasetSummary.read(path)
    except Exception as error:
        raise BadFile(f"`{path}` is not a dataset that Pants packaged: {error}") from error


def read_labels(path: Path | None) -> list[str]:
    if path is None:
        return []
    if not path.is_file():
        raise BadFile(f"there is no file `{path}` in `{Path.cwd()}`")
    return path.read_text(encoding="utf-8").splitlines()


def run(options: argparse.Namespace) -> None:
    summary = read_summary(options.dataset)
    # By name, relative to the file that lists them.
    listed = json.loads(options.others.read_text(encoding="utf-8"))
    others = {name: options.others.parent / path for name, path in listed.items()}
    others.update({text: Path(text) for text in options.files})
    shared = [SharedSamples.of(summary, name, read_summary(others[name])) for name in others]
    if options.json:
        plain = {**summary.to_plain(), "shared": [each.to_plain() for each in shared]}
        print(json.dumps(plain, sort_keys=True, ensure_ascii=False))
    else:
        print(summary_text(options.name, summary, shared, read_labels(options.labels)))


def main(arguments: Sequence[str]) -> int:
    """Runs the program; a mistake is a message on stderr and exit code 2."""
    options = parse_arguments(arguments)
    ensure_compiled_if_asked()
    try:
        run(options)
    except BadFile as error:
        print(f"summarize_dataset: {error}", file=sys.stderr)
        return MISTAKE_EXIT_CODE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
