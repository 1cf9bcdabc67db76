# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import Digest, Snapshot
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.custom_ops.kernel_sources import (
    MICRO,
    TFLITE,
    KernelSources,
    KernelSourcesRequest,
)
from pants_tflite.custom_ops.micro_sources import CustomOpSources, CustomOpSourcesRequest
from pants_tflite.testutil import new_rule_runner, write_workspace

FILES = {
    "ops/BUILD": f"""\
tflite_runtime(name="runtime", source="runtime.zip", sha256="{'0' * 64}")
cc_sources(name="math", sources=["math.*"])
cc_sources(name="unrelated", sources=["unrelated.h"])
cc_sources(name="tflite", sources=["kernel.c"], dependencies=["//lib"])
cc_sources(name="micro", sources=["micro.cc"], dependencies=[":math"])
tflite_custom_op(
    name="op",
    op="Op",
    runtime=":runtime",
    dependencies=[":tflite", ":math"],
    micro_dependencies=[":micro"],
    flags=["-Wall"],
)
tflite_custom_op(name="no_micro", op="None", runtime=":runtime", dependencies=[":tflite"])
tflite_custom_op(
    name="other_flags", op="Other", runtime=":runtime", micro_dependencies=[":micro"], flags=["-O3"]
)
""",
    "ops/kernel.c": '#include "math.h"\n#include <math.h>\n',
    "ops/math.c": '#include "math.h"\n',
    "ops/math.h": '#include "lib/types.h"\n',
    "ops/micro.cc": '#include "math.h"\n',
    "ops/unrelated.h": "",
    "lib/BUILD": "cc_sources()\n",
    "lib/lib.cpp": "",
    "lib/types.h": "",
}


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    rule_runner = new_rule_runner(
        [
            QueryRule(CustomOpSources, [CustomOpSourcesRequest]),
            QueryRule(KernelSources, [KernelSourcesRequest]),
            QueryRule(Snapshot, [Digest]),
        ]
    )
    write_workspace(rule_runner, FILES)
    return rule_runner


def _sources(rule_runner: RuleRunner, name: str, variant: str) -> KernelSources:
    target = rule_runner.get_target(Address("ops", target_name=name))
    return rule_runner.request(KernelSources, [KernelSourcesRequest(target, variant)])


def _micro(rule_runner: RuleRunner, *names: str) -> CustomOpSources:
    ops = tuple(Address("ops", target_name=name) for name in names)
    return rule_runner.request(CustomOpSources, [CustomOpSourcesRequest(ops)])


def _files(rule_runner: RuleRunner, digest: Digest) -> list[str]:
    return sorted(rule_runner.request(Snapshot, [digest]).files)


def test_each_source_with_the_headers_that_it_includes(rule_runner: RuleRunner) -> None:
    found = _sources(rule_runner, "op", TFLITE)
    assert {source.path: source.is_cxx for source in found.sources} == {
        "lib/lib.cpp": True,
        "ops/kernel.c": False,
        "ops/math.c": False,
    }
    files = {source.path: _files(rule_runner, source.digest) for source in found.sources}
    assert files["ops/math.c"] == ["lib/types.h", "ops/math.c", "ops/math.h"]
    assert files["ops/kernel.c"] == ["lib/types.h", "ops/kernel.c", "ops/math.h"]
    assert files["lib/lib.cpp"] == ["lib/lib.cpp"]
    assert found.is_cxx


def test_the_micro_variant(rule_runner: RuleRunner) -> None:
    found = _micro(rule_runner, "op")
    assert [source.path for source in found.sources] == ["ops/math.c", "ops/micro.cc"]
    assert _files(rule_runner, found.digest) == [
        "lib/types.h",
        "ops/math.c",
        "ops/math.h",
        "ops/micro.cc",
    ]
    assert [op.micro_registration for op in found.ops] == ["Register_OP"]
    assert (found.flags, found.include_dirs) == (("-Wall",), (".",))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("op", "no_micro"), "ops:no_micro, field `micro_dependencies`: the op None has no kernel"),
        (("op", "other_flags"), "ops:other_flags: this op is compiled in another way than ops:op"),
    ],
)
def test_mistakes_of_micro_variants(
    rule_runner: RuleRunner, names: tuple[str, ...], expected: str
) -> None:
    with pytest.raises(ExecutionError) as error:
        _micro(rule_runner, *names)
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("name", "variant", "field"),
    [("other_flags", TFLITE, "dependencies"), ("no_micro", MICRO, "micro_dependencies")],
)
def test_no_sources(rule_runner: RuleRunner, name: str, variant: str, field: str) -> None:
    with pytest.raises(ExecutionError) as error:
        _sources(rule_runner, name, variant)
    assert f"ops:{name}, field `{field}`: the {variant} variant of the kernel has no" in str(
        error.value
    )
