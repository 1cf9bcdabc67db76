# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The files of a built model, and mistakes that are found before a program runs; tests/ builds."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, DigestContents, FileContent
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import FieldSetsPerTarget, FieldSetsPerTargetRequest
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.pipeline.build import (
    BuildModelFileRequest,
    BuildModelRequest,
    BuiltModel,
    DescribeModelRequest,
    TfLiteFileFieldSet,
)
from pants_tflite.pipeline.dataset import DatasetFieldSet, SampledDataset
from pants_tflite.pipeline.export import SavedModelFieldSet
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.pipeline.plan import TfLiteModelFieldSet
from pants_tflite.pipeline.quantization import Quantization
from pants_tflite.sandbox.tflite.conversion_protocol import CalibrationInfo, ConversionReport
from pants_tflite.target_types import InputsField
from pants_tflite.testutil import (
    EMPTY_INSPECTION,
    LITERT_VERIFICATION,
    new_rule_runner,
    write_workspace,
)
from pants_tflite.util_rules.inputs import InputFieldSet, StagedInputs, StageInputsRequest

BUILD = """\
python_sources()
file(name="weights", source="model.tflite")
keras_file(name="keras", source="model.keras")
tf_saved_model(name="trained", entry_point="train.py:export")
tflite_dataset(name="samples", entry_point="train.py:samples")
tflite_dataset(name="bad_samples", entry_point="train.py:samples", max_samples=0)
tflite_file(name="file", source="model.tflite", verify_dataset=":samples")
tflite_file(name="missing", source="none.tflite")
tflite_file(name="verified_by_a_model", source="model.tflite", verify_dataset=":keras")
tflite_file(name="verified_by_a_mistake", source="model.tflite", verify_dataset=":bad_samples")
tflite_file(name="op_twice", source="model.tflite", custom_ops=["Op", "Op"])
tflite_file(name="op_of_a_model", source="model.tflite", custom_ops=[":keras"])
tflite_model(name="model", saved_model=":keras")
tflite_model(name="uncalibrated", saved_model=":keras", quantization="int8")
"""
FILES = {
    "m/BUILD": BUILD,
    "m/model.keras": "",
    "m/model.tflite": "",
    "m/train.py": "",
}
FLOAT_CONVERSION = ConversionReport(
    engine="tensorflow",
    mode="float32",
    input_type=None,
    output_type=None,
    signatures=(),
    calibration=None,
    recipe=None,
    tools={"tensorflow": "1"},
)
CONVERSION = ConversionReport(
    engine="ai_edge",
    mode="int8",
    input_type=None,
    output_type=None,
    signatures=("main",),
    calibration=CalibrationInfo(2, "ab"),
    recipe=None,
    tools={"ai-edge-quantizer": "3"},
)
FROM_ELSEWHERE = {
    "inspection.json": EMPTY_INSPECTION.render(),
    "verification.json": LITERT_VERIFICATION.render(),
}
GOLDEN = {"golden_input.npz": b"in", "golden_output.npz": b"out"}


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    runner = new_rule_runner(
        [
            QueryRule(BuiltModel, [BuildModelFileRequest]),
            QueryRule(BuiltModel, [BuildModelRequest]),
            QueryRule(BuiltModel, [DescribeModelRequest]),
            QueryRule(Digest, [CreateDigest]),
            QueryRule(DigestContents, [Digest]),
            QueryRule(FieldSetsPerTarget, [FieldSetsPerTargetRequest]),
            QueryRule(StagedInputs, [StageInputsRequest]),
        ]
    )
    write_workspace(runner, FILES)
    return runner


def _digest(rule_runner: RuleRunner, files: dict[str, bytes]) -> Digest:
    contents = [FileContent(path, content) for path, content in files.items()]
    return rule_runner.request(Digest, [CreateDigest(contents)])


def _describe(
    rule_runner: RuleRunner,
    reports: dict[str, bytes],
    quantization: Quantization | None = None,
    calibration: SampledDataset | None = None,
) -> dict[str, bytes]:
    """The files of a built model."""
    request = DescribeModelRequest(
        _digest(rule_runner, {"model.tflite": b"model"}),
        _digest(rule_runner, reports),
        quantization=quantization,
        calibration=calibration,
    )
    built = rule_runner.request(BuiltModel, [request])
    contents = rule_runner.request(DigestContents, [built.digest])
    return {file.path: file.content for file in contents}


def _file_error(rule_runner: RuleRunner, name: str) -> str:
    target = rule_runner.get_target(Address("m", target_name=name))
    request = BuildModelFileRequest(TfLiteFileFieldSet.create(target))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(BuiltModel, [request])
    return str(error.value)


def test_a_built_model_has_its_description_and_golden_files_and_no_reports(
    rule_runner: RuleRunner,
) -> None:
    files = _describe(rule_runner, {**FROM_ELSEWHERE, **GOLDEN})
    assert sorted(files) == [*sorted(GOLDEN), "model.json", "model.tflite"]
    assert files["model.tflite"] == b"model"
    assert {name: files[name] for name in GOLDEN} == GOLDEN


def test_a_model_that_was_not_run_has_no_golden_files(rule_runner: RuleRunner) -> None:
    assert sorted(_describe(rule_runner, FROM_ELSEWHERE)) == ["model.json", "model.tflite"]


def test_the_description_of_a_model_from_elsewhere_has_no_conversion(
    rule_runner: RuleRunner,
) -> None:
    files = _describe(rule_runner, FROM_ELSEWHERE)
    description = ModelDescription.parse(files["model.json"])
    assert description.conversion is None
    assert description.quantization is None
    assert description.calibration is None
    assert description.sizes == EMPTY_INSPECTION.sizes
    assert description.tools == {"ai-edge-litert": "2"}


def test_the_description_of_a_quantized_model_knows_its_two_conversions_apart(
    rule_runner: RuleRunner,
) -> None:
    reports = {
        **FROM_ELSEWHERE,
        "conversion.json": CONVERSION.render(),
        "float/conversion.json": FLOAT_CONVERSION.render(),
    }
    dataset = SampledDataset(
        Address("m", target_name="samples"), EMPTY_DIGEST, count=4, fingerprint="cd"
    )
    files = _describe(rule_runner, reports, Quantization("int8", engine="ai_edge"), dataset)
    description = ModelDescription.parse(files["model.json"])
    assert description.conversion is not None and description.quantization is not None
    assert (description.conversion.engine, description.conversion.mode) == ("ai_edge", "int8")
    assert description.quantization.engine == "ai_edge"
    assert description.calibration == CalibrationInfo(4, "cd")
    assert sorted(description.tools) == ["ai-edge-litert", "ai-edge-quantizer", "tensorflow"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("missing", "The 'source' field in target m:missing must have 1 file"),
        (
            "verified_by_a_model",
            "m:verified_by_a_model, field `verify_dataset` = ':keras': m:keras is a `keras_file` "
            "target.\n\nFix: Give the address of a `tflite_dataset` target.",
        ),
        ("verified_by_a_mistake", "m:bad_samples, field `max_samples` = '0'"),
        (
            "op_twice",
            "m:op_twice, field `custom_ops` = 'Op, Op': the op Op is declared twice",
        ),
        (
            "op_of_a_model",
            "m:op_of_a_model, field `custom_ops` = ':keras': m:keras is a `keras_file` target",
        ),
    ],
)
def test_a_mistake_around_a_model_file_is_found_before_a_program_runs(
    rule_runner: RuleRunner, name: str, expected: str
) -> None:
    assert expected in _file_error(rule_runner, name)


def test_a_mistake_in_a_model_is_found_before_a_program_runs(rule_runner: RuleRunner) -> None:
    target = rule_runner.get_target(Address("m", target_name="uncalibrated"))
    request = BuildModelRequest(TfLiteModelFieldSet.create(target))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(BuiltModel, [request])
    assert "m:uncalibrated, field `calibration`: the mode int8 needs samples" in str(error.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("file", TfLiteFileFieldSet),
        ("keras", SavedModelFieldSet),
        ("model", TfLiteModelFieldSet),
        ("samples", DatasetFieldSet),
        ("trained", SavedModelFieldSet),
        ("weights", None),
    ],
)
def test_each_step_s_target_is_an_input_in_one_way(
    rule_runner: RuleRunner, name: str, expected: type[InputFieldSet] | None
) -> None:
    target = rule_runner.get_target(Address("m", target_name=name))
    request = FieldSetsPerTargetRequest(InputFieldSet, [target])
    found = rule_runner.request(FieldSetsPerTarget, [request]).field_sets
    assert found == (() if expected is None else (expected.create(target),))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bad_samples", "m:bad_samples, field `max_samples`"),
        ("op_twice", "m:op_twice, field `custom_ops`"),
        ("uncalibrated", "m:uncalibrated, field `calibration`"),
    ],
)
def test_an_input_is_built_and_its_mistakes_are_its_own(
    rule_runner: RuleRunner, name: str, expected: str
) -> None:
    inputs = InputsField({"model": f":{name}"}, Address("m", target_name="trained"))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(StagedInputs, [StageInputsRequest(inputs)])
    assert expected in str(error.value)
    assert "m:trained, field" not in str(error.value)
