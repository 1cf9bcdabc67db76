# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants run` for datasets: what is in them, and which samples they share with others."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from pants.core.goals.run import RunFieldSet, RunInSandboxBehavior, RunRequest
from pants.engine.environment import EnvironmentName
from pants.engine.fs import AddPrefix, CreateDigest, FileContent, MergeDigests

from pants_tflite.compat import (
    EnvironmentNameRequest,
    add_prefix,
    collect_rules,
    concurrently,
    create_digest,
    implicitly,
    merge_digests,
    resolve_environment_name,
    rule,
)
from pants_tflite.goals.run_programs import PrepareRunRequest, prepare_run
from pants_tflite.pipeline.dataset import (
    DATASET_FILE,
    DatasetFieldSet,
    SampleDatasetRequest,
    sample_dataset,
)
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.related_datasets import (
    RelatedDatasetsRequest,
    find_related_datasets,
)

_PROGRAM = "pants_tflite.sandbox.samples.summarize_dataset"
_OTHERS_FILE = "others.json"


@dataclass(frozen=True)
class RunDatasetFieldSet(RunFieldSet, DatasetFieldSet):
    run_in_sandbox_behavior = RunInSandboxBehavior.NOT_SUPPORTED


@rule(desc="Run a dataset")
async def run_dataset(field_set: RunDatasetFieldSet) -> RunRequest:
    related, environment = await concurrently(
        find_related_datasets(RelatedDatasetsRequest(field_set.address), **implicitly()),
        find_litert_environment(LiteRtEnvironmentRequest(), **implicitly()),
    )
    environments = await concurrently(
        resolve_environment_name(EnvironmentNameRequest.from_target(target), **implicitly())
        for target in related.targets
    )
    dataset = await sample_dataset(SampleDatasetRequest(field_set))
    others = await concurrently(
        sample_dataset(
            SampleDatasetRequest(DatasetFieldSet.create(target)),
            **implicitly({name: EnvironmentName}),
        )
        for target, name in zip(related.targets, environments)
    )
    folders = [f"other_{number}" for number in range(len(others))]
    placed = await concurrently(
        add_prefix(AddPrefix(other.digest, folder)) for other, folder in zip(others, folders)
    )
    paths = {
        str(other.address): os.path.join(folder, DATASET_FILE)
        for other, folder in zip(others, folders)
    }
    listed = await create_digest(
        CreateDigest((FileContent(_OTHERS_FILE, json.dumps(paths).encode()),))
    )
    digest = await merge_digests(MergeDigests((dataset.digest, listed, *placed)))
    return await prepare_run(
        PrepareRunRequest(
            _PROGRAM,
            environment,
            digest,
            files=(("--dataset", DATASET_FILE), ("--others", _OTHERS_FILE)),
            arguments=("--name", str(field_set.address)),
        ),
        **implicitly(),
    )


def rules():
    return (*collect_rules(), *RunDatasetFieldSet.rules())
