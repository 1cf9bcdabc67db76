# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The runtime `micro` of coverage: TFLite Micro's wheel, and the headers of a bundle's own tree."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import Iterable, Iterator

from pants.engine.fs import DigestSubset, PathGlobs
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from pants_tflite.compat import (
    collect_rules,
    digest_subset_to_digest,
    get_digest_contents,
    implicitly,
    rule,
)
from pants_tflite.coverage.runtimes import Coverage, RuntimeProbe
from pants_tflite.micro.sandbox.check_coverage_protocol import MicroCoverageRequest
from pants_tflite.micro.target_types import MicroTflmField
from pants_tflite.micro.tflm.op_names import method_of
from pants_tflite.micro.tflm.tflm_environment import TflmEnvironmentRequest, find_tflm_environment
from pants_tflite.micro.tflm.tflm_tree import TREE, TflmTreeRequest, find_tflm_tree
from pants_tflite.pipeline.convert import MODEL_FILE
from pants_tflite.pipeline.ops import ListModelOpsRequest, list_model_ops
from pants_tflite.sandbox.constants import ETHOS_U
from pants_tflite.sandbox.coverage.coverage_protocol import CoverageReport, RefusedOp
from pants_tflite.sandbox.tflite.inspect_model_protocol import ModelOp
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse
from pants_tflite.target_types import MICRO
from pants_tflite.util_rules.sandbox_programs import RunProgramRequest, find_report, run_program

RESOLVER = "tensorflow/lite/micro/micro_mutable_op_resolver.h"
_METHOD = re.compile(r"\bTfLiteStatus (Add\w+)\(")


@dataclass(frozen=True)
class TflmProbe(RuntimeProbe):
    """Asks TFLite Micro."""

    runtimes = (MICRO,)


@dataclass(frozen=True)
class TreeMethodsRequest:
    """Asks for the ops of the tree that a bundle names."""

    bundle: Target


@dataclass(frozen=True)
class TreeMethods:
    """The methods of a tree's op resolver that add ops."""

    names: frozenset[str]


@rule
async def find_tree_methods(request: TreeMethodsRequest) -> TreeMethods:
    field = request.bundle[MicroTflmField]
    assert field.value is not None
    tree = await find_tflm_tree(TflmTreeRequest(field, field.value))
    header = await digest_subset_to_digest(
        DigestSubset(tree.headers, PathGlobs((os.path.join(TREE, RESOLVER),)))
    )
    contents = await get_digest_contents(header)
    text = "".join(file.content.decode(errors="replace") for file in contents)
    return TreeMethods(adding_methods(text))


def adding_methods(header: str) -> frozenset[str]:
    """The methods of an op resolver's header that add ops."""
    return frozenset(_METHOD.findall(header))


def lacking_in_tree(
    ops: Iterable[OpUse], methods: frozenset[str], kernels: tuple[str, ...]
) -> Iterator[RefusedOp]:
    """The ops that no method of a tree adds."""
    for index, op in enumerate(ops):
        method = method_of(ModelOp(op.op, op.version, 1, op.custom))
        if method not in methods and not (op.custom and op.op in kernels):
            yield RefusedOp(index, op.op, op.tensor, f"no method in {RESOLVER} adds it")


@rule(desc="Ask TFLite Micro for the ops of a model")
async def probe_tflm(request: TflmProbe) -> Coverage:
    environment = await find_tflm_environment(TflmEnvironmentRequest(), **implicitly())
    result = await run_program(
        RunProgramRequest.create(
            request.address,
            MicroCoverageRequest(
                runtime=request.runtime,
                model=MODEL_FILE,
                # The library's resolver adds the op of an NPU, whose kernel is the chip's.
                kernels=tuple(sorted({*request.kernels, ETHOS_U})),
            ),
            environment,
            description=f"Ask TFLite Micro for the ops of {request.address}",
            input_digest=request.model,
        )
    )
    report = find_report(await get_digest_contents(result.digest), CoverageReport)
    bundle = request.bundle
    if (
        bundle is None
        or not bundle.has_field(MicroTflmField)
        or bundle[MicroTflmField].value is None
    ):
        return Coverage(report)
    ops = await list_model_ops(ListModelOpsRequest(request.address, request.model))
    tree = await find_tree_methods(TreeMethodsRequest(bundle))
    known = {op.index for op in report.refused}
    lacking = lacking_in_tree(ops.ops, tree.names, request.kernels)
    refused = (*report.refused, *(op for op in lacking if op.index not in known))
    return Coverage(
        replace(
            report,
            loads=bool(report.loads) and not refused,
            refused=tuple(sorted(refused, key=lambda op: op.index)),
        )
    )


def rules():
    return (*collect_rules(), UnionRule(RuntimeProbe, TflmProbe))
