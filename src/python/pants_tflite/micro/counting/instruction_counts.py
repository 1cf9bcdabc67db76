# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The instructions that a library's models take on its processor, counted in QEMU: one cached process.

QEMU's clock follows the instructions alone, so the counts are the same in every run, on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from pants.engine.process import FallibleProcessResult, Process
from pants.util.frozendict import FrozenDict

from pants_tflite.cc.platforms import Platform
from pants_tflite.compat import (
    collect_rules,
    concurrently,
    execute_process,
    implicitly,
    rule,
)
from pants_tflite.errors import Mistake, crash
from pants_tflite.micro.counting.counting_program import (
    BuildCountingProgramRequest,
    build_counting_program,
)
from pants_tflite.micro.counting.counts import (
    InexactCounts,
    ModelInstructions,
    UnreadableCounts,
    read_counts,
)
from pants_tflite.micro.field_sets import MicroLibraryFieldSet
from pants_tflite.micro.models import MicroModelsRequest, build_micro_models
from pants_tflite.micro.qemu.boards import BOARDS, Board
from pants_tflite.micro.qemu.emulator import QemuRequest, find_qemu
from pants_tflite.micro.self_test.self_test_program import BuildSelfTestRequest, build_self_test
from pants_tflite.micro.subsystems.self_tests import MicroSelfTest
from pants_tflite.pipeline.ops import ListModelOpsRequest, list_model_ops
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse


@dataclass(frozen=True)
class CountInstructionsRequest:
    """Asks for the instructions of all models of a library, whose fields name a tree of TFLite Micro."""

    field_set: MicroLibraryFieldSet
    platform: Platform

    def debug_hint(self) -> str:
        return f"{self.field_set.address} on {self.platform}"


@dataclass(frozen=True)
class CountedInstructions:
    """Those of each model, in the order of their names, or `why_not` they cannot be counted.

    `emulator` is what QEMU says of itself.
    """

    models: tuple[ModelInstructions, ...] = ()
    emulator: str = ""
    why_not: str = ""

    def of(self, model: str) -> ModelInstructions | None:
        return next((counted for counted in self.models if counted.model == model), None)

    def render(self) -> list[str]:
        """Lines for people."""
        if self.why_not:
            return [f"Instructions were not counted: {self.why_not}."]
        return [line for model in self.models for line in model.render()]


def read_result(
    request: CountInstructionsRequest,
    result: FallibleProcessResult,
    *,
    ops: Sequence[Sequence[OpUse]],
    board: Board,
    emulator: str,
    step: str,
) -> tuple[ModelInstructions, ...]:
    """What the program printed of models with these `ops`. Raises if it failed, if a model ran other
    ops, or if QEMU did not count as it should."""
    address = request.field_set.address
    stdout = result.stdout.decode(errors="replace")
    stderr = result.stderr.decode(errors="replace")
    try:
        if result.exit_code == 0:
            counted = read_counts(stdout, board.counter)
            if len(counted) != len(ops):
                raise UnreadableCounts(f"{len(counted)} of {len(ops)} models were counted")
            return tuple(model.with_layers(uses) for model, uses in zip(counted, ops))
        problem = ""
    except UnreadableCounts as error:
        problem = f"counts that can be read ({error})"
    except InexactCounts as error:
        raise Mistake(
            message=f"{emulator} does not count each instruction once: {error}",
            fix=f"Install another version of `{board.family.qemu}`, such as that of Debian 12 (7.2).",
        ).at(address)
    raise crash(
        address,
        step=step,
        exit_code=result.exit_code,
        stdout=stdout,
        stderr=stderr,
        lacks=problem,
    )


@rule(desc="Count the instructions of models in QEMU")
async def count_instructions(
    request: CountInstructionsRequest, subsystem: MicroSelfTest
) -> CountedInstructions:
    field_set, platform = request.field_set, request.platform
    board = BOARDS[platform.name]
    qemu = await find_qemu(QemuRequest(board.family.qemu), **implicitly())
    if qemu.path is None:
        return CountedInstructions(why_not=board.family.not_found)
    built, models = await concurrently(
        build_self_test(BuildSelfTestRequest(field_set, platform)),
        build_micro_models(MicroModelsRequest(field_set)),
    )
    if models.npu:
        return CountedInstructions(why_not="QEMU runs no op of an Ethos-U NPU")
    bundled = models.bundle.models
    program, *listed = await concurrently(
        build_counting_program(
            BuildCountingProgramRequest(
                address=field_set.address,
                platform=platform,
                counter=board.counter,
                compiled=built.compiled,
                library=built.library,
                models=tuple(model.name for model in bundled),
                most_ops=max(sum(op.count for op in model.facts.ops) for model in bundled),
            )
        ),
        *(list_model_ops(ListModelOpsRequest(model.address, model.digest)) for model in bundled),
    )
    step = f"Count the instructions of {field_set.address} on {platform} in QEMU"
    result = await execute_process(
        Process(
            argv=(*board.argv(qemu.path, program.path), *board.counter.qemu_flags),
            env=FrozenDict({"PANTS_TFLITE_EMULATOR": qemu.version}),
            input_digest=program.digest,
            description=step,
            timeout_seconds=subsystem.timeout_seconds,
        ),
        **implicitly(),
    )
    counted = read_result(
        request,
        result,
        ops=[model.ops for model in listed],
        board=board,
        emulator=qemu.description,
        step=step,
    )
    return CountedInstructions(models=counted, emulator=qemu.description)


def rules():
    return collect_rules()
