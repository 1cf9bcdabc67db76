# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address, Addresses
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import Dependencies, DependenciesRequest
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.custom_ops.declarations import CustomOps, ResolveCustomOpsRequest
from pants_tflite.custom_ops.target_types import default_registration
from pants_tflite.target_types import CustomOpsField
from pants_tflite.testutil import new_rule_runner, write_workspace

BUILD = f"""\
tflite_runtime(name="runtime", source="runtime.zip", sha256="{'0' * 64}")
tflite_custom_op(name="atan", op="ScaledAtan", runtime=":runtime", quantized=True)
tflite_custom_op(name="again", op="ScaledAtan", runtime=":runtime")
tflite_custom_op(
    name="mine", op="Mine", runtime=":runtime", registration="RegisterMine", micro_dependencies=[":c"]
)
tflite_custom_op(name="bad", op="Bad", runtime=":runtime", registration="Ops::Bad")
cc_source(name="c", source="c.c")
tflite_file(name="model", source="m.tflite", custom_ops=[":atan", "Other"])
tflite_file(name="bare", source="m.tflite", custom_ops=["Other"])
tflite_custom_op_test(name="test", custom_op=":atan", entry_point="op_cases.py:cases")
python_sources(name="cases")
"""


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    rule_runner = new_rule_runner(
        [
            QueryRule(Addresses, [DependenciesRequest]),
            QueryRule(CustomOps, [ResolveCustomOpsRequest]),
        ]
    )
    files = {"ops/BUILD": BUILD, "ops/c.c": "", "ops/m.tflite": "", "ops/op_cases.py": ""}
    write_workspace(rule_runner, files)
    return rule_runner


def _resolve(rule_runner: RuleRunner, *values: str) -> CustomOps:
    request = ResolveCustomOpsRequest(CustomOpsField(values, Address("ops", target_name="model")))
    return rule_runner.request(CustomOps, [request])


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ("ScaledAtan", "Register_SCALED_ATAN"),
        ("Atan", "Register_ATAN"),
        ("TFLite_Detection_PostProcess", "Register_TF_LITE_DETECTION_POST_PROCESS"),
        ("HTTPServer2Go", "Register_HTTP_SERVER2_GO"),
        ("my.op", "Register_MY_OP"),
    ],
)
def test_default_registration(op: str, expected: str) -> None:
    assert default_registration(op) == expected


def test_addresses_and_bare_names(rule_runner: RuleRunner) -> None:
    resolved = _resolve(rule_runner, "Other", ":mine", "ops:atan")
    assert resolved.names == ("Mine", "Other", "ScaledAtan")
    assert resolved.quantized == ("ScaledAtan",)
    mine, atan = resolved.ops
    assert (mine.registration, mine.micro_registration) == ("RegisterMine", "RegisterMine")
    assert atan.registration == "Register_SCALED_ATAN"
    assert (mine.has_micro, atan.has_micro) == (True, False)
    assert _resolve(rule_runner) == CustomOps()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((":atan", ":again"), "ops:model, field `custom_ops` = ':atan, :again': the op ScaledAtan"),
        ((":atan", "ScaledAtan"), "the op ScaledAtan is declared twice"),
        ((":runtime",), "ops:runtime is a `tflite_runtime` target"),
        ((":none",), "ops:none"),
        (
            (":bad",),
            "ops:bad, field `registration` = 'Ops::Bad': this is not the name of a C function",
        ),
    ],
)
def test_mistakes(rule_runner: RuleRunner, values: tuple[str, ...], expected: str) -> None:
    with pytest.raises(ExecutionError) as error:
        _resolve(rule_runner, *values)
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("atan", ["ops:runtime"]),
        ("bare", []),
        ("model", ["ops:atan"]),
        ("test", ["ops/op_cases.py:cases", "ops:atan"]),
    ],
)
def test_dependencies(rule_runner: RuleRunner, name: str, expected: list[str]) -> None:
    target = rule_runner.get_target(Address("ops", target_name=name))
    found = rule_runner.request(Addresses, [DependenciesRequest(target[Dependencies])])
    assert sorted(str(address) for address in found) == expected
