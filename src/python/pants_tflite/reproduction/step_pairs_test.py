# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from dataclasses import replace

from pants_tflite.reproduction.step_pairs import pair_steps
from pants_tflite.util_rules.steps import StepRecord


def step(description: str, inputs: str, outputs: str, exit_code: int = 0) -> StepRecord:
    return StepRecord(
        description=description,
        inputs=inputs,
        outputs=outputs,
        outputs_size=80,
        exit_code=exit_code,
        sources=(("train.py", "x = 1\n"),),
    )


def test_a_record_is_one_line() -> None:
    record = step("Train and export a:b", "1", "2")
    (line,) = record.render().splitlines()
    assert StepRecord.parse(line) == record


def test_equal_runs_have_no_differences() -> None:
    steps = [step("a", "1", "2"), step("b", "2", "3"), step("b", "2", "3")]
    paired = pair_steps(steps, list(reversed(steps)))
    assert [pair.first.description for pair in paired.pairs] == ["a", "b"]
    assert not (paired.differing or paired.unpaired)


def test_what_follows_from_a_difference_is_no_root() -> None:
    paired = pair_steps(
        [step("train", "1", "2"), step("convert", "2", "3"), step("sample", "4", "5")],
        [step("train", "1", "9"), step("convert", "9", "8"), step("sample", "4", "5")],
    )
    assert [pair.first.description for pair in paired.differing] == ["convert", "train"]
    assert [pair.first.description for pair in paired.roots] == ["train"]


def test_steps_of_one_name_are_paired_by_their_inputs() -> None:
    paired = pair_steps(
        [step("compile", "1", "2"), step("compile", "3", "4")],
        [step("compile", "3", "4"), step("compile", "1", "7")],
    )
    (root,) = paired.roots
    assert (root.first.outputs, root.second.outputs) == ("2", "7")


def test_equal_work_may_have_the_name_of_either_target() -> None:
    paired = pair_steps([step("write of a", "1", "2")], [step("write of b", "1", "2")])
    assert len(paired.pairs) == 1
    assert not (paired.differing or paired.unpaired)
    often = [
        step("write of a", "1", "2"),
        step("write of c", "1", "2"),
        step("write of d", "1", "7"),
    ]
    paired = pair_steps(often, [step("write of b", "1", "2"), step("write of d", "1", "7")])
    assert not (paired.differing or paired.unpaired)
    paired = pair_steps(often, [step("write of b", "1", "2")])
    assert paired.unpaired == ("write of d",)
    changed = pair_steps([step("write of a", "1", "2")], [step("write of b", "1", "3")])
    assert len(changed.roots) == 1


def test_another_exit_code_is_a_difference() -> None:
    paired = pair_steps([step("a", "1", "2")], [step("a", "1", "2", exit_code=1)])
    assert len(paired.roots) == 1


def test_a_step_that_only_one_run_had_is_listed() -> None:
    assert pair_steps([step("a", "1", "2")], []).unpaired == ("a",)
    assert pair_steps([], [step("b", "1", "2")]).unpaired == ("b",)


def test_what_is_declared_explains_itself_and_what_follows() -> None:
    def run(samples: str, model: str) -> list[StepRecord]:
        return [
            replace(step("sample", "1", samples), address="m:dated"),
            replace(step("convert", samples, model), address="m:model"),
        ]

    paired = pair_steps(run("2", "3"), run("9", "8"))
    reasons = {"m:dated": "why", "m:model": "why not"}
    assert paired.is_explained(reasons, artifacts_differ=True)
    assert not paired.undeclared(reasons) and not paired.same_although(reasons)
    for others in ({}, {"m:model": "why"}):
        assert not paired.is_explained(others, artifacts_differ=True)
        assert [pair.first.description for pair in paired.undeclared(others)] == ["sample"]


def test_a_declaration_explains_nothing_else() -> None:
    declared = replace(step("sample", "1", "2"), address="m:dated")
    reasons = {"m:dated": "why"}
    train = step("train", "4", "5")
    others = [replace(declared, outputs="9"), replace(train, outputs="7")]
    paired = pair_steps([declared, train], others)
    assert [pair.first.description for pair in paired.undeclared(reasons)] == ["train"]
    assert not paired.is_explained(reasons, artifacts_differ=True)
    same = pair_steps([declared], [declared])
    assert same.same_although(reasons) == ("m:dated",)
    assert same.is_explained(reasons, artifacts_differ=False)
    assert not same.is_explained(reasons, artifacts_differ=True)
    assert not pair_steps([declared, train], [declared]).is_explained(
        reasons, artifacts_differ=False
    )
    failed = pair_steps([declared], [replace(declared, exit_code=1)])
    assert failed.undeclared(reasons)
