# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The models of a library with their weights in look-up tables, where that makes them smaller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Optional

from pants.engine.fs import DigestSubset, PathGlobs
from pants.util.frozendict import FrozenDict

from pants_tflite.bundles.models import BundleModel
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    digest_subset_to_digest,
    digest_to_snapshot,
    get_digest_contents,
    implicitly,
    rule,
)
from pants_tflite.errors import Mistake
from pants_tflite.micro.changed_models import ChangedModelRequest, describe_changed_model
from pants_tflite.micro.compression.sandbox.compress_model_protocol import (
    CompressionReport,
    CompressModelRequest,
)
from pants_tflite.micro.compression.target_types import MicroCompressionField
from pants_tflite.micro.npu.target_types import MicroNpuField
from pants_tflite.micro.tflm.op_names import CUSTOM_METHODS
from pants_tflite.micro.tflm.tflm_environment import TflmEnvironmentRequest, find_tflm_environment
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.verify import GOLDEN_FILES
from pants_tflite.sandbox.protocol import to_plain
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program

_TOOL = "TFLite Micro's compression"


@dataclass(frozen=True)
class CompressBundleModelRequest:
    """Asks for a library's model, compressed as `field` says."""

    field: MicroCompressionField
    model: BundleModel

    def debug_hint(self) -> str:
        return f"{self.model.name} of {self.field.address}"


@dataclass(frozen=True)
class CompressedModel:
    """`model` is what to ship: the same as before if nothing was won."""

    model: BundleModel
    report: CompressionReport

    @property
    def manifest(self) -> FrozenDict[str, Any]:
        """The manifest's entry."""
        plain = to_plain(self.report)
        report = self.report
        won = {
            "bytes_won": report.bytes_before - report.bytes_after,
            "arena_lost": report.arena_after - report.arena_before,
        }
        return FrozenDict.deep_freeze({**plain, **won})


def check_without_npu(field: MicroCompressionField, npu: MicroNpuField) -> Optional[str]:
    """How to compress; None for not at all. Raises if the models are Vela's, which packs weights itself."""
    method: Optional[str] = field.checked
    if method is not None and npu.value is not None:
        raise Mistake.of(
            field,
            message=f"Vela compresses the weights of what `{npu.alias}` runs itself",
            fix=f"Leave `{field.alias}` or `{npu.alias}` out.",
        )
    return method


def check_can_compare(field: MicroCompressionField, model: BundleModel) -> None:
    """Raises if TFLite Micro's wheel has no kernels of a model's custom ops: then nothing can be compared."""
    unknown = [name for name in model.facts.custom_ops if name not in CUSTOM_METHODS]
    if unknown:
        raise Mistake.of(
            field,
            message=f"{model.name} ({model.address}) has the custom ops {', '.join(unknown)}, which TFLite "
            "Micro's wheel cannot run, so that the compressed model could not be compared with it",
            fix=f"Leave `{field.alias}` out, or put the model into a library of its own without it.",
        )


def check_something_won(field: MicroCompressionField, models: Iterable[CompressedModel]) -> None:
    """Raises if no model became smaller."""
    named = {it.model.name: it.report for it in models}
    if any(report.tensors for report in named.values()):
        return
    raise Mistake.of(
        field,
        message=f"nothing is won for {', '.join(named)}: {_why_nothing(tuple(named.values())[0])}",
        fix="Train with weights of few values (clustering, as in tensorflow_model_optimization's "
        f"`cluster_weights`), or leave `{field.alias}` out.",
    )


def _why_nothing(report: CompressionReport) -> str:
    return (
        f"no int8 weights have so few different values that tables of at most {report.most_values} make "
        "the model smaller"
    )


def warn_of_nothing_won(models: Iterable[CompressedModel]) -> list[str]:
    """A line for each model that stays as it was."""
    return [
        f"{it.model.name} stays as it is: {_why_nothing(it.report)}."
        for it in models
        if not it.report.tensors
    ]


@rule(desc="Compress a library's model")
async def compress_bundle_model(request: CompressBundleModelRequest) -> CompressedModel:
    model = request.model
    check_can_compare(request.field, model)
    environment, files = await concurrently(
        find_tflm_environment(TflmEnvironmentRequest(), **implicitly()),
        # Without its description, so that a model of the same bytes is compressed once.
        digest_subset_to_digest(DigestSubset(model.digest, PathGlobs((MODEL_FILE, *GOLDEN_FILES)))),
    )
    snapshot = await digest_to_snapshot(files)
    golden_input, golden_output = (
        path if path in snapshot.files else None for path in GOLDEN_FILES
    )
    result = await run_program(
        RunProgramRequest.create(
            request.field.address,
            CompressModelRequest(
                model=MODEL_FILE, golden_input=golden_input, golden_output=golden_output
            ),
            environment,
            description=f"Compress {model.address} for TFLite Micro",
            input_digest=files,
        )
    )
    report = find_report(await get_digest_contents(result.digest), CompressionReport)
    if not report.tensors:
        return CompressedModel(model, report)
    compressed = await digest_subset_to_digest(
        DigestSubset(result.digest, PathGlobs((MODEL_FILE,)))
    )
    changed = await describe_changed_model(ChangedModelRequest(model, compressed, _TOOL))
    return CompressedModel(changed.model, report)


def rules():
    return collect_rules()
