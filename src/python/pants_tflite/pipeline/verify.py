# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Inspecting and verifying a `.tflite` file, which comes before anything may use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, Digest, MergeDigests

from pants_tflite.compat import collect_rules, implicitly, merge_digests, rule
from pants_tflite.custom_ops.host_kernels import HostKernels
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.dataset import SampledDataset, StageDatasetRequest, stage_dataset
from pants_tflite.pipeline.export import SAVED_MODEL_DIRECTORY, ExportedSavedModel
from pants_tflite.pipeline.quantization import Quantization
from pants_tflite.sandbox.saved_models.record_protocol import RecordRequest
from pants_tflite.sandbox.tflite.inspect_model_protocol import InspectionRequest
from pants_tflite.sandbox.verification.verify_protocol import VerifyRequest
from pants_tflite.target_types import TfLiteFileSourceField
from pants_tflite.util_rules.environment_processes import PythonEnvironment
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program

REFERENCE_FILE = "reference.npz"
GOLDEN_INPUT_FILE = "golden_input.npz"
GOLDEN_FILES = (GOLDEN_INPUT_FILE, "golden_output.npz")
# The seed of the random samples if no dataset is given.
SEED = 0


@dataclass(frozen=True)
class Samples:
    """The samples that verify a model: a dataset and the field that names it, or random ones."""

    dataset: Optional[SampledDataset]
    field: str
    count: int


@dataclass(frozen=True)
class RecordReferenceRequest:
    """Asks for a SavedModel's own outputs for samples, the same for every quantization."""

    address: Address
    saved_model: ExportedSavedModel
    signatures: tuple[str, ...]
    samples: Samples
    skip: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordedReference:
    """`digest` holds `reference.npz`."""

    digest: Digest


@dataclass(frozen=True)
class InspectModelRequest:
    """Asks what is in `model.tflite`, the one file of `model`.

    `is_source` says whether the user checked it in, so that a broken one is the user's mistake; errors then
    have the file's own `name`.
    """

    address: Address
    model: Digest
    is_source: bool
    name: Optional[str] = None


@dataclass(frozen=True)
class InspectedModel:
    """`digest` holds `inspection.json`."""

    digest: Digest


@dataclass(frozen=True)
class VerifyModelRequest:
    """Asks whether a model is what was asked for. `reference` and `quantization` are None for a
    model that came from elsewhere: it is then run but not compared."""

    address: Address
    model: Digest
    reference: Optional[RecordedReference]
    quantization: Optional[Quantization]
    custom_ops: tuple[str, ...]
    samples: Samples
    tolerance: Optional[float]
    # The custom ops' kernels; a model with other custom ops is not run.
    kernels: HostKernels = HostKernels()
    # The ops that it may take from TensorFlow, True for any, and an environment that has TensorFlow,
    # whose interpreter then runs the model.
    select_tf_ops: Union[bool, tuple[str, ...]] = False
    tensorflow: Optional[PythonEnvironment] = None
    # Signatures that are not run.
    skip: tuple[str, ...] = ()
    # Before its training, a model's errors of quantization are not judged.
    untrained: bool = False

    @property
    def staged_dataset(self) -> Optional[SampledDataset]:
        """The dataset that the model runs on, if the reference does not hold its samples."""
        return self.samples.dataset if self.reference is None else None

    def to_program(self, dataset_path: Optional[str]) -> VerifyRequest:
        quantization = self.quantization
        return VerifyRequest(
            model=MODEL_FILE,
            reference=REFERENCE_FILE if self.reference else None,
            dataset=dataset_path,
            dataset_field=self.samples.field,
            mode=quantization.mode if quantization else None,
            input_type=quantization.input_type if quantization else None,
            output_type=quantization.output_type if quantization else None,
            custom_ops=self.custom_ops,
            kernels=self.kernels.kernels,
            tolerance=self.tolerance,
            max_samples=self.samples.count,
            seed=SEED,
            select_tf_ops=self.select_tf_ops,
            **(quantization.type_options() if quantization else {}),
            skip=self.skip,
            untrained=self.untrained,
        )


@dataclass(frozen=True)
class VerifiedModel:
    """`digest` holds `verification.json` and the golden input and output."""

    digest: Digest


@rule
async def record_reference(request: RecordReferenceRequest) -> RecordedReference:
    samples = request.samples
    staged = await stage_dataset(StageDatasetRequest(samples.dataset))
    digest = await merge_digests(MergeDigests((request.saved_model.digest, staged.digest)))
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            RecordRequest(
                saved_model=SAVED_MODEL_DIRECTORY,
                signatures=request.signatures,
                dataset=staged.path,
                dataset_field=samples.field,
                max_samples=samples.count,
                seed=SEED,
                threads=1,
                skip=request.skip,
            ),
            request.saved_model.environment,
            description=f"Record what {request.saved_model.address} computes",
            input_digest=digest,
        )
    )
    return RecordedReference(result.digest)


@rule
async def inspect_model(request: InspectModelRequest) -> InspectedModel:
    environment = await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    field = TfLiteFileSourceField.alias if request.is_source else None
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            InspectionRequest(MODEL_FILE, field, request.name),
            environment,
            description=f"Inspect the model {request.address}",
            input_digest=request.model,
        )
    )
    return InspectedModel(result.digest)


@rule
async def verify_model(request: VerifyModelRequest) -> VerifiedModel:
    staged = await stage_dataset(StageDatasetRequest(request.staged_dataset))
    environment = request.tensorflow
    if environment is None:
        environment = await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    reference = request.reference.digest if request.reference else EMPTY_DIGEST
    digest = await merge_digests(
        MergeDigests((request.model, reference, staged.digest, request.kernels.digest))
    )
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            request.to_program(staged.path),
            environment,
            description=f"Verify the model {request.address}",
            input_digest=digest,
        )
    )
    return VerifiedModel(result.digest)


def rules():
    return collect_rules()
