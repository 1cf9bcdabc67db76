# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Building a model and looking at it; at its SavedModel alone, if it cannot be built."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.target import Target, WrappedTargetRequest

from pants_tflite.compat import collect_rules, concurrently, implicitly, resolve_target, rule
from pants_tflite.errors import TfLiteError
from pants_tflite.lint.bundles_of_models import BundlesOfModelsRequest, find_bundles_of_models
from pants_tflite.lint.find_origins import FindOriginsRequest, FoundOrigins, find_origins
from pants_tflite.lint.findings import Finding, unbuilt_finding
from pants_tflite.lint.portability.checks import ModelToCheck, check_graph, check_model
from pants_tflite.lint.portability.shared_samples import (
    SharedSamplesFindingRequest,
    find_shared_samples,
)
from pants_tflite.lint.untrained_sources import (
    UntrainedSource,
    UntrainedSourceRequest,
    find_untrained_source,
)
from pants_tflite.pipeline.any_model import (
    BuildAnyModelRequest,
    BuiltModelFactsRequest,
    build_any_model,
    describe_built_model,
)
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.pipeline.ops import ListModelOpsRequest, list_model_ops

# Their memory is planned before they run.
_MICRO_BUNDLES = ("tflite_micro_library",)


@dataclass(frozen=True)
class ModelOriginsRequest:
    source: UntrainedSource


@dataclass(frozen=True)
class CheckPortabilityRequest:
    target: Target
    source: UntrainedSource

    def debug_hint(self) -> str:
        return str(self.target.address)


@dataclass(frozen=True)
class CheckUnbuiltModelRequest:
    """Asks what can be said of a model that `error` keeps from being built."""

    target: Target
    source: UntrainedSource
    error: str


@dataclass(frozen=True)
class CheckOrExplainRequest:
    """Asks for the findings about a target; that it cannot be built is one."""

    address: Address


@dataclass(frozen=True)
class Findings:
    findings: tuple[Finding, ...]


@rule
async def find_model_origins(request: ModelOriginsRequest) -> FoundOrigins:
    if request.source.saved_model is None:
        return FoundOrigins((), None)
    return await find_origins(
        FindOriginsRequest(request.source.saved_model, request.source.untrained)
    )


@rule(desc="Check the portability of a model")
async def check_portability(request: CheckPortabilityRequest) -> Findings:
    target, source = request.target, request.source
    address = str(target.address)
    # One by one, so that a mistake in the fields is not told twice.
    model = await build_any_model(BuildAnyModelRequest(target, source.untrained))
    facts, ops, origins, shared, micro = await concurrently(
        describe_built_model(BuiltModelFactsRequest(model)),
        list_model_ops(ListModelOpsRequest(target.address, model)),
        find_model_origins(ModelOriginsRequest(source)),
        find_shared_samples(SharedSamplesFindingRequest(target, source.untrained)),
        find_bundles_of_models(BundlesOfModelsRequest(_MICRO_BUNDLES), **implicitly()),
    )
    findings = check_model(
        ModelToCheck(
            address,
            ModelDescription.parse(facts.description),
            ops.ops,
            origins.to_origins(),
            tuple(sorted(str(b.address) for b in micro.by_model.get(target.address, ()))),
        )
    )
    return Findings((*findings, *((shared.finding,) if shared.finding else ())))


@rule
async def check_unbuilt_model(request: CheckUnbuiltModelRequest) -> Findings:
    """What is known of a model that cannot be built: that, and which ops its SavedModel has."""
    address = str(request.target.address)
    finding = unbuilt_finding(address, "the model cannot be built", request.error)
    try:
        origins = await find_model_origins(ModelOriginsRequest(request.source))
    except TfLiteError:
        # There is no SavedModel either, which is what the error is about.
        return Findings((finding,))
    return Findings((finding, *check_graph(address, origins.to_origins())))


@rule
async def check_or_explain(request: CheckOrExplainRequest) -> Findings:
    wrapped = await resolve_target(
        WrappedTargetRequest(request.address, description_of_origin="<infallible>"), **implicitly()
    )
    target = wrapped.target
    source = UntrainedSource(None, False)
    try:
        source = await find_untrained_source(UntrainedSourceRequest(target))
        return await check_portability(CheckPortabilityRequest(target, source))
    except TfLiteError as error:
        return await check_unbuilt_model(CheckUnbuiltModelRequest(target, source, str(error)))


def rules():
    return collect_rules()
