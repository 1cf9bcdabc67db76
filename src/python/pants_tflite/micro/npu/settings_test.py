# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.errors import TfLiteError
from pants_tflite.micro.npu.accelerators import ACCELERATORS, default_system_config
from pants_tflite.micro.npu.compilation import CompiledForNpu, CpuOp
from pants_tflite.micro.npu.sandbox.compile_for_npu_protocol import NpuReport
from pants_tflite.micro.npu.settings import NpuFields, check_budgets, find_accelerator
from pants_tflite.micro.npu.target_types import NPU_FIELDS
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse

ADDRESS = Address("boards", target_name="mcu")


def fields(**values: Any) -> NpuFields:
    made: dict[str, Any] = {
        kind.alias: kind(values.get(kind.alias), ADDRESS) for kind in NPU_FIELDS
    }
    return NpuFields(**made)


def compiled(npu_ops: int = 1) -> CompiledForNpu:
    report = NpuReport(
        vela="5.2.0",
        accelerator="ethos-u55-128",
        system_config="Ethos_U55_High_End_Embedded",
        memory_mode="Shared_Sram",
        cycles=13_809,
        npu_cycles=5_267,
        macs=88_916,
        sram=1_280,
        dram=0,
        on_chip_flash=0,
        off_chip_flash=12_048,
        refused=(),
    )
    use = OpUse(0, "QUANTIZE", 1, False, "net/first/x", "net/first", ("float32", "int8"), 0, True)
    cpu_ops = (CpuOp(use, "it is in floats"), CpuOp(use, ""))
    return CompiledForNpu(EMPTY_DIGEST, report, npu_ops, cpu_ops)


@pytest.mark.parametrize("name", ACCELERATORS)
def test_every_accelerator_has_a_system_configuration_of_its_own_family(name: str) -> None:
    family = name.split("-")[1].upper()
    assert default_system_config(name).startswith(f"Ethos_{family}_")
    accelerator = find_accelerator(fields(npu=name))
    assert accelerator is not None
    assert (accelerator.name, accelerator.memory_mode) == (name, "Shared_Sram")


def test_without_an_npu_there_is_no_accelerator() -> None:
    assert find_accelerator(fields()) is None


@pytest.mark.parametrize(
    "values",
    [
        {"system_config": "Ethos_U55_Deep_Embedded"},
        {"memory_mode": "Sram_Only"},
        {"npu_config": "//boards:chip.ini"},
        {"max_cpu_ops": 0},
        {"max_sram": "1KiB"},
        {"max_npu_cycles": 5},
    ],
)
def test_a_field_about_an_npu_needs_one(values: dict[str, Any]) -> None:
    with pytest.raises(TfLiteError, match=rf"boards:mcu, field `{next(iter(values))}`"):
        find_accelerator(fields(**values))


def test_a_configuration_of_the_users_own_needs_the_names_of_sections() -> None:
    with pytest.raises(TfLiteError, match="which section of that file is the `memory_mode`"):
        find_accelerator(fields(npu="ethos-u55-128", npu_config="c", system_config="Mine"))


def test_ops_on_the_processor_are_named_with_their_layers() -> None:
    with pytest.raises(TfLiteError) as caught:
        check_budgets(fields(npu="ethos-u55-128", max_cpu_ops=1), "digits", compiled())
    assert "boards:mcu, field `max_cpu_ops` = '1'" in str(caught.value)
    assert "- QUANTIZE of the layer net/first, which makes `net/first/x`: it is in floats" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("values", "excess"),
    [({"max_sram": "1KiB"}, "256 bytes too many"), ({"max_npu_cycles": 13_808}, "1 too many")],
)
def test_a_figure_above_its_budget_is_an_error(values: dict[str, Any], excess: str) -> None:
    with pytest.raises(TfLiteError, match=excess):
        check_budgets(fields(npu="ethos-u55-128", **values), "digits", compiled())


def test_budgets_that_are_just_met_pass() -> None:
    budgets = fields(npu="ethos-u55-128", max_cpu_ops=2, max_sram="1280B", max_npu_cycles=13_809)
    check_budgets(budgets, "digits", compiled())


def test_a_model_of_which_nothing_runs_on_the_npu_is_refused() -> None:
    with pytest.raises(TfLiteError, match="nothing of digits runs on the NPU"):
        check_budgets(fields(npu="ethos-u55-128"), "digits", compiled(npu_ops=0))
