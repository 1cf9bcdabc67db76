# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.pipeline.label_files import Labels
from pants_tflite.reporting.class_names import ClassNamesRequest
from pants_tflite.testutil import new_rule_runner, write_workspace

BUILD = """
file(name="labels", source="labels.txt")
tflite_file(name="animals", source="animals.tflite")
tflite_file(name="plants", source="plants.tflite")
tflite_linux_archive(name="a", models=[":plants"], platforms=["linux_x86_64"])
tflite_linux_archive(
    name="b",
    models=[":animals", ":plants"],
    platforms=["linux_x86_64"],
    model_names={":animals": "zoo"},
    labels={"zoo": ":labels"},
)
"""


@pytest.fixture
def rule_runner() -> RuleRunner:
    rule_runner = new_rule_runner([QueryRule(Labels, [ClassNamesRequest])])
    write_workspace(rule_runner, {"m/BUILD": BUILD, "m/labels.txt": "cat\n<b>dog</b>\n"})
    return rule_runner


@pytest.mark.parametrize(
    "names, labels",
    [(("animals",), ("cat", "<b>dog</b>")), (("plants", "animals"), ("cat", "<b>dog</b>"))],
)
def test_classes_are_called_what_a_bundle_calls_them(
    rule_runner: RuleRunner, names: tuple[str, ...], labels: tuple[str, ...]
) -> None:
    models = tuple(Address("m", target_name=name) for name in names)
    assert rule_runner.request(Labels, [ClassNamesRequest(models)]) == Labels(labels)


def test_classes_without_labels_have_no_names(rule_runner: RuleRunner) -> None:
    request = ClassNamesRequest((Address("m", target_name="plants"),))
    assert rule_runner.request(Labels, [request]) == Labels()
