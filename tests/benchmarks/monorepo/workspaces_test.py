# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks.monorepo import tool
from tests.benchmarks.monorepo.models import model_of
from tests.benchmarks.monorepo.workspaces import (
    bazel_files,
    dvc_yaml,
    makefile,
    model_files,
    packages,
    write,
)


def test_models_differ_and_are_the_same_each_time() -> None:
    found = [model_of(seed, index) for seed in (1, 2) for index in range(10)]
    assert len(set(found)) == 20
    assert model_of(2, 9) == found[-1]


def test_a_package_has_ten_models() -> None:
    assert packages(30) == ["p0000", "p0001", "p0002"]
    for wrong in (0, 15):
        with pytest.raises(ValueError, match=str(wrong)):
            packages(wrong)


def test_every_contender_has_a_step_for_each_model_and_bundle() -> None:
    assert makefile(20, "python").count("tool.py check") == 20
    assert makefile(20, "python").count("tool.py bundle") == 2
    assert dvc_yaml(20, "python").count("cmd: python tool.py") == 22
    assert len(bazel_files(20, "python")) == 4


def test_the_tool_checks_and_bundles_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, model_files(20, seed=1))
    monkeypatch.chdir(tmp_path)
    tool.build_all()
    checked = sorted(tmp_path.glob("out/*/*/model.json"))
    assert len(checked) == 20
    assert len({json.loads(path.read_text())["sha256"] for path in checked}) == 20
    archives = sorted(tmp_path.glob("out/*/archive/*.tar.gz"))
    first = [path.read_bytes() for path in archives]
    tool.build_all()
    assert [path.read_bytes() for path in archives] == first and len(first) == 2


def test_labels_that_do_not_fit_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {**model_files(10, seed=1), "packages/p0000/labels.txt": "one\n"})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="1 labels"):
        tool.build_all()
