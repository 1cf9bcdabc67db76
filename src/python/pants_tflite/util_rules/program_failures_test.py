# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What becomes of programs that fail: here one that a shell plays, run by Pants as any other."""

from __future__ import annotations

import logging
from typing import Optional

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, FileContent
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner
from pants.util.frozendict import FrozenDict

from pants_tflite.sandbox.mistakes import MistakeReport
from pants_tflite.sandbox.outside_use_protocol import OutsideUse
from pants_tflite.sandbox.supervisor import UNFINISHED_EXIT_CODE
from pants_tflite.testutil import new_rule_runner
from pants_tflite.util_rules.environment_processes import PythonEnvironment
from pants_tflite.util_rules.sandbox_programs import ProgramResult, RunProgramRequest

REPORT = MistakeReport(message="loops are its end", fix="Unroll.", field="f", value="v", detail="d")


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    return new_rule_runner(
        [QueryRule(ProgramResult, [RunProgramRequest]), QueryRule(Digest, [CreateDigest])]
    )


def _run(rule_runner: RuleRunner, script: str, timeout: Optional[int] = None) -> ProgramResult:
    """Runs a program that the shell `script` plays; its request is REPORT."""
    text = f"#!/bin/sh\nPATH=/usr/bin:/bin\nmkdir out\n{script}\n"
    program = FileContent("program", text.encode(), is_executable=True)
    shell = PythonEnvironment(
        name="shell",
        python="./program",
        digest=rule_runner.request(Digest, [CreateDigest([program])]),
        append_only_caches=FrozenDict(),
    )
    request = RunProgramRequest.create(
        Address("m", target_name="model"),
        REPORT,
        shell,
        description="Convert it",
        timeout=timeout,
    )
    return rule_runner.request(ProgramResult, [request])


def _fail(rule_runner: RuleRunner, script: str) -> str:
    """What is said of a program that fails."""
    with pytest.raises(ExecutionError) as error:
        _run(rule_runner, script)
    return str(error.value)


@pytest.fixture(autouse=True)
def report_is_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "pants_tflite.sandbox.tflite.inspect_model"
    monkeypatch.setattr(MistakeReport, "PROGRAM", program, raising=False)
    monkeypatch.setattr(MistakeReport, "OUTPUTS", ("model.tflite", "deep/model.json"))
    monkeypatch.setattr(MistakeReport, "INSTEAD", "refusal.json")


def test_a_mistake_is_told_as_reported(rule_runner: RuleRunner) -> None:
    text = _fail(rule_runner, 'cp "$4" out/error.json; exit 3')
    assert "m:model, field `f` = 'v': loops are its end.\n\nd\n\nFix: Unroll." in text


def test_a_crash_is_told_by_its_signal(rule_runner: RuleRunner) -> None:
    text = _fail(rule_runner, "echo double free; kill -ABRT $$")
    assert "m:model: Convert it was killed by SIGABRT (signal 6)." in text
    assert "double free" in text


def test_a_program_that_takes_too_long_is_told_so(rule_runner: RuleRunner) -> None:
    with pytest.raises(ExecutionError) as error:
        _run(rule_runner, "sleep 30", timeout=1)
    text = str(error.value)
    assert "m:model, field `timeout` = '1': Convert it took longer than 1 s." in text


def test_a_crash_that_the_program_foresaw_is_told_as_it_said(rule_runner: RuleRunner) -> None:
    text = _fail(rule_runner, 'cp "$4" out/error.json; kill -SEGV $$')
    assert "m:model, field `f` = 'v': loops are its end." in text
    assert "Convert it was killed by SIGSEGV (signal 11). Its output ends with:" in text
    assert text.rstrip().endswith("Fix: Unroll.")


@pytest.mark.parametrize(
    "script",
    [
        "mkdir out/deep; touch out/model.tflite out/deep/model.json out/more",
        "touch out/refusal.json",
    ],
)
def test_a_program_that_leaves_what_it_must_succeeds(rule_runner: RuleRunner, script: str) -> None:
    assert _run(rule_runner, script).digest != EMPTY_DIGEST


@pytest.mark.parametrize(
    ("script", "missing"),
    [
        (":", "`model.tflite`, `deep/model.json`"),
        ("touch out/model.tflite", "`deep/model.json`"),
        ("mkdir out/model.tflite; touch out/model.tflite/a", "`model.tflite`, `deep/model.json`"),
    ],
)
def test_exit_code_0_alone_is_no_success(
    rule_runner: RuleRunner, script: str, missing: str
) -> None:
    text = _fail(rule_runner, f"echo so far so good; {script}")
    assert f"m:model: Convert it ended with exit code 0, and did not write {missing}." in text
    assert "so far so good" in text


def test_an_end_before_the_program_finished_is_told(rule_runner: RuleRunner) -> None:
    text = _fail(rule_runner, f"exit {UNFINISHED_EXIT_CODE}")
    assert "m:model: Convert it ended before it had finished." in text


def test_what_code_uses_from_outside_is_told_and_taken_out(
    rule_runner: RuleRunner, caplog: pytest.LogCaptureFixture
) -> None:
    use = OutsideUse(("/data/secret.txt",), ()).render().decode()
    leave = "touch out/refusal.json; mkdir -p out/deep/empty; touch out/deep/file"
    plain = _run(rule_runner, leave)
    assert not caplog.records
    told = _run(rule_runner, f"{leave}; cat > out/{OutsideUse.FILE} <<'END'\n{use}\nEND")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith(
        "m:model reads `/data/secret.txt`, outside of its sandbox"
    )
    assert told.digest == plain.digest


def test_a_program_has_a_home_that_is_empty(rule_runner: RuleRunner) -> None:
    script = (
        '[ -d "$HOME" ] && [ -w "$HOME" ] && [ -z "$(ls -A "$HOME")" ] && touch out/refusal.json'
    )
    assert _run(rule_runner, script).digest != EMPTY_DIGEST
