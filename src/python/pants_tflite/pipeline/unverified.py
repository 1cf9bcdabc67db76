# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Models that nothing has verified, for those who look at them and neither run nor ship them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.environment import EnvironmentName
from pants.engine.fs import Digest, DigestSubset, PathGlobs
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
from pants_tflite.custom_ops.host_kernels import HostKernels
from pants_tflite.errors import Mistake
from pants_tflite.pipeline.any_model import BuildAnyModelRequest, build_any_model
from pants_tflite.pipeline.convert import MODEL_FILE, ConvertModelRequest, convert_model
from pants_tflite.pipeline.draft import DraftModelRequest, draft_model
from pants_tflite.pipeline.export import (
    ExportSavedModelRequest,
    SavedModelFieldSet,
    export_saved_model,
)
from pants_tflite.pipeline.plan import PlanModelRequest, TfLiteModelFieldSet, plan_model
from pants_tflite.pipeline.prepare import PrepareModelRequest, prepare_model
from pants_tflite.target_types import TfLiteFileTarget


@dataclass(frozen=True)
class UnverifiedModelRequest:
    """Asks for a `tflite_model` or `tflite_file` as it is before it is verified; of a `tflite_model` for the
    `untrained` one, if so."""

    target: Target
    untrained: bool = False

    def debug_hint(self) -> str:
        return str(self.target.address)


@dataclass(frozen=True)
class UnverifiedModel:
    """`model` holds `model.tflite` and nothing else. `mode` is the one that it was converted in; a
    `tflite_file` and a model by a recipe alone have none."""

    model: Digest
    mode: Optional[str]


@dataclass(frozen=True)
class GraphRequest:
    """Asks for the SavedModel, of the target `saved_model`, that the target `model` is made of."""

    model: Target
    saved_model: Target
    untrained: bool


@dataclass(frozen=True)
class Graph:
    """`saved_model` holds `saved_model/saved_model.pb`; `code_lines` a CodeLinesReport, or nothing."""

    saved_model: Digest
    code_lines: Digest


@rule
async def find_graph(request: GraphRequest) -> Graph:
    target = request.saved_model
    if request.untrained:
        drafted = await draft_model(DraftModelRequest(request.model))
        if drafted.draft is not None:
            return Graph(drafted.draft.saved_model, drafted.draft.code_lines)
    name = await resolve_environment_name(
        EnvironmentNameRequest.from_target(target), **implicitly()
    )
    exported = await export_saved_model(
        ExportSavedModelRequest(SavedModelFieldSet.create(target), request.untrained),
        **implicitly({name: EnvironmentName}),
    )
    return Graph(exported.digest, exported.code_lines)


@rule
async def convert_unverified(request: UnverifiedModelRequest) -> UnverifiedModel:
    target = request.target
    if isinstance(target, TfLiteFileTarget):
        # A file is taken as it comes once it is known to be one that loads.
        built = await build_any_model(BuildAnyModelRequest(target))
        model = await digest_subset_to_digest(DigestSubset(built.digest, PathGlobs((MODEL_FILE,))))
        return UnverifiedModel(model, None)
    field_set = TfLiteModelFieldSet.create(target)
    plan, name = await concurrently(
        plan_model(PlanModelRequest(field_set)),
        resolve_environment_name(EnvironmentNameRequest.from_target(target), **implicitly()),
    )
    if request.untrained:
        drafted = await draft_model(DraftModelRequest(target))
        if drafted.draft is not None:
            if drafted.draft.refused is not None:
                raise Mistake.from_report(drafted.draft.refused).at(target.address)
            return UnverifiedModel(drafted.draft.model, plan.quantization.mode)
    prepared = await prepare_model(
        PrepareModelRequest(field_set, request.untrained),
        **implicitly({name: EnvironmentName}),
    )
    converted = await convert_model(
        ConvertModelRequest(
            address=field_set.address,
            saved_model=prepared.saved_model,
            quantization=plan.quantization,
            calibration=prepared.samples.calibration,
            custom_ops=plan.custom_ops,
            signatures=prepared.signatures,
            kernels=prepared.kernels if plan.quantization.calibrates else HostKernels(),
            select_tf_ops=field_set.select_tf_ops.ops,
        ),
        **implicitly({name: EnvironmentName}),
    )
    return UnverifiedModel(converted.model, plan.quantization.mode)


def rules():
    return collect_rules()
