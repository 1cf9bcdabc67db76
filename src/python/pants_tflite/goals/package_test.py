# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which files a package has, and that models share a golden input without mixing anything up."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest
from pants.core.goals.package import BuiltPackage
from pants.engine.fs import CreateDigest, Digest, FileContent, MergeDigests
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.goals.package import PackageModelOutputRequest
from pants_tflite.testutil import new_rule_runner
from pants_tflite.util_rules.output_paths import OutputPath


@pytest.fixture
def rule_runner() -> RuleRunner:
    return new_rule_runner(
        [
            QueryRule(BuiltPackage, [PackageModelOutputRequest]),
            QueryRule(Digest, [CreateDigest]),
            QueryRule(Digest, [MergeDigests]),
        ]
    )


def _package(rule_runner: RuleRunner, path: str, **files: bytes) -> BuiltPackage:
    contents = [FileContent(f"{name}.npz", content) for name, content in files.items()]
    digest = rule_runner.request(Digest, [CreateDigest(contents)])
    return rule_runner.request(BuiltPackage, [PackageModelOutputRequest(OutputPath(path), digest)])


def _write(rule_runner: RuleRunner, *packages: BuiltPackage) -> Path:
    """Writes packages as the goal does, and returns `dist/`."""
    digest = rule_runner.request(Digest, [MergeDigests(package.digest for package in packages)])
    paths = [str(artifact.relpath) for package in packages for artifact in package.artifacts]
    rule_runner.scheduler.write_digest(digest, path_prefix="dist", clear_paths=paths)
    return Path(rule_runner.build_root, "dist")


def _files(dist: Path) -> list[str]:
    files = (path for path in dist.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path.relative_to(dist).as_posix() for path in files)


def test_models_with_the_same_golden_input_share_it(rule_runner: RuleRunner) -> None:
    name = f"m/golden_inputs/{sha256(b'in').hexdigest()}.npz"
    packages = [
        _package(rule_runner, f"m/{mode}", golden_input=b"in", golden_output=mode.encode())
        for mode in ("float32", "int8")
    ]
    dist = _write(rule_runner, *packages)
    assert _files(dist) == ["m/float32/golden_output.npz", name, "m/int8/golden_output.npz"]
    for mode in ("float32", "int8"):
        link = dist / "m" / mode / "golden_input.npz"
        assert os.readlink(link) == f"../golden_inputs/{sha256(b'in').hexdigest()}.npz"
        assert link.read_bytes() == b"in"
    # Once more, over the existing files.
    assert _files(_write(rule_runner, *packages)) == _files(dist)


def test_one_model_packaged_again_changes_no_other_model_s_golden_input(
    rule_runner: RuleRunner,
) -> None:
    before = [
        _package(rule_runner, f"m/{mode}", golden_input=b"old") for mode in ("float32", "int8")
    ]
    _write(rule_runner, *before)
    dist = _write(rule_runner, _package(rule_runner, "m/int8", golden_input=b"new"))
    assert (dist / "m/float32/golden_input.npz").read_bytes() == b"old"
    assert (dist / "m/int8/golden_input.npz").read_bytes() == b"new"


def test_a_golden_input_of_an_earlier_version_becomes_a_link(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({"dist/out/golden_input.npz": b"old"})
    dist = _write(rule_runner, _package(rule_runner, "out", golden_input=b"new"))
    assert (dist / "out/golden_input.npz").is_symlink()
    assert (dist / "out/golden_input.npz").read_bytes() == b"new"
    assert [file.split("/")[0] for file in _files(dist)] == ["golden_inputs"]


def test_a_model_that_is_not_run_has_no_golden_input(rule_runner: RuleRunner) -> None:
    dist = _write(rule_runner, _package(rule_runner, "m/model", model=b"model"))
    assert _files(dist) == ["m/model/model.npz"]
