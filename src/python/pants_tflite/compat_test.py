# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Tuple

import pytest
from pants.engine.console import Console
from pants.engine.environment import EnvironmentName
from pants.engine.fs import CreateDigest, FileContent
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.process import InteractiveProcess, Process
from pants.engine.rules import QueryRule
from pants.engine.unions import UnionRule, union
from pants.testutil.rule_runner import RuleRunner, mock_console

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    create_digest,
    execute_process,
    execute_process_or_raise,
    get_digest_contents,
    goal_rule,
    implicitly,
    rule,
    run_interactive_process,
)

# Rules of one backend call each other in every way that this backend uses.


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class RepeatedText:
    text: str


@dataclass(frozen=True)
class Factor:
    factor: int


@dataclass(frozen=True)
class Length:
    length: int


@dataclass(frozen=True)
class ScaledLength:
    length: int


@dataclass(frozen=True)
class Result:
    value: Tuple[Any, ...]


@union(in_scope_types=[EnvironmentName])
class Shape:
    pass


@dataclass(frozen=True)
class Square(Shape):
    side: int


@dataclass(frozen=True)
class Circle(Shape):
    radius: int


@dataclass(frozen=True)
class Area:
    area: int
    environment: str


@rule
async def measure(text: Text) -> Length:
    return Length(len(text.text))


@rule
async def scale(length: Length, factor: Factor) -> ScaledLength:
    return ScaledLength(length.length * factor.factor)


@rule(polymorphic=True)
async def find_area(shape: Shape, environment: EnvironmentName) -> Area:
    raise NotImplementedError()


@rule
async def find_area_of_square(square: Square, environment: EnvironmentName) -> Area:
    return Area(square.side**2, environment.val or "")


@rule
async def find_area_of_circle(circle: Circle, environment: EnvironmentName) -> Area:
    return Area(3 * circle.radius**2, environment.val or "")


@dataclass(frozen=True)
class Explicit:
    factor: Factor


@rule
async def call_with_arguments(request: Explicit) -> Result:
    length = await measure(Text("abc"))
    scaled = await scale(length, request.factor)
    return Result((length, scaled, await repeat(Text("ab"))))


@dataclass(frozen=True)
class ImplicitScope:
    text: str


@rule
async def call_within_scope(request: ImplicitScope) -> Result:
    return Result((await scale(await measure(Text(request.text)), **implicitly()),))


@dataclass(frozen=True)
class ImplicitValue:
    text: str


@rule
async def call_with_implicit_value(request: ImplicitValue) -> Result:
    return Result((await measure(**implicitly(Text(request.text))),))


@dataclass(frozen=True)
class ImplicitDict:
    text: Text
    factor: Factor


@rule
async def call_with_implicit_dict(request: ImplicitDict) -> Result:
    text, factor = request.text, request.factor
    length = await measure(**implicitly({text: Text}))
    # The engine finds the length from the text.
    scaled = await scale(**implicitly({text: Text, factor: Factor}))
    return Result((length, scaled, await scale(length, **implicitly({factor: Factor}))))


async def measure_both(first: str, second: str) -> Tuple[Length, Length]:
    return await concurrently(measure(Text(first)), measure(Text(second)))


async def measure_one_and_both(text: str) -> Tuple[Length, ...]:
    return (await measure(Text(text)), *await measure_both(text * 2, text * 3))


@dataclass(frozen=True)
class Helpers:
    text: str


@rule
async def call_helpers(request: Helpers) -> Result:
    return Result(await measure_one_and_both(request.text))


@dataclass(frozen=True)
class Concurrent:
    texts: Tuple[str, ...]


@rule
async def call_concurrently(request: Concurrent) -> Result:
    generated = await concurrently(measure(Text(text)) for text in request.texts)
    listed = await concurrently([measure(Text(text)) for text in request.texts])
    first, *others = await concurrently(
        scale(Length(1), Factor(2)), *(measure(Text(text)) for text in request.texts)
    )
    return Result((generated, listed, first, tuple(others)))


@dataclass(frozen=True)
class ShapeRequest:
    shape: Shape
    text: str


@rule
async def call_for_shape(request: ShapeRequest) -> Result:
    environment = EnvironmentName(request.text)
    area, length = await concurrently(
        find_area(**implicitly({request.shape: Shape, environment: EnvironmentName})),
        measure(Text(request.text)),
    )
    return Result((area, length))


@dataclass(frozen=True)
class RulesOfPants:
    text: str


@rule
async def call_rules_of_pants(request: RulesOfPants) -> Result:
    digest = await create_digest(CreateDigest((FileContent("file", request.text.encode()),)))
    (file,) = await get_digest_contents(digest)
    argv = ("/bin/sh", "-c", f"printf '{request.text}'; exit 1")
    failed = await execute_process(Process(argv, description="Fail"), **implicitly())
    shown = await execute_process_or_raise(
        **implicitly(Process(("/bin/cat", "file"), input_digest=digest, description="Show"))
    )
    return Result((file.content, failed.exit_code, failed.stdout, shown.stdout))


# Defined below the rule that calls it.
@rule
async def repeat(text: Text) -> RepeatedText:
    return RepeatedText(text.text * 2)


def run(request: Any, *scope: Any) -> Tuple[Any, ...]:
    inputs = (request, *scope)
    rule_runner = RuleRunner(
        rules=[
            *collect_rules(),
            UnionRule(Shape, Circle),
            UnionRule(Shape, Square),
            QueryRule(Result, tuple(type(item) for item in inputs)),
        ]
    )
    return rule_runner.request(Result, inputs).value


def test_arguments_are_passed_in_the_order_of_the_parameters() -> None:
    result = run(Explicit(Factor(5)))
    assert result == (Length(3), ScaledLength(15), RepeatedText("abab"))


def test_a_parameter_that_is_not_passed_comes_from_the_scope() -> None:
    result = run(ImplicitScope("abc"), Factor(7))
    assert result == (ScaledLength(21),)


def test_an_implicit_value_is_a_parameter() -> None:
    assert run(ImplicitValue("four")) == (Length(4),)


def test_an_implicit_dict_tells_the_types_of_its_values() -> None:
    result = run(ImplicitDict(Text("abc"), Factor(3)))
    assert result == (Length(3), ScaledLength(9), ScaledLength(9))


def test_what_helpers_call_is_called_by_the_rule() -> None:
    assert run(Helpers("ab")) == (Length(2), Length(4), Length(6))


def test_concurrent_calls_keep_their_order() -> None:
    lengths = (Length(1), Length(0), Length(3))
    result = run(Concurrent(("a", "", "abc")))
    assert result == (lengths, lengths, ScaledLength(2), lengths)


@pytest.mark.parametrize("shape, area", [(Square(2), 4), (Circle(2), 12)])
def test_a_polymorphic_rule_calls_the_rule_of_the_member(shape: Shape, area: int) -> None:
    assert run(ShapeRequest(shape, "here")) == (Area(area, "here"), Length(4))


def test_rules_of_pants_are_called_alike() -> None:
    result = run(RulesOfPants("text"))
    assert result == (b"text", 1, b"text", b"text")


class MeasuringSubsystem(GoalSubsystem):
    name = "measure-words"
    help = "Prints how long two words are."


class Measuring(Goal):
    subsystem_cls = MeasuringSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def print_lengths(console: Console) -> Measuring:
    lengths = await concurrently(measure(Text(text)) for text in ("ab", "abc"))
    console.print_stdout(" ".join(str(length.length) for length in lengths))
    return Measuring(exit_code=7)


def test_a_goal_calls_rules() -> None:
    rule_runner = RuleRunner(rules=collect_rules())
    result = rule_runner.run_goal_rule(Measuring)
    assert (result.exit_code, result.stdout) == (7, "2 3\n")


class ForegroundSubsystem(GoalSubsystem):
    name = "run-in-foreground"
    help = "Runs a process in the foreground."


class Foreground(Goal):
    subsystem_cls = ForegroundSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def run_in_foreground(_: Console) -> Foreground:
    result = await run_interactive_process(InteractiveProcess(("/bin/sh", "-c", "exit 3")))
    return Foreground(exit_code=result.exit_code)


def test_a_goal_runs_a_process_in_the_foreground() -> None:
    rule_runner = RuleRunner(rules=collect_rules())
    with mock_console(rule_runner.options_bootstrapper):
        assert rule_runner.run_goal_rule(Foreground).exit_code == 3
