# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the converter is asked, and what becomes of its output; tests/ has the conversion itself."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, DigestContents, FileContent
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.custom_ops.declarations import CustomOp, CustomOps
from pants_tflite.custom_ops.host_kernels import HostKernels
from pants_tflite.pipeline.convert import (
    ConvertedModel,
    ConvertModelRequest,
    SplitConversionRequest,
)
from pants_tflite.pipeline.dataset import SampledDataset
from pants_tflite.pipeline.export import ExportedSavedModel
from pants_tflite.pipeline.quantization import Quantization
from pants_tflite.sandbox.conversion.convert_protocol import ConvertRequest
from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.modes import MODES
from pants_tflite.testutil import new_rule_runner
from pants_tflite.util_rules.environment_processes import PythonEnvironment
from pants_tflite.util_rules.sandbox_programs import ProgramResult

ADDRESS = Address("m", target_name="model")
OP = CustomOp(
    Address("ops", target_name="atan"),
    name="ScaledAtan",
    registration="Register_ATAN",
    micro_registration="Register_ATAN",
    has_micro=False,
    quantized=True,
)
KERNEL = KernelLibrary("ScaledAtan", "__kernels__/0/libcustom_ops.so", "Register_ATAN")


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    return new_rule_runner(
        [
            QueryRule(ConvertedModel, [ConvertModelRequest]),
            QueryRule(ConvertedModel, [SplitConversionRequest]),
            QueryRule(Digest, [CreateDigest]),
            QueryRule(DigestContents, [Digest]),
        ]
    )


def _digest(rule_runner: RuleRunner, **files: str) -> Digest:
    contents = [FileContent(path, content.encode()) for path, content in files.items()]
    return rule_runner.request(Digest, [CreateDigest(contents)])


def _contents(rule_runner: RuleRunner, digest: Digest) -> dict[str, bytes]:
    contents = rule_runner.request(DigestContents, [digest])
    return {file.path: file.content for file in contents}


def _convert(rule_runner: RuleRunner, request: ConvertModelRequest) -> tuple[ConvertRequest, str]:
    """What the converter is asked, and its name with the files that it gets."""
    converted = rule_runner.request(ConvertedModel, [request])
    (asked,) = _contents(rule_runner, converted.model).values()
    (files,) = _contents(rule_runner, converted.report).values()
    return ConvertRequest.parse(asked), files.decode()


@pytest.fixture
def saved_model(rule_runner: RuleRunner, recorder: PythonEnvironment) -> ExportedSavedModel:
    digest = _digest(rule_runner, **{"__exported__/saved_model.pb": "graph"})
    return ExportedSavedModel(Address("m", target_name="saved_model"), digest, recorder)


def test_a_conversion_is_split_into_the_model_alone_and_its_report(
    rule_runner: RuleRunner,
) -> None:
    files = {"conversion.json": "{}", "model.tflite": "model", "log.txt": "log"}
    result = ProgramResult(_digest(rule_runner, **files))
    converted = rule_runner.request(ConvertedModel, [SplitConversionRequest(result)])
    assert _contents(rule_runner, converted.model) == {"model.tflite": b"model"}
    assert _contents(rule_runner, converted.report) == {"conversion.json": b"{}"}


def test_two_reports_of_one_model_leave_one_model(rule_runner: RuleRunner) -> None:
    first, second = (
        rule_runner.request(ConvertedModel, [SplitConversionRequest(ProgramResult(digest))])
        for digest in (
            _digest(rule_runner, **{"model.tflite": "model", "conversion.json": report})
            for report in ("1", "2")
        )
    )
    assert first.model == second.model
    assert first.report != second.report


def test_a_mode_that_calibrates_nothing_gets_the_saved_model_alone(
    rule_runner: RuleRunner, saved_model: ExportedSavedModel
) -> None:
    request = ConvertModelRequest(ADDRESS, saved_model, Quantization("float16"))
    asked, files = _convert(rule_runner, request)
    assert asked == ConvertRequest(
        saved_model="saved_model",
        signatures=(),
        mode="float16",
        input_type=None,
        output_type=None,
        calibration=None,
        custom_ops=(),
        kernels=(),
        threads=1,
    )
    assert files == ("pants_tflite.sandbox.conversion.convert\n./__exported__/saved_model.pb\n")


def test_a_mode_that_calibrates_gets_samples_and_kernels_too(
    rule_runner: RuleRunner, saved_model: ExportedSavedModel
) -> None:
    samples = SampledDataset(
        Address("m", target_name="samples"),
        _digest(rule_runner, **{"dataset.npz": "samples"}),
        count=1,
        fingerprint="ab",
    )
    request = ConvertModelRequest(
        ADDRESS,
        saved_model,
        Quantization("int8", input_type="int8", output_type="float32"),
        calibration=samples,
        signatures=("encode", "decode"),
        kernels=HostKernels((KERNEL,), _digest(rule_runner, **{KERNEL.library: "kernel"})),
    )
    asked, files = _convert(rule_runner, request)
    assert (asked.mode, asked.input_type, asked.output_type) == ("int8", "int8", "float32")
    assert asked.calibration == "__dataset__/dataset.npz"
    assert asked.signatures == ("encode", "decode")
    assert asked.kernels == (KERNEL,)
    assert files.splitlines()[1:] == [
        "./__dataset__/dataset.npz",
        "./__exported__/saved_model.pb",
        "./__kernels__/0/libcustom_ops.so",
    ]


def test_options_of_the_quantization_reach_the_converter(
    rule_runner: RuleRunner, saved_model: ExportedSavedModel
) -> None:
    quantization = Quantization(
        "int8",
        float_fallback=True,
        max_float_ops=3,
        per_channel=False,
        quantization_aware=True,
    )
    asked, _ = _convert(
        rule_runner,
        ConvertModelRequest(ADDRESS, saved_model, quantization, select_tf_ops=("Roll",)),
    )
    assert (asked.float_fallback, asked.per_channel) == (True, False)
    assert (asked.quantization_aware, asked.select_tf_ops) == (True, ("Roll",))
    # How many may stay in floats changes nothing of the conversion, and so stays out of its key.
    assert b"max_float_ops" not in asked.render()


@pytest.mark.parametrize("mode", [m.name for m in MODES if not m.has_int8_activations])
def test_custom_ops_are_quantized_in_modes_with_int8_activations_alone(
    rule_runner: RuleRunner, saved_model: ExportedSavedModel, mode: str
) -> None:
    request = ConvertModelRequest(
        ADDRESS, saved_model, Quantization(mode), custom_ops=CustomOps(("ScaledAtan",), (OP,))
    )
    asked, _ = _convert(rule_runner, request)
    assert asked.custom_ops == ("ScaledAtan",)
    assert asked.mode == mode
