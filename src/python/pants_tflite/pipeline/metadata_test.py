# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, FileContent
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.pipeline.metadata import (
    FinishedModel,
    ResolvedMetadata,
    ResolveMetadataRequest,
    WriteMetadataRequest,
)
from pants_tflite.pipeline.verify import Samples
from pants_tflite.sandbox.tflite.write_metadata_protocol import MetadataContent, OutputLabels
from pants_tflite.target_types import MetadataField
from pants_tflite.testutil import new_rule_runner, write_workspace

MODEL = Address("m", target_name="model")
NO_SAMPLES = Samples(None, "verify_dataset", 1)
BUILD = """\
file(name="labels", source="labels.txt")
file(name="twice", source="twice.txt")
tflite_metadata(
    name="all",
    model_name="Pets",
    description="Tells cats from dogs.",
    version="1.2.0",
    author="Example Ltd",
    license="Apache-2.0",
    labels={"scores": ":labels"},
    image_input="image",
    mean=[127.5, 0],
    std=[1, 2.5],
)
tflite_metadata(name="nothing")
tflite_metadata(name="bad_labels", labels={"scores": ":twice"})
tflite_metadata(name="uneven", mean=[1.0, 2.0, 3.0], std=[1.0])
tflite_metadata(name="zero", mean=[1.0], std=[0.0])
tflite_metadata(name="endless", mean=[1e999], std=[1.0])
"""


@pytest.fixture
def rule_runner() -> RuleRunner:
    rule_runner = new_rule_runner(
        [
            QueryRule(FinishedModel, (WriteMetadataRequest,)),
            QueryRule(ResolvedMetadata, (ResolveMetadataRequest,)),
        ]
    )
    files = {"m/BUILD": BUILD, "m/labels.txt": "cat\ndog\n", "m/twice.txt": "cat\ncat\n"}
    write_workspace(rule_runner, files)
    return rule_runner


def _resolve(rule_runner: RuleRunner, value: str | None) -> ResolvedMetadata:
    request = ResolveMetadataRequest(MetadataField(value, MODEL))
    return rule_runner.request(ResolvedMetadata, [request])


def test_all_fields_are_in_the_content(rule_runner: RuleRunner) -> None:
    assert _resolve(rule_runner, ":all").content == MetadataContent(
        model_name="Pets",
        description="Tells cats from dogs.",
        version="1.2.0",
        author="Example Ltd",
        license="Apache-2.0",
        labels=(OutputLabels("scores", ("cat", "dog")),),
        image_input="image",
        mean=(127.5, 0.0),
        std=(1.0, 2.5),
    )


def test_a_model_without_metadata_keeps_its_bytes(rule_runner: RuleRunner) -> None:
    metadata = _resolve(rule_runner, None)
    assert metadata == ResolvedMetadata()
    model = rule_runner.request(Digest, [CreateDigest([FileContent("model.tflite", b"bytes")])])
    request = WriteMetadataRequest(
        address=MODEL, model=model, metadata=metadata, samples=NO_SAMPLES, is_source=False
    )
    assert rule_runner.request(FinishedModel, [request]).digest == model


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bad_labels", "m:bad_labels, field `labels` = ':twice': the label 'cat' is there twice"),
        ("endless", "m:endless, field `mean` = 'inf': each must be a finite number."),
        ("labels", "m:model, field `metadata` = ':labels': m:labels is a `file` target"),
        ("nothing", "m:model, field `metadata` = ':nothing': m:nothing says nothing about a model"),
        ("uneven", "m:uneven, field `std`: it has 1 numbers, and `mean` has 3"),
        ("zero", "m:zero, field `std` = '0.0': each must be a finite number greater than 0"),
    ],
)
def test_mistakes(rule_runner: RuleRunner, name: str, expected: str) -> None:
    with pytest.raises(ExecutionError) as caught:
        _resolve(rule_runner, f":{name}")
    assert expected in str(caught.value)
