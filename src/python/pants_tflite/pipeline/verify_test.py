# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the programs that record and verify are asked; tests/ has the verification itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, DigestContents, FileContent
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from pants_tflite.custom_ops.host_kernels import HostKernels
from pants_tflite.pipeline.dataset import SampledDataset
from pants_tflite.pipeline.export import ExportedSavedModel
from pants_tflite.pipeline.quantization import Quantization
from pants_tflite.pipeline.verify import (
    RecordedReference,
    RecordReferenceRequest,
    Samples,
    VerifiedModel,
    VerifyModelRequest,
)
from pants_tflite.sandbox.interpreter.kernel_protocol import KernelLibrary
from pants_tflite.sandbox.saved_models.record_protocol import RecordRequest
from pants_tflite.sandbox.verification.verify_protocol import VerifyRequest
from pants_tflite.testutil import new_rule_runner
from pants_tflite.util_rules.environment_processes import PythonEnvironment

ADDRESS = Address("m", target_name="model")
DATASET = SampledDataset(
    Address("m", target_name="samples"), EMPTY_DIGEST, count=2, fingerprint="ab"
)
KERNEL = KernelLibrary("Op", "__kernels__/0/libcustom_ops.so", "Register_OP")
CONVERTED = VerifyModelRequest(
    ADDRESS,
    EMPTY_DIGEST,
    reference=RecordedReference(EMPTY_DIGEST),
    quantization=Quantization("int8", input_type="int8", output_type="uint8"),
    custom_ops=("Op", "Other"),
    samples=Samples(DATASET, "calibration", 16),
    tolerance=0.1,
    kernels=HostKernels((KERNEL,)),
)
FROM_ELSEWHERE = replace(CONVERTED, reference=None, quantization=None, tolerance=None)


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    return new_rule_runner(
        [
            QueryRule(Digest, [CreateDigest]),
            QueryRule(DigestContents, [Digest]),
            QueryRule(RecordedReference, [RecordReferenceRequest]),
            QueryRule(VerifiedModel, [VerifyModelRequest]),
        ]
    )


def _record(
    rule_runner: RuleRunner,
    environment: PythonEnvironment,
    samples: Samples,
    *,
    signatures: tuple[str, ...] = (),
) -> RecordedReference:
    graph = FileContent("__exported__/saved_model.pb", b"graph")
    digest = rule_runner.request(Digest, [CreateDigest([graph])])
    saved_model = ExportedSavedModel(Address("m", target_name="saved_model"), digest, environment)
    request = RecordReferenceRequest(ADDRESS, saved_model, signatures=signatures, samples=samples)
    return rule_runner.request(RecordedReference, [request])


def _asked(rule_runner: RuleRunner, recorded: RecordedReference) -> tuple[RecordRequest, str]:
    """What the program is asked, and its name with the files that it gets."""
    contents = rule_runner.request(DigestContents, [recorded.digest])
    files = {file.path: file.content for file in contents}
    return RecordRequest.parse(files["model.tflite"]), files["conversion.json"].decode()


def test_a_converted_model_is_compared_with_the_reference_and_its_samples() -> None:
    assert CONVERTED.staged_dataset is None
    assert CONVERTED.to_program(None) == VerifyRequest(
        model="model.tflite",
        reference="reference.npz",
        dataset=None,
        dataset_field="calibration",
        mode="int8",
        input_type="int8",
        output_type="uint8",
        custom_ops=("Op", "Other"),
        kernels=(KERNEL,),
        tolerance=0.1,
        max_samples=16,
        seed=0,
    )


def test_a_model_from_elsewhere_is_run_on_the_dataset_and_compared_with_nothing() -> None:
    assert FROM_ELSEWHERE.staged_dataset == DATASET
    program = FROM_ELSEWHERE.to_program("__dataset__/dataset.npz")
    assert program.dataset == "__dataset__/dataset.npz"
    assert program.reference is None
    assert program.tolerance is None
    assert (program.mode, program.input_type, program.output_type) == (None, None, None)


def test_a_model_from_elsewhere_without_a_dataset_is_run_on_seeded_samples() -> None:
    request = replace(FROM_ELSEWHERE, samples=Samples(None, "verify_dataset", 3))
    assert request.staged_dataset is None
    program = request.to_program(None)
    assert (program.dataset, program.max_samples, program.seed) == (None, 3, 0)


def test_signatures_to_skip_are_passed_on() -> None:
    assert replace(CONVERTED, skip=("restore",)).to_program(None).skip == ("restore",)


def test_a_recipe_without_a_mode_leaves_the_types_unchecked() -> None:
    quantization = Quantization(None, engine="ai_edge", recipe="[]")
    program = replace(CONVERTED, quantization=quantization).to_program(None)
    assert program.mode is None
    assert program.reference == "reference.npz"


def test_a_reference_is_recorded_from_the_dataset(
    rule_runner: RuleRunner, recorder: PythonEnvironment
) -> None:
    file = FileContent("dataset.npz", b"samples")
    dataset = replace(DATASET, digest=rule_runner.request(Digest, [CreateDigest([file])]))
    samples = Samples(dataset, "verify_dataset", 5)
    recorded = _record(rule_runner, recorder, samples, signatures=("encode", "decode"))
    asked, files = _asked(rule_runner, recorded)
    assert asked == RecordRequest(
        saved_model="saved_model",
        signatures=("encode", "decode"),
        dataset="__dataset__/dataset.npz",
        dataset_field="verify_dataset",
        max_samples=5,
        seed=0,
        threads=1,
    )
    assert files.splitlines() == [
        "pants_tflite.sandbox.saved_models.record",
        "./__dataset__/dataset.npz",
        "./__exported__/saved_model.pb",
    ]


def test_a_reference_without_a_dataset_is_recorded_from_seeded_samples(
    rule_runner: RuleRunner, recorder: PythonEnvironment
) -> None:
    recorded = _record(rule_runner, recorder, Samples(None, "verify_dataset", 16))
    asked, files = _asked(rule_runner, recorded)
    assert (asked.dataset, asked.seed) == (None, 0)
    assert "__dataset__" not in files


def test_options_of_the_quantization_say_which_types_to_expect() -> None:
    quantization = Quantization(
        "int8", float_fallback=True, max_float_ops=3, per_channel=False, quantization_aware=True
    )
    program = replace(CONVERTED, quantization=quantization).to_program(None)
    assert (program.float_fallback, program.max_float_ops) == (True, 3)
    assert program.per_channel is False


def test_a_model_with_ops_of_tensorflow_is_verified_where_tensorflow_is(
    rule_runner: RuleRunner, recorder: PythonEnvironment
) -> None:
    request = replace(
        FROM_ELSEWHERE,
        samples=Samples(None, "verify_dataset", 3),
        kernels=HostKernels(),
        select_tf_ops=("Roll",),
        tensorflow=recorder,
    )
    verified = rule_runner.request(VerifiedModel, [request])
    contents = rule_runner.request(DigestContents, [verified.digest])
    files = {file.path: file.content for file in contents}
    assert VerifyRequest.parse(files["model.tflite"]) == request.to_program(None)
    assert VerifyRequest.parse(files["model.tflite"]).select_tf_ops == ("Roll",)
