# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Building a model, and asking the runtimes that it is for."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.environment import EnvironmentName
from pants.engine.fs import EMPTY_DIGEST, Digest, DigestSubset, PathGlobs
from pants.engine.target import Target

from pants_tflite.compat import (
    EnvironmentNameRequest,
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    implicitly,
    resolve_environment_name,
    rule,
)
from pants_tflite.coverage.ask import AskRuntimeRequest, ask_runtime
from pants_tflite.coverage.gpu import GPU_RUNTIME
from pants_tflite.custom_ops.declarations import ResolveCustomOpsRequest, resolve_custom_ops
from pants_tflite.errors import TfLiteError
from pants_tflite.lint.bundles_of_models import BundlesOfModelsRequest, find_bundles_of_models
from pants_tflite.lint.findings import Finding, unbuilt_finding
from pants_tflite.lint.op_coverage.bundle_runtimes import BundleRuntime, runtimes_of
from pants_tflite.lint.op_coverage.checks import Answer, NotAsked, check_answer, kernels_for
from pants_tflite.lint.op_coverage.subsystem import TfLiteOpCoverage
from pants_tflite.lint.untrained_sources import UntrainedSourceRequest, find_untrained_source
from pants_tflite.pipeline.any_model import BuildAnyModelRequest, build_any_model
from pants_tflite.pipeline.ops import ListModelOpsRequest, list_model_ops
from pants_tflite.pipeline.unverified import UnverifiedModelRequest, convert_unverified
from pants_tflite.pipeline.verify import GOLDEN_FILES
from pants_tflite.target_types import CustomOpsField


@dataclass(frozen=True)
class CheckOpCoverageRequest:
    target: Target

    def debug_hint(self) -> str:
        return str(self.target.address)


@dataclass(frozen=True)
class CheckedOpCoverage:
    findings: tuple[Finding, ...] = ()
    not_asked: tuple[NotAsked, ...] = ()


@dataclass(frozen=True)
class FindGoldenRequest:
    """Asks for the golden files of a model, for a runtime that is asked what it computes, if so. A model
    before its training computes nothing that its own samples would be better for than made-up ones.
    """

    target: Target
    asked: bool


@dataclass(frozen=True)
class FoundGolden:
    digest: Digest


@dataclass(frozen=True)
class CheckCoverageOrExplainRequest:
    """Asks for the findings about a target; that it cannot be built is one."""

    target: Target


@rule
async def find_golden(request: FindGoldenRequest) -> FoundGolden:
    if not request.asked:
        return FoundGolden(EMPTY_DIGEST)
    model = await build_any_model(BuildAnyModelRequest(request.target))
    return FoundGolden(
        await digest_subset_to_digest(DigestSubset(model.digest, PathGlobs(GOLDEN_FILES)))
    )


@rule(desc="Check the op coverage of a model")
async def check_op_coverage(
    request: CheckOpCoverageRequest, options: TfLiteOpCoverage
) -> CheckedOpCoverage:
    target = request.target
    bundles = await find_bundles_of_models(BundlesOfModelsRequest(), **implicitly())
    asked = [
        (runtime, bundle)
        for bundle in bundles.by_model.get(target.address, ())
        for runtime in runtimes_of(bundle, options.bundle_runtimes)
    ]
    named = [
        (BundleRuntime(name, f"`[{options.options_scope}].runtimes`"), None)
        for name in options.runtimes
    ]
    if not asked and not named:
        return CheckedOpCoverage()
    source = await find_untrained_source(UntrainedSourceRequest(target))
    environment = await resolve_environment_name(
        EnvironmentNameRequest.from_target(target), **implicitly()
    )
    runtimes = [*asked, *named]
    computes = any(runtime.name == GPU_RUNTIME for runtime, _ in runtimes)
    model, golden = await concurrently(
        convert_unverified(UnverifiedModelRequest(target, source.untrained)),
        find_golden(FindGoldenRequest(target, asked=computes and not source.untrained)),
    )
    ops, custom_ops = await concurrently(
        list_model_ops(ListModelOpsRequest(target.address, model.model)),
        resolve_custom_ops(ResolveCustomOpsRequest(target[CustomOpsField])),
    )
    answers = await concurrently(
        ask_runtime(
            AskRuntimeRequest(
                runtime=runtime.name,
                address=target.address,
                model=model.model,
                kernels=tuple(sorted(kernels_for(runtime, custom_ops, ops.ops))),
                bundle=bundle,
                golden=golden.digest,
            ),
            **implicitly({environment: EnvironmentName}),
        )
        for runtime, bundle in runtimes
    )
    address = str(target.address)
    return CheckedOpCoverage(
        findings=tuple(
            finding
            for (runtime, _), answer in zip(runtimes, answers)
            for finding in check_answer(
                address, Answer(runtime, answer.report, ops.ops, custom_ops)
            )
        ),
        not_asked=tuple(
            NotAsked(address, runtime.name, runtime.what, answer.report.remark)
            for (runtime, _), answer in zip(runtimes, answers)
            if answer.report.loads is None
        ),
    )


@rule
async def check_coverage_or_explain(request: CheckCoverageOrExplainRequest) -> CheckedOpCoverage:
    try:
        return await check_op_coverage(CheckOpCoverageRequest(request.target), **implicitly())
    except TfLiteError as error:
        what = "the model cannot be built, or a runtime not asked"
        finding = unbuilt_finding(str(request.target.address), what, error)
        return CheckedOpCoverage((finding,))


def rules():
    return collect_rules()
