# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pants_tflite.android.sandbox.checksums import main
from pants_tflite.android.sandbox.checksums_protocol import ALGORITHMS, ChecksumsRequest


def test_checksums_are_what_other_tools_compute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {"org/example/a-1.0.0.aar": b"\x00archive", "maven-metadata.xml": b"<metadata/>"}
    for name, content in files.items():
        path = tmp_path / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    request = ChecksumsRequest("repository", tuple(files))
    main(request)
    written = {p.relative_to("out").as_posix() for p in Path("out").rglob("*") if p.is_file()}
    assert written == {f"{name}.{algorithm}" for name in files for algorithm in ALGORITHMS}
    assert written == set(request.output_files())
    for name in files:
        for algorithm in ALGORITHMS:
            printed = subprocess.check_output([f"{algorithm}sum", f"repository/{name}"], text=True)
            assert Path("out", f"{name}.{algorithm}").read_text() == printed.split()[0]
