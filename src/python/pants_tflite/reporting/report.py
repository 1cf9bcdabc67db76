# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Putting a report together: `report.json`, its page, and the models' files beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Optional, Sequence

from pants.engine.addresses import Address
from pants.engine.fs import (
    AddPrefix,
    CreateDigest,
    Digest,
    DigestSubset,
    FileContent,
    MergeDigests,
    PathGlobs,
)
from pants.engine.target import Target

from pants_tflite.compat import (
    add_prefix,
    collect_rules,
    concurrently,
    create_digest,
    digest_subset_to_digest,
    implicitly,
    merge_digests,
    rule,
)
from pants_tflite.evaluation.models import (
    EvaluatedTarget,
    EvaluatedTargetRequest,
    build_evaluated_target,
)
from pants_tflite.pipeline.build import DESCRIPTION_FILE
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.export import SavedModelReferenceRequest, find_saved_model
from pants_tflite.pipeline.label_files import Labels
from pants_tflite.reporting.arenas import ModelArenaRequest, find_model_arena
from pants_tflite.reporting.class_names import ClassNamesRequest, find_class_names
from pants_tflite.reporting.names import variant_names
from pants_tflite.reporting.ops import (
    ModelErrors,
    ModelErrorsRequest,
    WeighModelRequest,
    find_model_errors,
    join_ops,
    weigh_model,
)
from pants_tflite.reporting.runtimes import ModelRuntimesRequest, find_model_runtimes
from pants_tflite.reporting.scores import ScoredModel, ScoreModelRequest, score_model
from pants_tflite.reporting.templates import template_files
from pants_tflite.reporting.tests_of_models import (
    ScoringTests,
    ScoringTestsRequest,
    find_scoring_tests,
)
from pants_tflite.sandbox.modes import DEFAULT_MODE
from pants_tflite.sandbox.reporting.changes_protocol import Changes
from pants_tflite.sandbox.reporting.render_report_protocol import RenderReportRequest
from pants_tflite.sandbox.reporting.report_protocol import Report, ReportedModel
from pants_tflite.sandbox.reporting.show_samples_protocol import ShownSamples
from pants_tflite.target_types import SavedModelField
from pants_tflite.util_rules.python_environments import (
    ReportEnvironmentRequest,
    find_report_environment,
)
from pants_tflite.util_rules.sandbox_programs import (
    RunProgramRequest,
    run_program,
)

MODELS_FOLDER = "models"
_UNTRAINED = "The model is untrained: its size, its ops and its times count."


@dataclass(frozen=True)
class FamilyRequest:
    """Asks which models a model is compared with: those of the same SavedModel."""

    target: Target


@dataclass(frozen=True)
class Family:
    """Named by the SavedModel or, for a model from a file, by the model itself."""

    address: Address


@dataclass(frozen=True)
class DescribeForReportRequest:
    """Asks for what a report says of a model, for so many of its samples, and what `runtimes` say of it."""

    target: Target
    family: Address
    variant: str
    class_names: Labels
    tests: ScoringTests
    shown: int
    untrained: bool
    runtimes: tuple[str, ...]


@dataclass(frozen=True)
class DescribedForReport:
    model: ReportedModel
    evaluated: EvaluatedTarget
    samples: Optional[ShownSamples]


@dataclass(frozen=True)
class CollectReportRequest:
    """Asks for a report on models, with so many samples of each; on `untrained` ones, for which scores
    and errors mean nothing, without both."""

    targets: tuple[Target, ...]
    shown: int
    untrained: bool
    runtimes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CollectedReport:
    """In the order of the report's models."""

    models: tuple[DescribedForReport, ...]

    @property
    def report(self) -> Report:
        return Report(tuple(described.model for described in self.models))


@dataclass(frozen=True)
class RenderPageRequest:
    """Asks for the files of a report, apart from times. `changes` is None without another report."""

    collected: CollectedReport
    changes: Optional[Changes]


@dataclass(frozen=True)
class RenderedPage:
    """`digest` holds `index.html`, `report.json` and the models' files."""

    digest: Digest


@dataclass(frozen=True)
class PlaceModelFilesRequest:
    """Asks for a model's files in a folder of the report."""

    model: EvaluatedTarget
    folder: str


@dataclass(frozen=True)
class PlacedModelFiles:
    digest: Digest


@rule
async def place_model_files(request: PlaceModelFilesRequest) -> PlacedModelFiles:
    files = await digest_subset_to_digest(
        DigestSubset(request.model.built.digest, PathGlobs((MODEL_FILE, DESCRIPTION_FILE)))
    )
    return PlacedModelFiles(await add_prefix(AddPrefix(files, request.folder)))


@rule
async def find_family(request: FamilyRequest) -> Family:
    target = request.target
    if not target.has_field(SavedModelField):
        return Family(target.address)
    reference = await find_saved_model(SavedModelReferenceRequest(target[SavedModelField]))
    return Family(reference.field_set.address)


def find_mode(model: EvaluatedTarget) -> Optional[str]:
    """The mode that a model was converted with."""
    conversion = model.facts.conversion
    return conversion.mode if conversion else None


@rule(desc="Describe a model for a report")
async def describe_for_report(request: DescribeForReportRequest) -> DescribedForReport:
    target = request.target
    evaluated = await build_evaluated_target(
        EvaluatedTargetRequest(target, request.untrained), **implicitly()
    )
    weighed, arena, runtimes = await concurrently(
        weigh_model(WeighModelRequest(evaluated)),
        find_model_arena(ModelArenaRequest(evaluated), **implicitly()),
        find_model_runtimes(ModelRuntimesRequest(target, evaluated, request.runtimes)),
    )
    errors, scored = ModelErrors(), ScoredModel()
    if not request.untrained:
        errors, scored = await concurrently(
            find_model_errors(ModelErrorsRequest(target)),
            score_model(
                ScoreModelRequest(
                    target=target,
                    model=evaluated,
                    tests=request.tests,
                    class_names=request.class_names,
                    shown=request.shown,
                ),
                **implicitly(),
            ),
        )
    facts = evaluated.facts
    untrained = (_UNTRAINED,) if request.untrained and evaluated.built.untrained else ()
    model = ReportedModel(
        address=str(target.address),
        family=str(request.family),
        variant=request.variant,
        mode=find_mode(evaluated),
        baseline=None,
        files=os.path.join(MODELS_FOLDER, target.address.path_safe_spec),
        sha256=facts.sha256,
        size=weighed.report.bytes,
        other=weighed.report.other,
        arena=arena.bytes,
        scores=scored.scores,
        ops=join_ops(weighed.report, errors.report),
        error_samples=errors.report.samples if errors.report else None,
        notes=(*untrained, *scored.notes, *(note for note in (errors.note, arena.note) if note)),
        runtimes=runtimes.runtimes,
    )
    return DescribedForReport(model, evaluated, scored.samples)


def order_family(models: Sequence[DescribedForReport]) -> list[DescribedForReport]:
    """The float model first, which becomes the baseline of all."""
    floats = [m.model.address for m in models if m.model.mode == DEFAULT_MODE]
    baseline = floats[0] if floats else None
    described = [replace(m, model=replace(m.model, baseline=baseline)) for m in models]
    return sorted(described, key=lambda m: (m.model.address != baseline, m.model.address))


@rule(desc="Collect a report")
async def collect_report(request: CollectReportRequest) -> CollectedReport:
    targets = sorted(request.targets, key=lambda target: target.address)
    families = await concurrently(find_family(FamilyRequest(target)) for target in targets)
    members: dict[Address, list[Target]] = {}
    for target, family in zip(targets, families):
        members.setdefault(family.address, []).append(target)
    class_names = await concurrently(
        find_class_names(
            ClassNamesRequest(tuple(target.address for target in members[saved_model])),
            **implicitly(),
        )
        for saved_model in members
    )
    scoring_tests = await concurrently(
        find_scoring_tests(
            ScoringTestsRequest(tuple(target.address for target in members[saved_model])),
            **implicitly(),
        )
        for saved_model in members
    )
    requests: list[DescribeForReportRequest] = []
    for (saved_model, its_targets), names, tests in zip(
        members.items(), class_names, scoring_tests
    ):
        variants = variant_names([target.address for target in its_targets])
        requests.extend(
            DescribeForReportRequest(
                target=target,
                family=saved_model,
                variant=variants[target.address],
                class_names=names,
                tests=tests,
                shown=request.shown,
                untrained=request.untrained,
                runtimes=request.runtimes,
            )
            for target in its_targets
        )
    described = await concurrently(
        describe_for_report(described_request) for described_request in requests
    )
    ordered: list[DescribedForReport] = []
    for saved_model in members:
        family_name = str(saved_model)
        ordered.extend(order_family([m for m in described if m.model.family == family_name]))
    return CollectedReport(tuple(ordered))


@rule(desc="Render a report")
async def render_page(request: RenderPageRequest) -> RenderedPage:
    collected = request.collected
    report = FileContent(Report.FILE, collected.report.render())
    samples = {
        described.model.address: f"samples/{place}.json"
        for place, described in enumerate(collected.models)
        if described.samples is not None
    }
    files = [report, *template_files()]
    for described in collected.models:
        if described.samples is not None:
            path = samples[described.model.address]
            files.append(FileContent(path, described.samples.render()))
    if request.changes is not None:
        files.append(FileContent(Changes.FILE, request.changes.render()))
    environment, inputs = await concurrently(
        find_report_environment(ReportEnvironmentRequest(), **implicitly()),
        create_digest(CreateDigest(files)),
    )
    result = await run_program(
        RunProgramRequest.create(
            collected.models[0].evaluated.address,
            RenderReportRequest(
                report=Report.FILE,
                samples=samples,
                changes=Changes.FILE if request.changes is not None else None,
            ),
            environment,
            description="Render the report on models",
            input_digest=inputs,
        )
    )
    own_files = await create_digest(CreateDigest((report,)))
    models = await concurrently(
        place_model_files(PlaceModelFilesRequest(described.evaluated, described.model.files))
        for described in collected.models
    )
    return RenderedPage(
        await merge_digests(
            MergeDigests((result.digest, own_files, *(model.digest for model in models)))
        )
    )


def rules():
    return collect_rules()
