# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Says where two runs of a step differ, and what is likely to be the cause."""

from __future__ import annotations

from pathlib import Path

from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.reproduction.causes import likely_causes
from pants_tflite.sandbox.reproduction.compare_outputs_protocol import (
    CompareOutputsRequest,
    DifferencesReport,
    FileDifference,
)
from pants_tflite.sandbox.reproduction.parts import differing_part


def _files(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def first_difference(first: bytes, second: bytes) -> int:
    """The offset of the first byte that differs, or the length of the shorter one."""
    shorter = min(len(first), len(second))
    low, high = 0, shorter
    while low < high:
        middle = (low + high + 1) // 2
        if first[:middle] == second[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def main(request: CompareOutputsRequest) -> None:
    first, second = _files(Path(request.first)), _files(Path(request.second))
    differences, pairs = [], []
    for path in sorted({*first, *second}):
        if path not in first or path not in second:
            run_name = "second" if path in second else "first"
            where = f"only the {run_name} run wrote it"
            differences.append(FileDifference(path=path, offset=None, where=where))
        elif first[path] != second[path]:
            offset = first_difference(first[path], second[path])
            where = differing_part(path, first, second, offset)
            differences.append(FileDifference(path=path, offset=offset, where=where))
            pairs.append((first[path], second[path]))
    causes = likely_causes(pairs, sources=Path(request.sources), sandboxes=request.sandboxes)
    write_report(DifferencesReport(files=tuple(differences), causes=causes))


if __name__ == "__main__":
    run(main, CompareOutputsRequest)
