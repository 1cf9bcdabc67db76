# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Mistakes around golden vectors of another model, and which model they fit; tests/ borrows some."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, FileContent
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.pipeline.golden_model import (
    BorrowedGolden,
    GoldenModelRequest,
    interface_change,
)
from pants_tflite.sandbox.tflite.inspect_model_protocol import (
    InspectionReport,
    ModelSignature,
    ModelTensor,
)
from pants_tflite.sandbox.verification.verify_protocol import VerificationReport, VerifiedSamples
from pants_tflite.target_types import GoldenModelField
from pants_tflite.testutil import (
    EMPTY_INSPECTION,
    LITERT_VERIFICATION,
    new_rule_runner,
    write_workspace,
)

BUILD = """\
file(name="weights", source="model.tflite")
tflite_file(name="model", source="model.tflite")
"""
X = ModelTensor(name="x", dtype="int8", shape=(1, 2), shape_signature=(1, 2), quantization=None)
Y = replace(X, name="y")
INSPECTION = replace(
    EMPTY_INSPECTION,
    inputs=(X,),
    outputs=(Y,),
    signatures={"main": ModelSignature(0, {"in": X}, {"out": Y})},
    custom_ops=("ethos-u",),
)
VERIFICATION = replace(
    LITERT_VERIFICATION, not_run="it has no kernel", samples=VerifiedSamples(0, "seeded")
)


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    runner = new_rule_runner(
        [
            QueryRule(BorrowedGolden, [GoldenModelRequest]),
            QueryRule(Digest, [CreateDigest]),
        ]
    )
    write_workspace(runner, {"m/BUILD": BUILD, "m/model.tflite": ""})
    return runner


def borrow(
    rule_runner: RuleRunner, value: str | None, verification: VerificationReport = VERIFICATION
) -> BorrowedGolden:
    files = {"inspection.json": INSPECTION, "verification.json": verification}
    contents = [FileContent(path, report.render()) for path, report in files.items()]
    reports = rule_runner.request(Digest, [CreateDigest(contents)])
    field = GoldenModelField(value, Address("m", target_name="compiled"))
    return rule_runner.request(BorrowedGolden, [GoldenModelRequest(field, reports)])


def test_nothing_is_borrowed_without_the_field(rule_runner: RuleRunner) -> None:
    assert borrow(rule_runner, None) == BorrowedGolden(EMPTY_DIGEST, None)


@pytest.mark.parametrize(
    ("value", "verification", "expected"),
    [
        (":weights", VERIFICATION, "m:weights is a `file` target"),
        (
            ":model",
            replace(VERIFICATION, not_run=None),
            "the model runs here, so that its golden vectors are its own.\n\n"
            "Fix: Leave `golden_model` out.",
        ),
    ],
)
def test_mistakes(
    rule_runner: RuleRunner, value: str, verification: VerificationReport, expected: str
) -> None:
    with pytest.raises(ExecutionError) as error:
        borrow(rule_runner, value, verification)
    assert f"m:compiled, field `golden_model` = '{value}': {expected}" in str(error.value)


def test_a_model_does_not_borrow_from_itself(rule_runner: RuleRunner) -> None:
    reports = rule_runner.request(Digest, [CreateDigest(())])
    field = GoldenModelField(":model", Address("m", target_name="model"))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(BorrowedGolden, [GoldenModelRequest(field, reports)])
    assert "m:model, field `golden_model` = ':model': that is the file itself" in str(error.value)


def test_the_same_inputs_outputs_and_signatures_fit() -> None:
    assert interface_change(INSPECTION, replace(INSPECTION, ops=(), sha256="11")) is None


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (replace(INSPECTION, outputs=(replace(Y, shape=(1, 3)),)), "('y', 'int8', (1, 3))]"),
        (replace(INSPECTION, inputs=(replace(X, dtype="int16"),)), "became [('x', 'int16', "),
        (replace(INSPECTION, inputs=(replace(X, name="z"),)), "became [('z', 'int8', "),
        (replace(INSPECTION, signatures={}), "the signatures ['main'] became []"),
        (
            replace(INSPECTION, signatures={"main": ModelSignature(0, {"x": X}, {"out": Y})}),
            "the names that signatures give to inputs and outputs changed",
        ),
    ],
)
def test_what_changed_is_said(after: InspectionReport, expected: str) -> None:
    assert expected in (interface_change(INSPECTION, after) or "nothing changed")
