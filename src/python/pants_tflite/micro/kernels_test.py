# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Where the files of kernels go in a library."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import Digest, Snapshot
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.custom_ops.declarations import CustomOp
from pants_tflite.errors import TfLiteError
from pants_tflite.micro import register
from pants_tflite.micro.kernels import MicroKernels, MicroKernelsRequest, place_files
from pants_tflite.testutil import new_rule_runner, write_workspace

ADDRESS = Address("m", target_name="mcu")
BUILD = f"""\
tflite_runtime(name="runtime", source="runtime.zip", sha256="{'0' * 64}")
cc_sources(name="math", sources=["math.*"])
cc_sources(name="atan", sources=["atan.cc"], dependencies=[":math"])
cc_sources(name="sinh", sources=["sinh.c"], dependencies=[":math"])
tflite_custom_op(
    name="a", op="Atan", runtime=":runtime", micro_dependencies=[":atan"], defines=["TERMS=7"]
)
tflite_custom_op(
    name="s", op="Sinh", runtime=":runtime", micro_dependencies=[":sinh"], defines=["TERMS=7"]
)
"""
FILES = {
    "cc/ops/BUILD": BUILD,
    "cc/ops/atan.cc": '#include "ops/math.h"\n',
    "cc/ops/math.c": '#include "math.h"\n',
    "cc/ops/math.h": "",
    "cc/ops/sinh.c": '#include "ops/math.h"\n',
}


@pytest.mark.parametrize(
    ("include_dirs", "expected"),
    [
        ((".",), "src/kernels/src/cc/ops/a.h"),
        (("src",), "src/kernels/cc/ops/a.h"),
        (("src", "src/cc"), "src/kernels/ops/a.h"),
    ],
)
def test_a_file_is_where_it_is_included(include_dirs: tuple[str, ...], expected: str) -> None:
    assert place_files(ADDRESS, ["src/cc/ops/a.h"], include_dirs) == {"src/cc/ops/a.h": expected}


def test_two_files_that_are_included_alike() -> None:
    with pytest.raises(TfLiteError) as error:
        place_files(ADDRESS, ["a/ops/x.h", "b/ops/x.h"], ["a", "b"])
    assert "m:mcu, field `models`: " in str(error.value)
    assert "`a/ops/x.h` and `b/ops/x.h`, which are both included as `ops/x.h`" in str(error.value)


@pytest.fixture
def rule_runner() -> RuleRunner:
    rule_runner = new_rule_runner(
        [
            QueryRule(MicroKernels, (MicroKernelsRequest,)),
            QueryRule(Snapshot, (Digest,)),
        ],
        rules=register.rules(),
        target_types=register.target_types(),
    )
    write_workspace(rule_runner, FILES)
    rule_runner.set_options(
        [*rule_runner.options_bootstrapper.args[1:], "--source-root-patterns=['/cc']"],
        env_inherit={"PATH", "PYENV_ROOT", "HOME"},
    )
    return rule_runner


def test_kernels_of_two_ops_share_their_files(rule_runner: RuleRunner) -> None:
    ops = tuple(
        CustomOp.create(rule_runner.get_target(Address("cc/ops", target_name=name)))
        for name in ("a", "s")
    )
    kernels = rule_runner.request(MicroKernels, [MicroKernelsRequest(ADDRESS, ops)])
    assert kernels.names == ("Atan", "Sinh")
    assert kernels.sources_of["Atan"] == ("src/kernels/ops/atan.cc", "src/kernels/ops/math.c")
    assert kernels.sources_of["Sinh"] == ("src/kernels/ops/math.c", "src/kernels/ops/sinh.c")
    assert set(kernels.sources) == {path for paths in kernels.sources_of.values() for path in paths}
    assert kernels.headers == ("src/kernels/ops/math.h",)
    assert kernels.defines == ("TERMS=7",)
    files = rule_runner.request(Snapshot, [kernels.digest]).files
    assert sorted(files) == sorted((*kernels.sources, *kernels.headers))


def test_a_library_without_custom_ops_has_no_kernels(rule_runner: RuleRunner) -> None:
    found = rule_runner.request(MicroKernels, [MicroKernelsRequest(ADDRESS, ())])
    assert found == MicroKernels()
