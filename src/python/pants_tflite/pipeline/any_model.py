# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A built model of either target, `tflite_model` or `tflite_file`, and what is in it."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.environment import EnvironmentName
from pants.engine.fs import DigestSubset, PathGlobs
from pants.engine.target import Target

from pants_tflite.compat import (
    EnvironmentNameRequest,
    collect_rules,
    digest_subset_to_digest,
    get_digest_contents,
    implicitly,
    resolve_environment_name,
    rule,
)
from pants_tflite.pipeline.build import (
    DESCRIPTION_FILE,
    BuildModelFileRequest,
    BuildModelRequest,
    BuiltModel,
    TfLiteFileFieldSet,
    build_model,
    build_model_file,
)
from pants_tflite.pipeline.plan import TfLiteModelFieldSet
from pants_tflite.target_types import TfLiteFileTarget


@dataclass(frozen=True)
class BuildAnyModelRequest:
    """Asks for a `tflite_model` or `tflite_file`, built in its own environment; of a `tflite_model` for
    the `untrained` one, if so."""

    target: Target
    untrained: bool = False


@dataclass(frozen=True)
class BuiltModelFactsRequest:
    model: BuiltModel


@dataclass(frozen=True)
class BuiltModelFacts:
    """`description` is the content of `model.json`."""

    description: str


@rule
async def build_any_model(request: BuildAnyModelRequest) -> BuiltModel:
    target = request.target
    environment = await resolve_environment_name(
        EnvironmentNameRequest.from_target(target), **implicitly()
    )
    if isinstance(target, TfLiteFileTarget):
        of_file = BuildModelFileRequest(TfLiteFileFieldSet.create(target))
        return await build_model_file(of_file, **implicitly({environment: EnvironmentName}))
    of_model = BuildModelRequest(TfLiteModelFieldSet.create(target), request.untrained)
    return await build_model(of_model, **implicitly({environment: EnvironmentName}))


@rule
async def describe_built_model(request: BuiltModelFactsRequest) -> BuiltModelFacts:
    digest = await digest_subset_to_digest(
        DigestSubset(request.model.digest, PathGlobs((DESCRIPTION_FILE,)))
    )
    contents = await get_digest_contents(digest)
    return BuiltModelFacts(contents[0].content.decode())


def rules():
    return collect_rules()
