# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from pants.engine.addresses import Address
from pants.engine.rules import QueryRule

from pants_tflite.evaluation.find_tests import FindModelTestsRequest, ModelTests
from pants_tflite.testutil import new_rule_runner, write_workspace

BUILD = """\
tflite_model(
    name="tflite",
    saved_model=":saved",
    quantization=parametrize("float32", "int8"),
)
tflite_test(name="second", model=":tflite@quantization=int8", max_size="3MB")
tflite_test(name="first", model="//m:tflite@quantization=int8", max_size="2MB")
tflite_test(name="other", model=":tflite@quantization=float32", max_size="2MB")
"""


def test_tests_of_one_variant_wherever_they_are() -> None:
    rule_runner = new_rule_runner([QueryRule(ModelTests, [FindModelTestsRequest])])
    files = {
        "m/BUILD": BUILD,
        "n/BUILD": 'tflite_test(name="far", model="m:tflite@quantization=int8", max_size="1MB")',
    }
    write_workspace(rule_runner, files)
    address = Address("m", target_name="tflite", parameters={"quantization": "int8"})
    found = rule_runner.request(ModelTests, [FindModelTestsRequest((address,))])
    assert [str(fields.address) for fields in found.tests] == ["m:first", "m:second", "n:far"]
    assert found.tests[0].max_size.bytes == 2_000_000
    other = Address("m", target_name="elsewhere")
    assert rule_runner.request(ModelTests, [FindModelTestsRequest((other,))]).tests == ()
