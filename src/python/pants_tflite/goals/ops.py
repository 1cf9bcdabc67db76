# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants tflite-ops`: which ops models have, and what each costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.console import Console
from pants.engine.fs import Digest
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.target import FilteredTargets, Target
from pants.option.option_types import BoolOption, StrListOption
from pants.util.strutil import softwrap

from pants_tflite.bundles.fields import BundleModelsField
from pants_tflite.compat import collect_rules, concurrently, goal_rule, implicitly, rule
from pants_tflite.coverage.ask_all import AskRuntimesRequest, ask_runtimes
from pants_tflite.errors import TfLiteError
from pants_tflite.goals.ops_table import TargetOps, render_json, render_tables
from pants_tflite.pipeline.build import ReadModelFileRequest, TfLiteFileFieldSet, read_model_file
from pants_tflite.pipeline.export import SavedModelFieldSet
from pants_tflite.pipeline.ops import (
    ListModelOpsRequest,
    ListSavedModelOpsRequest,
    list_model_ops,
    list_saved_model_ops,
)
from pants_tflite.pipeline.plan import TfLiteModelFieldSet
from pants_tflite.pipeline.unverified import (
    GraphRequest,
    UnverifiedModelRequest,
    convert_unverified,
    find_graph,
)
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse
from pants_tflite.subsystems.output_formats import JSON, check_format, format_option
from pants_tflite.target_types import SavedModelField, TfLiteFileSourceField
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference

_MODELS = (TfLiteModelFieldSet, TfLiteFileFieldSet)


class TfLiteOpsSubsystem(GoalSubsystem):
    name = "tflite-ops"
    help = softwrap(
        """
        Lists the ops of models, with versions, types, layers and multiply-accumulates: those of
        TensorFlow that a SavedModel's signatures reach, and those of TensorFlow Lite that they became.
        A bundle stands for its models.
        """
    )

    format = format_option()
    untrained = BoolOption(
        default=False,
        help=softwrap(
            """
            Whether to list the ops of models before their training, of SavedModels that say how in
            `untrained`.

            Defaults to false.

            Example: `untrained = true`.
            """
        ),
    )

    runtimes = StrListOption(
        help=softwrap(
            """
            Runtimes to ask about each model, which get a column each: `litert`, those of
            `[tflite-runtimes]`, `gpu`, which is LiteRT's GPU accelerator on a Vulkan driver of this machine, and
            those of other backends, such as `micro` and `ethos-u55-128`.

            Defaults to none; those of `[tflite-op-coverage]` are the linter's alone.

            Example: `runtimes = ["micro", "gpu"]`.
            """
        ),
    )


class TfLiteOps(Goal):
    subsystem_cls = TfLiteOpsSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@dataclass(frozen=True)
class ListTargetOpsRequest:
    target: Target
    untrained: bool
    runtimes: tuple[str, ...]


@dataclass(frozen=True)
class ListedTargetOps:
    """`ops` are those of one model, or of all in a bundle; of another target there are none."""

    ops: tuple[TargetOps, ...]


@dataclass(frozen=True)
class ModelOpsRequest:
    """Asks for the ops of a `tflite_model`, a `tflite_file` or a target that yields a SavedModel, and what the
    `runtimes` say of them."""

    target: Target
    untrained: bool
    runtimes: tuple[str, ...]

    def debug_hint(self) -> str:
        return str(self.target.address)


@dataclass(frozen=True)
class ModelOps:
    ops: TargetOps


@dataclass(frozen=True)
class ConvertedOpsRequest:
    """Asks for the ops of the `.tflite` file of a `tflite_model` or `tflite_file`."""

    target: Target
    untrained: bool

    def debug_hint(self) -> str:
        return str(self.target.address)


@dataclass(frozen=True)
class ConvertedOps:
    """`model` holds `model.tflite`. `refusal` says why nothing ships it as it is, if so, as of a file that
    LiteRT does not load."""

    model: Digest
    ops: tuple[OpUse, ...]
    refusal: Optional[str] = None


@rule
async def list_converted_ops(request: ConvertedOpsRequest) -> ConvertedOps:
    target = request.target
    try:
        model = await convert_unverified(UnverifiedModelRequest(target, request.untrained))
        listed = await list_model_ops(ListModelOpsRequest(target.address, model.model))
        return ConvertedOps(model.model, listed.ops)
    except TfLiteError as error:
        if not target.has_field(TfLiteFileSourceField):
            raise
        refusal = error
    file = await read_model_file(ReadModelFileRequest(target[TfLiteFileSourceField]))
    try:
        listed = await list_model_ops(ListModelOpsRequest(target.address, file.digest))
    except TfLiteError:
        # What is no model at all is best explained by the step that looked at it first.
        raise refusal from None
    return ConvertedOps(file.digest, listed.ops, str(refusal))


@rule
async def list_ops_of_model(request: ModelOpsRequest) -> ModelOps:
    target, untrained = request.target, request.untrained
    saved_model: Optional[Target] = target if SavedModelFieldSet.is_applicable(target) else None
    if target.has_field(SavedModelField):
        field = target[SavedModelField]
        saved_model = (await resolve_reference(ReferenceRequest(field, field.value))).target
    graph_ops = ops = refusal = None
    answers: tuple[CoverageReport, ...] = ()
    if saved_model is not None:
        graph = await find_graph(GraphRequest(target, saved_model, untrained))
        listed = await list_saved_model_ops(
            ListSavedModelOpsRequest(saved_model.address, graph.saved_model)
        )
        graph_ops = listed.ops
    if target is not saved_model:
        converted = await list_converted_ops(ConvertedOpsRequest(target, untrained))
        asked = await ask_runtimes(AskRuntimesRequest(target, converted.model, request.runtimes))
        ops, refusal, answers = converted.ops, converted.refusal, asked.reports
    return ModelOps(TargetOps(str(target.address), graph_ops, ops, answers, refusal))


@rule
async def list_target_ops(request: ListTargetOpsRequest) -> ListedTargetOps:
    target = request.target
    models = [target]
    if target.has_field(BundleModelsField):
        field = target[BundleModelsField]
        references = await concurrently(
            resolve_reference(ReferenceRequest(field, value)) for value in field.references
        )
        models = [reference.target for reference in references]
    found = await concurrently(
        list_ops_of_model(ModelOpsRequest(model, request.untrained, request.runtimes))
        for model in models
    )
    return ListedTargetOps(tuple(model.ops for model in found))


def is_listed(target: Target) -> bool:
    """Whether a target is a model, yields a SavedModel, or is a bundle."""
    return target.has_field(BundleModelsField) or any(
        fields.is_applicable(target) for fields in (*_MODELS, SavedModelFieldSet)
    )


@goal_rule
async def tflite_ops(
    console: Console, targets: FilteredTargets, options: TfLiteOpsSubsystem
) -> TfLiteOps:
    check_format(options.name, options.format)
    listed = await concurrently(
        list_target_ops(
            ListTargetOpsRequest(target, options.untrained, tuple(options.runtimes)), **implicitly()
        )
        for target in targets
        if is_listed(target)
    )
    by_address = {ops.address: ops for found in listed for ops in found.ops}
    found = [ops for _, ops in sorted(by_address.items())]
    if options.format == JSON:
        console.print_stdout(render_json(found))
    elif found:
        console.print_stdout(render_tables(found))
    else:
        console.print_stderr("No model, SavedModel or bundle is among the targets.")
    return TfLiteOps(exit_code=0)


def rules():
    return collect_rules()
