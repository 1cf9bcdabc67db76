# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`tflite_dataset`: from a generator function to a fingerprinted `.npz`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Optional

from pants.core.goals.package import OutputPathField
from pants.engine.addresses import Address
from pants.engine.environment import EnvironmentName
from pants.engine.fs import EMPTY_DIGEST, AddPrefix, Digest
from pants.engine.target import Dependencies
from pants.engine.unions import UnionRule

from pants_tflite.compat import (
    EnvironmentField,
    EnvironmentNameRequest,
    add_prefix,
    collect_rules,
    concurrently,
    get_digest_contents,
    implicitly,
    resolve_environment_name,
    rule,
)
from pants_tflite.fields import AddressField
from pants_tflite.sandbox.samples.sample_dataset_protocol import DatasetReport, SampleRequest
from pants_tflite.target_types import (
    DatasetEntryPointField,
    IncludeSamplesField,
    InputsField,
    MaxSamplesField,
    NondeterministicField,
    SeedField,
    SequenceField,
    TensorFlowResolveField,
)
from pants_tflite.util_rules.entry_point_calls import PrepareCallRequest, prepare_call
from pants_tflite.util_rules.inputs import InputFieldSet, InputResult, UntrainedInputFieldSet
from pants_tflite.util_rules.python_environments import (
    ResolveEnvironmentRequest,
    find_environment_of_resolve,
)
from pants_tflite.util_rules.references import (
    ReferenceRequest,
    resolve_reference,
)
from pants_tflite.util_rules.sandbox_programs import (
    RunProgramRequest,
    find_report,
    run_program,
)

DATASET_FILE = "dataset.npz"
_STAGED_DIRECTORY = "__dataset__"


@dataclass(frozen=True)
class DatasetFieldSet(InputFieldSet):
    required_fields = (DatasetEntryPointField,)

    entry_point: DatasetEntryPointField
    inputs: InputsField
    dependencies: Dependencies
    max_samples: MaxSamplesField
    sequence: SequenceField
    include_samples: IncludeSamplesField
    seed: SeedField
    nondeterministic: NondeterministicField
    resolve: TensorFlowResolveField
    output_path: OutputPathField
    environment: EnvironmentField


@dataclass(frozen=True)
class UntrainedDatasetFieldSet(DatasetFieldSet, UntrainedInputFieldSet):
    """A dataset whose samples are made from untrained models, if it takes models at all."""


@dataclass(frozen=True)
class SampleDatasetRequest:
    """Asks for a dataset, whose `inputs` are the `untrained` models or the trained ones."""

    field_set: DatasetFieldSet
    untrained: bool = False

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@dataclass(frozen=True)
class SampledDataset:
    """`digest` holds `dataset.npz` and `dataset.json`."""

    address: Address
    digest: Digest
    count: int
    fingerprint: str


@dataclass(frozen=True)
class DatasetReferenceRequest:
    """The dataset that `field` names, sampled, from `untrained` models if it takes models."""

    field: AddressField
    untrained: bool = False


@dataclass(frozen=True)
class StageDatasetRequest:
    """Asks for a dataset at a path that a sandbox program can read; None stands for no dataset."""

    dataset: Optional[SampledDataset]


@dataclass(frozen=True)
class StagedDataset:
    digest: Digest
    path: Optional[str]


@rule(desc="Sample a dataset")
async def sample_dataset(request: SampleDatasetRequest) -> SampledDataset:
    field_set = request.field_set
    field_set.max_samples.check()
    field_set.seed.check()
    field_set.nondeterministic.check()
    address = field_set.address
    call_request = PrepareCallRequest(
        address=address,
        entry_point=field_set.entry_point,
        inputs=field_set.inputs,
        dependencies=field_set.dependencies,
        resolve=field_set.resolve,
        untrained=request.untrained,
    )
    prepared, environment = await concurrently(
        prepare_call(call_request, **implicitly()),
        find_environment_of_resolve(ResolveEnvironmentRequest(field_set.resolve), **implicitly()),
    )
    result = await run_program(
        RunProgramRequest.create(
            address,
            SampleRequest(
                prepared.call,
                max_samples=field_set.max_samples.value,
                seed=field_set.seed.value,
                sequence=field_set.sequence.value,
            ),
            environment,
            description=f"Sample the dataset {address}",
            input_digest=prepared.digest,
            source_roots=prepared.source_roots,
        )
    )
    report = find_report(await get_digest_contents(result.digest), DatasetReport)
    return SampledDataset(
        address=address, digest=result.digest, count=report.count, fingerprint=report.fingerprint
    )


@rule
async def sample_referenced_dataset(request: DatasetReferenceRequest) -> SampledDataset:
    reference = await resolve_reference(ReferenceRequest(request.field, request.field.value or ""))
    environment = await resolve_environment_name(
        EnvironmentNameRequest.from_target(reference.target), **implicitly()
    )
    field_set = DatasetFieldSet.create(reference.target)
    return await sample_dataset(
        SampleDatasetRequest(field_set, request.untrained),
        **implicitly({environment: EnvironmentName}),
    )


@rule
async def stage_dataset(request: StageDatasetRequest) -> StagedDataset:
    if request.dataset is None:
        return StagedDataset(EMPTY_DIGEST, None)
    digest = await add_prefix(AddPrefix(request.dataset.digest, _STAGED_DIRECTORY))
    return StagedDataset(digest, os.path.join(_STAGED_DIRECTORY, DATASET_FILE))


@rule
async def stage_dataset_as_input(field_set: DatasetFieldSet) -> InputResult:
    dataset = await sample_dataset(SampleDatasetRequest(field_set))
    return InputResult(dataset.digest, DATASET_FILE)


@rule
async def stage_untrained_dataset_as_input(field_set: UntrainedDatasetFieldSet) -> InputResult:
    dataset = await sample_dataset(SampleDatasetRequest(field_set, untrained=True))
    return InputResult(dataset.digest, DATASET_FILE)


def rules():
    return (
        *collect_rules(),
        UnionRule(InputFieldSet, DatasetFieldSet),
        UnionRule(UntrainedInputFieldSet, UntrainedDatasetFieldSet),
    )
