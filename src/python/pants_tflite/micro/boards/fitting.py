# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Micro libraries against boards, with the code compiled for the board's processor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from pants.engine.target import Target

from pants_tflite.cc.platforms import PLATFORMS
from pants_tflite.compat import collect_rules, concurrently, rule
from pants_tflite.errors import Mistake
from pants_tflite.micro.boards.fit import Board, Fit, Need
from pants_tflite.micro.field_sets import MicroLibraryFieldSet, MicroSettings
from pants_tflite.micro.models import (
    MicroModels,
    MicroModelsRequest,
    build_micro_models,
    file_sizes,
)
from pants_tflite.micro.npu.models import has_npu_op
from pants_tflite.micro.self_test.compiled_library import CompileLibraryRequest, compile_library
from pants_tflite.micro.self_test.parts_program import SizePartsRequest, size_parts
from pants_tflite.util_rules.references import ReferenceRequest, resolve_reference


@dataclass(frozen=True)
class MicroNeedRequest:
    """Asks what a library takes on `cpu`, or on its own processor."""

    field_set: MicroLibraryFieldSet
    cpu: Optional[str]

    def debug_hint(self) -> str:
        return f"{self.field_set.address} on {self.cpu or 'its own processor'}"


@dataclass(frozen=True)
class NamedBoardsRequest:
    """Asks for the boards that a library names."""

    field_set: MicroLibraryFieldSet


@dataclass(frozen=True)
class NamedBoards:
    boards: tuple[Board, ...]


@dataclass(frozen=True)
class FitBoardsRequest:
    """Asks how a library fits the boards that it names, and all `others`."""

    field_set: MicroLibraryFieldSet
    others: tuple[Target, ...] = ()

    def debug_hint(self) -> str:
        return str(self.field_set.address)


@dataclass(frozen=True)
class FitBoards:
    """In the order of the boards' addresses."""

    fits: tuple[Fit, ...]


def _npu_models(models: MicroModels) -> tuple[str, ...]:
    return tuple(model.name for model in models.bundle.models if has_npu_op(model))


@rule(desc="Find out what a TFLite Micro library takes")
async def find_micro_need(request: MicroNeedRequest) -> Need:
    field_set = request.field_set
    cpu = request.cpu or MicroSettings.create(field_set).cpu
    models = await build_micro_models(MicroModelsRequest(field_set))
    if cpu is None or field_set.tflm.value is None:
        return Need(
            flash=sum(file_sizes(models.bundle).values()),
            ram=models.largest_arena,
            npu_models=_npu_models(models),
        )
    platform = PLATFORMS[cpu]
    compiled = await compile_library(CompileLibraryRequest(field_set, platform))
    parts = await size_parts(
        SizePartsRequest(
            address=field_set.address,
            platform=platform,
            compiled=compiled,
            arena=models.largest_arena,
        )
    )
    return Need(
        flash=parts.total.flash,
        ram=parts.total.ram,
        cpu=cpu,
        kernels=compiled.tools.kernels,
        npu_models=_npu_models(models),
    )


@rule
async def find_named_boards(request: NamedBoardsRequest) -> NamedBoards:
    field = request.field_set.boards
    references = await concurrently(
        resolve_reference(ReferenceRequest(field, value)) for value in field.references
    )
    return NamedBoards(tuple(Board.of(reference.target) for reference in references))


@rule(desc="Fit a TFLite Micro library to boards")
async def fit_boards(request: FitBoardsRequest) -> FitBoards:
    field_set = request.field_set
    named = await find_named_boards(NamedBoardsRequest(field_set))
    boards = {board.address: board for board in named.boards}
    is_named = set(boards)
    boards.update({target.address: Board.of(target) for target in request.others})
    ordered = [boards[address] for address in sorted(boards)]
    needs = await concurrently(
        find_micro_need(MicroNeedRequest(field_set, board.cpu)) for board in ordered
    )
    return FitBoards(
        tuple(
            Fit(str(field_set.address), board, need, board.address in is_named)
            for board, need in zip(ordered, needs)
        )
    )


def check_fits(field_set: MicroLibraryFieldSet, fits: FitBoards) -> None:
    """Raises if the library names a board that it does not fit; lists all of them."""
    failed = [fit for fit in fits.fits if fit.fails]
    if failed:
        listed = "".join(
            f"\n- {fit.board.address}: {'; '.join(fit.problems)} ({fit.need.counted})"
            for fit in failed
        )
        raise Mistake.of(
            field_set.boards,
            message=f"the library does not fit boards that it names:{listed}",
            fix="Make the models smaller, leave one out, or name other boards.",
        )


def rules():
    return collect_rules()
