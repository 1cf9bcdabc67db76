# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants lint` for the portability of models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable

from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.util_rules.partitions import PartitionerType
from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, MergeDigests
from pants.engine.target import AllTargets, FieldSet, Target, WrappedTargetRequest
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pants_tflite.bundles.fields import BundleModelsField
from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    get_digest_contents,
    implicitly,
    merge_digests,
    resolve_target,
    rule,
)
from pants_tflite.errors import Mistake, TfLiteError
from pants_tflite.lint.findings import Finding, render_findings
from pants_tflite.lint.portability.checks import CHECKS, check_model
from pants_tflite.lint.portability.skip_field import IgnorePortabilityField, SkipPortabilityField
from pants_tflite.lint.portability.subsystem import TfLitePortability
from pants_tflite.pipeline.any_model import (
    BuildAnyModelRequest,
    BuiltModelFactsRequest,
    build_any_model,
    describe_built_model,
)
from pants_tflite.pipeline.dataset import (
    DATASET_FILE,
    DatasetReferenceRequest,
    sample_referenced_dataset,
)
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.pipeline.ops import ListModelOpsRequest, list_model_ops
from pants_tflite.sandbox.samples.find_shared_samples_protocol import (
    SharedSamplesReport,
    SharedSamplesRequest,
)
from pants_tflite.target_types import (
    CalibrationField,
    CustomOpsField,
    InputShapesField,
    SavedModelField,
    UntrainedField,
    VerifyDatasetField,
)
from pants_tflite.util_rules.python_environments import (
    LiteRtEnvironmentRequest,
    find_litert_environment,
)
from pants_tflite.util_rules.references import (
    ReferenceRequest,
    ReferencesRequest,
    find_references,
    resolve_reference,
)
from pants_tflite.util_rules.sandbox_programs import (
    RunProgramRequest,
    find_report,
    run_program,
)

# Their memory is planned before they run.
_MICRO_BUNDLES = ("tflite_micro_library",)


@dataclass(frozen=True)
class PortabilityFieldSet(FieldSet):
    # Those that a `tflite_model` and a `tflite_file` have in common.
    required_fields = (CustomOpsField, InputShapesField, VerifyDatasetField)

    custom_ops: CustomOpsField
    ignore: IgnorePortabilityField

    @classmethod
    def opt_out(cls, target: Target) -> bool:
        return bool(target.get(SkipPortabilityField).value)


class PortabilityRequest(LintTargetsRequest):
    field_set_type = PortabilityFieldSet
    tool_subsystem = TfLitePortability  # type: ignore[assignment]
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION


@dataclass(frozen=True)
class MicroBundlesRequest:
    """Asks which bundles take which models to microcontrollers."""


@dataclass(frozen=True)
class MicroBundles:
    """The addresses of bundles, by the addresses of their models."""

    by_model: FrozenDict[Address, tuple[str, ...]]


@dataclass(frozen=True)
class SharedSamplesFindingsRequest:
    """Asks which samples both calibrate and verify a target, if it names two datasets."""

    target: Target
    untrained: bool


@dataclass(frozen=True)
class CheckPortabilityRequest:
    address: Address

    def debug_hint(self) -> str:
        return str(self.address)


@dataclass(frozen=True)
class Findings:
    findings: tuple[Finding, ...]


@rule
async def find_micro_bundles(request: MicroBundlesRequest, targets: AllTargets) -> MicroBundles:
    bundles = [
        target
        for target in targets
        if target.alias in _MICRO_BUNDLES and target.has_field(BundleModelsField)
    ]
    references = await concurrently(
        find_references(ReferencesRequest(bundle[BundleModelsField])) for bundle in bundles
    )
    found: dict[Address, list[str]] = {}
    for bundle, models in zip(bundles, references):
        for address in models.addresses:
            found.setdefault(address, []).append(str(bundle.address))
    return MicroBundles(FrozenDict({a: tuple(sorted(names)) for a, names in found.items()}))


@rule
async def find_shared_samples(request: SharedSamplesFindingsRequest) -> Findings:
    target = request.target
    fields = [
        target[field]
        for field in (CalibrationField, VerifyDatasetField)
        if target.has_field(field) and target[field].value is not None
    ]
    if len(fields) < 2:
        return Findings(())
    datasets = await concurrently(
        sample_referenced_dataset(DatasetReferenceRequest(field, request.untrained))
        for field in fields
    )
    staged = await concurrently(
        add_prefix(AddPrefix(dataset.digest, folder))
        for dataset, folder in zip(datasets, ("first", "second"))
    )
    environment = await find_litert_environment(LiteRtEnvironmentRequest(), **implicitly())
    digest = await merge_digests(MergeDigests(staged))
    result = await run_program(
        RunProgramRequest.create(
            target.address,
            SharedSamplesRequest(f"first/{DATASET_FILE}", f"second/{DATASET_FILE}"),
            environment,
            description=f"Compare the datasets of {target.address}",
            input_digest=digest,
        )
    )
    report = find_report(await get_digest_contents(result.digest), SharedSamplesReport)
    if not report.shared:
        return Findings(())
    calibration, verification = datasets
    finding = Finding(
        str(target.address),
        "shared-samples",
        f"{len(report.shared)} of the {report.count} samples of {verification.address} are in "
        f"{calibration.address} too, the first at index {report.shared[0]}, so the model is verified "
        "on what it was calibrated with",
        "Split the data once, before either dataset, and let each function yield its own part.",
    )
    return Findings((finding,))


@rule(desc="Check the portability of a model")
async def check_portability(request: CheckPortabilityRequest) -> Findings:
    wrapped = await resolve_target(
        WrappedTargetRequest(request.address, description_of_origin="<infallible>"), **implicitly()
    )
    target = wrapped.target
    untrained = False
    if target.has_field(SavedModelField):
        field = target[SavedModelField]
        reference = await resolve_reference(ReferenceRequest(field, field.value))
        untrained = bool(
            reference.target.has_field(UntrainedField) and reference.target[UntrainedField].value
        )
    # One by one, so that a mistake in the fields is not told twice.
    model = await build_any_model(BuildAnyModelRequest(target, untrained))
    facts, ops, shared, micro = await concurrently(
        describe_built_model(BuiltModelFactsRequest(model)),
        list_model_ops(ListModelOpsRequest(request.address, model)),
        find_shared_samples(SharedSamplesFindingsRequest(target, untrained)),
        find_micro_bundles(MicroBundlesRequest(), **implicitly()),
    )
    findings = check_model(
        str(request.address),
        ModelDescription.parse(facts.description),
        ops.ops,
        micro_bundles=micro.by_model.get(request.address, ()),
    )
    return Findings((*findings, *shared.findings))


@dataclass(frozen=True)
class CheckOrExplainRequest:
    """Asks for the findings about a target; that it cannot be built is one."""

    address: Address


@rule
async def check_or_explain(request: CheckOrExplainRequest) -> Findings:
    try:
        return await check_portability(CheckPortabilityRequest(request.address))
    except TfLiteError as error:
        text = str(error).replace("\n\n", "\n").replace("\n", "\n    ")
        return Findings(
            (
                Finding(
                    str(request.address),
                    "build",
                    f"the model cannot be built: {text}",
                    "Do what the error says; `pants package` shows it alone.",
                ),
            )
        )


def check_names(field: Any, names: Iterable[str]) -> None:
    """Raises if a check is to be ignored that there is not."""
    for name in names:
        if name not in CHECKS:
            raise Mistake.of(
                field,
                message="there is no such check",
                fix=f"Name some of {', '.join(sorted(CHECKS))}.",
                value=name,
            )


@rule(desc="Lint the portability of models", level=LogLevel.DEBUG)
async def lint_portability(
    batch: PortabilityRequest.Batch[PortabilityFieldSet, Any], options: TfLitePortability
) -> LintResult:
    for name in options.ignore:
        if name not in CHECKS:
            raise TfLiteError(
                f"[tflite-portability].ignore = {name!r}: there is no such check.\n\nFix: Name some "
                f"of {', '.join(sorted(CHECKS))}."
            )
    for field_set in batch.elements:
        check_names(field_set.ignore, field_set.ignore.value or ())
    results = await concurrently(
        check_or_explain(CheckOrExplainRequest(field_set.address)) for field_set in batch.elements
    )
    findings = [
        finding
        for field_set, result in zip(batch.elements, results)
        for finding in result.findings
        if finding.check not in (*options.ignore, *(field_set.ignore.value or ()))
    ]
    text = render_findings(
        findings,
        silence=f'Silence a check for a target with `{IgnorePortabilityField.alias}=["resizing"]`, '
        f"all of them with `{SkipPortabilityField.alias}=True`, and one everywhere with "
        f"`ignore` in `[{TfLitePortability.options_scope}]`.",
    )
    return LintResult(
        exit_code=1 if text else 0,
        stdout=text,
        stderr="",
        linter_name=PortabilityRequest.tool_name,
    )


def rules():
    return (*collect_rules(), *PortabilityRequest.rules())
