# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import pytest

from pants_tflite.micro.counting.counts import (
    InexactCounts,
    ModelInstructions,
    OpInstructions,
    UnreadableCounts,
    read_counts,
)
from pants_tflite.micro.qemu.boards import BOARDS
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse

COUNTER = BOARDS["cortex-m4"].counter
# Of 25.6 ticks an instruction.
LOOP = "calibration 0000000000012c33"


def line(what: str, instructions: int) -> str:
    return f"{what} {round(instructions * 25.6):016x}"


OUTPUT = "\r\n".join(
    (
        LOOP,
        "model sine",
        line("allocate", 59_361),
        line("invoke", 6_592),
        line("invoke", 6_599),
        f"{line('op', 4_024)} 0 FULLY_CONNECTED",
        f"{line('op', 2_000)} 1 My op",
        f"{line('op', 4_020)} 0 FULLY_CONNECTED",
        f"{line('op', 2_007)} 1 My op",
        "model big",
        line("allocate", 10),
        line("allocate", 12),
        line("invoke", 5_000_000_000),
        f"{line('op', 4_999_999_999)} 0 CONV_2D",
    )
)


def use(subgraph: int, layer: str) -> OpUse:
    return OpUse(subgraph, "OP", 1, False, "t", layer, (), 0, False)


def test_the_most_costly_call_counts_and_so_does_each_op_in_its_own() -> None:
    sine, big = read_counts(OUTPUT, COUNTER)
    assert sine == ModelInstructions(
        model="sine",
        calls=2,
        invoke=6_599,
        allocate_tensors=59_361,
        ops=(
            OpInstructions(0, "FULLY_CONNECTED", "", 4_024),
            OpInstructions(1, "My op", "", 2_007),
        ),
    )
    assert (big.model, big.invoke, big.allocate_tensors) == ("big", 5_000_000_000, 12)


def test_ops_of_the_main_graph_get_their_layers() -> None:
    sine, _ = read_counts(OUTPUT, COUNTER)
    named = sine.with_layers((use(0, "dense"), use(1, "inner"), use(0, "")))
    assert [op.label for op in named.ops] == [
        "FULLY_CONNECTED, op 0 in the layer `dense`",
        "My op, op 1",
    ]
    assert named.most_costly == named.ops[0]
    with pytest.raises(UnreadableCounts, match="sine ran 2 ops of its 1"):
        sine.with_layers((use(0, "dense"),))


def test_people_see_the_most_costly_ops_first() -> None:
    ops = tuple(OpInstructions(index, "ADD", "", 1000 + index) for index in range(8))
    lines = list(ModelInstructions("m", 3, 9_999, 5, ops).render())
    assert lines[0] == (
        "m: 9,999 instructions for a call at most (3 counted), 5 for AllocateTensors"
    )
    assert lines[1] == "          1,007  ADD, op 7"
    assert lines[-1] == "          3,003  3 other ops"


@pytest.mark.parametrize("ticks", [76_000, 77_300, 0])
def test_a_clock_that_does_not_follow_instructions_is_noticed(ticks: int) -> None:
    with pytest.raises(InexactCounts, match="a loop of 3,000 instructions counts as"):
        read_counts(OUTPUT.replace("12c33", f"{ticks:05x}"), COUNTER)


@pytest.mark.parametrize(
    "output",
    [
        "",
        OUTPUT.partition("\n")[2],
        OUTPUT.replace("invoke", "failed"),
        OUTPUT.replace(" 1 My op", " 2 My op"),
        f"{LOOP}\nmodel sine\n{line('allocate', 3)}",
    ],
)
def test_what_is_not_whole_is_no_result(output: str) -> None:
    with pytest.raises(UnreadableCounts):
        read_counts(output, COUNTER)
