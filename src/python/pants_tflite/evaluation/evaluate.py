# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a model says of each sample of a dataset, on one runtime: one cached process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.environment import EnvironmentName
from pants.engine.fs import MergeDigests
from pants.engine.process import ProcessCacheScope
from pants.engine.unions import UnionMembership

from pants_tflite.compat import collect_rules, implicitly, merge_digests, rule
from pants_tflite.errors import Mistake
from pants_tflite.evaluation.models import EvaluatedTarget
from pants_tflite.evaluation.runtimes import (
    EvaluatedModel,
    RuntimeEvaluator,
    evaluate_with_backend,
)
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.dataset import SampledDataset, StageDatasetRequest, stage_dataset
from pants_tflite.sandbox.evaluation.evaluate_protocol import (
    LITERT_RUNTIME,
    REFERENCE_RUNTIME,
    EvaluateRequest,
)
from pants_tflite.target_types import MICRO
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, run_program

OWN_RUNTIMES = (LITERT_RUNTIME, REFERENCE_RUNTIME)
RUNTIMES = (*OWN_RUNTIMES, MICRO)
_BACKENDS = {MICRO: "pants_tflite.micro"}


@dataclass(frozen=True)
class EvaluateModelRequest:
    """Asks for what a model says of the first `max_samples` of a dataset, or of all of them.

    `address` is that of the test or report that asks; with `dataset_field` it is blamed for what does
    not fit, and is no part of the process, so that all that ask share the result.
    """

    address: Address
    model: EvaluatedTarget
    dataset: SampledDataset
    runtime: str = LITERT_RUNTIME
    signature: Optional[str] = None
    max_samples: Optional[int] = None
    dataset_field: str = "dataset"
    timeout: Optional[int] = None
    cache_scope: ProcessCacheScope = ProcessCacheScope.SUCCESSFUL

    def debug_hint(self) -> str:
        return f"{self.model.address} on {self.runtime}"

    def to_program(self, dataset: str) -> EvaluateRequest:
        return EvaluateRequest(
            model=MODEL_FILE,
            dataset=dataset,
            dataset_field=self.dataset_field,
            runtime=self.runtime,
            signature=self.signature,
            max_samples=self.max_samples,
            kernels=self.model.kernels.kernels,
        )


def find_evaluator(request: EvaluateModelRequest, membership: UnionMembership) -> RuntimeEvaluator:
    """The request for the backend that has the runtime. Raises if no backend has it."""
    for evaluator in membership.get(RuntimeEvaluator):
        if evaluator.runtime == request.runtime:
            return evaluator(
                address=request.address,
                model=request.model.model,
                dataset=request.dataset,
                dataset_field=request.dataset_field,
                signature=request.signature,
                max_samples=request.max_samples,
                timeout=request.timeout,
                cache_scope=request.cache_scope,
            )
    backend = _BACKENDS.get(request.runtime)
    raise Mistake(
        message=(
            f"the runtime comes with the backend `{backend}`, which is not there"
            if backend
            else f"there is no such runtime; there are {', '.join(RUNTIMES)}"
        ),
        fix=(
            f"Add `{backend}` to `[GLOBAL].backend_packages`." if backend else "Name one of these."
        ),
        field="runtimes",
        value=request.runtime,
    ).at(request.address)


def check_runs(request: EvaluateModelRequest) -> None:
    """Raises if LiteRT refuses the model, as its target says."""
    if request.model.micro_only:
        raise Mistake(
            message=f"LiteRT, which is to run the model {request.model.address}, refuses it",
            fix=f'Give `runtimes=["{MICRO}"]`: TensorFlow Lite Micro runs it.',
            field="runtimes",
            value=request.runtime,
        ).at(request.address)


@rule(desc="Evaluate a model")
async def evaluate_model(
    request: EvaluateModelRequest, membership: UnionMembership, environment_name: EnvironmentName
) -> EvaluatedModel:
    if request.runtime not in OWN_RUNTIMES:
        evaluator = find_evaluator(request, membership)
        return await evaluate_with_backend(
            **implicitly({evaluator: RuntimeEvaluator, environment_name: EnvironmentName})
        )
    check_runs(request)
    model = request.model
    staged = await stage_dataset(StageDatasetRequest(request.dataset))
    assert staged.path is not None
    environment = model.tensorflow
    if environment is None:
        environment = await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    digest = await merge_digests(MergeDigests((model.model, staged.digest, model.kernels.digest)))
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            request.to_program(staged.path),
            environment,
            description=f"Evaluate the model {model.address} on {request.runtime}",
            input_digest=digest,
            timeout=request.timeout,
            cache_scope=request.cache_scope,
        )
    )
    return EvaluatedModel(result.digest)


def rules():
    return collect_rules()
