# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Feeds a reader with mutants of its corpus, guided by the lines that they reach.

python -m tests.fuzzing.fuzz READER --seconds 600 --seed 1 --findings FOLDER

`--runs` in place of `--seconds` feeds the same mutants on each machine. Ends with 0, or at the first finding, whose input is then in the folder: an error that is not the reader's own,
a hang, or memory beyond the limit.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pants_tflite"]):
    from tests.fuzzing.readers import CORPUS, READERS

from tests.fuzzing.json_mutants import mutate_json

_JSON_READERS = ("json_input", "keras", "recipe")
_MAX_BYTES = 1 << 14
# For one input; the readers take milliseconds.
_MAX_SECONDS = 10
_MAX_RESIDENT_MEGABYTES = 1024
# An allocation beyond it is a MemoryError, and so a finding.
_MAX_ADDRESS_BYTES = 8 << 30


def _mutate_json(data: bytes, max_size: int, seed: int) -> bytes:
    return mutate_json(data, max_size, seed, atheris.Mutate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reader", choices=sorted(READERS))
    limit = parser.add_mutually_exclusive_group(required=True)
    limit.add_argument("--seconds", type=int)
    limit.add_argument("--runs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--findings", type=Path, default=Path("findings"))
    options = parser.parse_args()
    options.findings.mkdir(parents=True, exist_ok=True)
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_ADDRESS_BYTES, _MAX_ADDRESS_BYTES))
    # What it finds interesting goes to the first folder, and no reader's corpus grows by itself.
    with tempfile.TemporaryDirectory() as grown:
        flags = [
            f"-seed={options.seed}",
            f"-runs={options.runs}" if options.runs else f"-max_total_time={options.seconds}",
            f"-max_len={_MAX_BYTES}",
            f"-timeout={_MAX_SECONDS}",
            f"-rss_limit_mb={_MAX_RESIDENT_MEGABYTES}",
            f"-artifact_prefix={options.findings}/{options.reader}-",
            "-print_final_stats=1",
        ]
        argv = [sys.argv[0], *flags, grown, str(CORPUS / options.reader)]
        mutator = {"custom_mutator": _mutate_json} if options.reader in _JSON_READERS else {}
        atheris.Setup(argv, READERS[options.reader], **mutator)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
