# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Building a model and looking at it; at its SavedModel alone, if it cannot be built."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.addresses import Address
from pants.engine.target import Target, WrappedTargetRequest

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    get_digest_contents,
    implicitly,
    resolve_target,
    rule,
)
from pants_tflite.errors import TfLiteError
from pants_tflite.lint.bundles_of_models import BundlesOfModelsRequest, find_bundles_of_models
from pants_tflite.lint.find_origins import FindOriginsRequest, find_origins
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
from pants_tflite.pipeline.ops import ListModelOpsRequest, list_model_ops
from pants_tflite.pipeline.unverified import UnverifiedModelRequest, convert_unverified
from pants_tflite.pipeline.verify import InspectModelRequest, inspect_model
from pants_tflite.sandbox.tflite.inspect_model_protocol import InspectionReport
from pants_tflite.target_types import QuantizationField
from pants_tflite.util_rules.sandbox_programs import find_report

# Their memory is planned before they run.
_MICRO_BUNDLES = ("tflite_micro_library",)


@dataclass(frozen=True)
class CheckPortabilityRequest:
    target: Target
    source: UntrainedSource

    def debug_hint(self) -> str:
        return str(self.target.address)


@dataclass(frozen=True)
class CheckUnbuiltModelRequest:
    """Asks what can be said, besides the `finding` that it cannot be built, of a model."""

    target: Target
    source: UntrainedSource
    finding: Finding


@dataclass(frozen=True)
class CheckOrExplainRequest:
    """Asks for the findings about a target; that it cannot be built is one."""

    address: Address


@dataclass(frozen=True)
class Findings:
    findings: tuple[Finding, ...]


@rule(desc="Check the portability of a model")
async def check_portability(request: CheckPortabilityRequest) -> Findings:
    target, source = request.target, request.source
    address = str(target.address)
    # One by one, so that a mistake in the fields is not told twice.
    model = await convert_unverified(UnverifiedModelRequest(target, source.untrained))
    inspected, ops, origins, shared, micro = await concurrently(
        inspect_model(InspectModelRequest(target.address, model.model, is_source=False)),
        list_model_ops(ListModelOpsRequest(target.address, model.model)),
        find_origins(FindOriginsRequest(target, source)),
        find_shared_samples(SharedSamplesFindingRequest(target, source.untrained)),
        find_bundles_of_models(BundlesOfModelsRequest(_MICRO_BUNDLES), **implicitly()),
    )
    findings = check_model(
        ModelToCheck(
            address,
            find_report(await get_digest_contents(inspected.digest), InspectionReport),
            ops.ops,
            origins.to_origins(),
            mode=model.mode,
            is_converted=target.has_field(QuantizationField),
            micro_bundles=tuple(
                sorted(str(b.address) for b in micro.by_model.get(target.address, ()))
            ),
        )
    )
    return Findings((*findings, *((shared.finding,) if shared.finding else ())))


@rule
async def check_unbuilt_model(request: CheckUnbuiltModelRequest) -> Findings:
    """What is known of a model that cannot be built: that, and which ops its SavedModel has."""
    address = str(request.target.address)
    try:
        origins = await find_origins(FindOriginsRequest(request.target, request.source))
    except TfLiteError:
        # There is no SavedModel either, which is what the error is about.
        return Findings((request.finding,))
    return Findings((request.finding, *check_graph(address, origins.to_origins())))


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
        finding = unbuilt_finding(str(target.address), "the model cannot be built", error)
        return await check_unbuilt_model(CheckUnbuiltModelRequest(target, source, finding))


def rules():
    return collect_rules()
