# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""How wrong calls are refused, and what 2.17 collects; right calls are in compat_test.py."""

from __future__ import annotations

import builtins
import importlib.util
import inspect
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from pants.engine import rules

if hasattr(rules, "concurrently"):
    pytest.skip("this Pants calls rules by name without help", allow_module_level=True)

from pants.base.exceptions import RuleTypeError  # noqa: E402
from pants.engine.fs import CreateDigest  # noqa: E402
from pants.engine.process import Process  # noqa: E402
from pants.engine.rules import QueryRule, collect_rules  # noqa: E402
from pants.engine.unions import UnionRule, union  # noqa: E402
from pants.testutil.rule_runner import RuleRunner  # noqa: E402

from pants_tflite import compat  # noqa: E402
from pants_tflite.calls_2_17 import Call, concurrently, implicitly, rule  # noqa: E402
from pants_tflite.compat import (  # noqa: E402
    create_digest,
    create_venv_pex,
    digest_to_snapshot,
    execute_process,
)


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class LongText(Text):
    pass


@dataclass(frozen=True)
class Factor:
    factor: int


@dataclass(frozen=True)
class Length:
    length: int


@dataclass(frozen=True)
class Request:
    value: Any


@dataclass(frozen=True)
class Area:
    value: int


@union
class Shape:
    pass


@dataclass(frozen=True)
class Square(Shape):
    side: int


@rule
async def measure(text: Text) -> Length:
    """Counts characters."""
    return Length(len(text.text))


@rule
async def scale(length: Length, factor: Factor) -> Request:
    return Request(length.length * factor.factor)


@rule(polymorphic=True)
async def find_area(shape: Shape) -> Area:
    raise NotImplementedError()


@rule
async def find_area_of_square(square: Square) -> Area:
    return Area(square.side**2)


def awaited(calling: Any) -> list[str]:
    return sorted(str(constraints) for constraints in calling.rule.input_gets)


def line_of(marked: Any) -> str:
    """The file and the number of the line of `marked` that ends in `# wrong`."""
    lines, first = inspect.getsourcelines(inspect.unwrap(marked))
    (index,) = [index for index, line in enumerate(lines) if line.endswith("# wrong\n")]
    return f"{inspect.getsourcefile(inspect.unwrap(marked))}:{first + index}: "


# --- Calls whose source is wrong ------------------------------------------------------------------


@rule
async def pass_too_many(text: Text) -> Length:
    return await measure(text, Factor(1))  # type: ignore[call-arg]  # wrong


@rule
async def pass_too_few(length: Length) -> Request:
    return await scale(length)  # type: ignore[call-arg]  # wrong


@rule
async def pass_too_few_to_pants(process: Process) -> Request:
    return Request(await execute_process(process))  # wrong


@rule
async def pass_nothing_to_pants(text: Text) -> Request:
    return Request(await create_venv_pex())  # wrong


@rule
async def pass_a_keyword(request: Text) -> Length:
    return await measure(text=request)  # wrong


@rule
async def pass_a_keyword_beside_implicitly(factor: Factor) -> Request:
    return await scale(**implicitly({factor: Factor}), length=Length(1))  # wrong


@rule
async def unpack_arguments(request: Request) -> Length:
    return await measure(*request.value)  # wrong


@rule
async def unpack_keywords(request: Request) -> Length:
    return await measure(**request.value)  # wrong


@rule
async def pass_implicitly_as_a_keyword(request: Text) -> Length:
    return await measure(text=implicitly(request))  # type: ignore[arg-type]  # wrong


@rule
async def unpack_other_keywords(request: Text) -> Length:
    return await measure(**to_keywords(request))  # wrong


@rule
async def pass_two_implicit_values(length: Length) -> Request:
    return await scale(length, **implicitly(Factor, Factor(1)))  # wrong


@rule
async def pass_an_implicit_value_of_unknown_type(request: Request) -> Length:
    return await measure(**implicitly(request.value))  # wrong


@rule
async def pass_an_implicit_dict_without_types(text: Text) -> Length:
    return await measure(**implicitly({text: line_of}))  # wrong


def to_keywords(text: Text) -> dict[str, Any]:
    return {"text": text}


async def help_with_too_many(text: Text) -> Length:
    (length,) = await concurrently([measure(text, text)])  # type: ignore[call-arg]  # wrong
    return length


@rule
async def call_a_wrong_helper(text: Text) -> Length:
    return await help_with_too_many(text)


@pytest.mark.parametrize(
    "calling, called, problem",
    [
        (pass_too_many, measure, "it takes 1 argument, not 2"),
        (pass_too_few, scale, "parameters that are not passed.* `\\*\\*implicitly"),
        (pass_too_few_to_pants, execute_process, "parameters that are not passed"),
        (pass_nothing_to_pants, create_venv_pex, "parameters that are not passed"),
        (pass_a_keyword, measure, "only keyword"),
        (pass_a_keyword_beside_implicitly, scale, "only keyword"),
        (unpack_arguments, measure, "cannot be unpacked"),
        (unpack_keywords, measure, "only keyword"),
        (pass_implicitly_as_a_keyword, measure, "only keyword"),
        (unpack_other_keywords, measure, "only keyword"),
        (pass_two_implicit_values, scale, "one value, or one dict"),
        (pass_an_implicit_value_of_unknown_type, measure, "type of `request.value` is unknown"),
        (pass_an_implicit_dict_without_types, measure, "type of `line_of` is unknown"),
    ],
)
def test_a_wrong_call_names_its_line_and_both_rules(
    calling: Any, called: Any, problem: str
) -> None:
    with pytest.raises(RuleTypeError) as error:
        collect_rules({"calling": calling})
    message = f"`{calling.__name__}` cannot call the rule `{called.__name__}` like this: .*"
    assert re.match(re.escape(line_of(calling)) + message + problem, str(error.value))


def test_a_wrong_call_in_a_helper_names_the_helper() -> None:
    with pytest.raises(RuleTypeError, match="`help_with_too_many` cannot call") as error:
        collect_rules({"calling": call_a_wrong_helper})
    assert str(error.value).startswith(line_of(help_with_too_many))


@rule
async def call_a_helper_below(text: Text) -> Length:
    return await help_below(text)  # wrong


async def help_below(text: Text) -> Length:
    return await measure(text)


def test_a_helper_below_the_rule_is_refused_as_a_newer_pants_does_not_see_it() -> None:
    with pytest.raises(RuleTypeError) as error:
        collect_rules({"calling": call_a_helper_below})
    message = "`help_below` must stand above `call_a_helper_below`, which calls it."
    assert str(error.value) == line_of(call_a_helper_below) + message


@rule  # wrong
async def await_a_type_below(text: Text) -> Length:
    words = await count_words(text)
    return Length(words.count)


@dataclass(frozen=True)
class Words:
    count: int


@rule
async def count_words(text: Text) -> Words:
    return Words(len(text.text.split()))


def test_a_type_below_the_rule_is_refused_as_a_newer_pants_does_not_see_it() -> None:
    with pytest.raises(RuleTypeError) as error:
        collect_rules({"calling": await_a_type_below})
    message = "`Words` must stand above the rule `await_a_type_below`, which awaits it."
    assert str(error.value) == line_of(await_a_type_below) + message
    assert collect_rules({"called": count_words})


# --- Calls whose values are wrong -----------------------------------------------------------------


@rule
async def pass_a_value(request: Request) -> Length:
    return await measure(request.value)  # wrong


@rule
async def pass_values_concurrently(request: Request) -> Length:
    lengths = await concurrently(measure(value) for value in request.value)  # wrong
    return lengths[0]


@rule
async def pass_a_list_of_values_concurrently(request: Request) -> Length:
    lengths = await concurrently([measure(value) for value in request.value])  # wrong
    return lengths[0]


@rule
async def pass_a_value_implicitly(request: Request) -> Length:
    return await measure(**implicitly({request.value: Text}))  # wrong


@pytest.mark.parametrize(
    "calling, value, type_name",
    [
        (pass_a_value, "text", "str"),
        (pass_a_value, LongText("a"), "LongText"),
        (pass_a_value_implicitly, "text", "str"),
        (pass_values_concurrently, (Text("a"), "text"), "str"),
        (pass_a_list_of_values_concurrently, (Text("a"), "text"), "str"),
    ],
)
def test_a_value_of_another_type_names_its_line_and_both_rules(
    calling: Any, value: Any, type_name: str
) -> None:
    rule_runner = RuleRunner(
        rules=[*collect_rules({"0": calling, "1": measure}), QueryRule(Length, [Request])]
    )
    message = (
        f"{line_of(calling)}`{calling.__name__}` cannot call the rule `measure` like this: "
        f"an argument has the type {type_name}, not exactly Text."
    )
    with pytest.raises(Exception, match=re.escape(message)):
        rule_runner.request(Length, [Request(value)])


@rule
async def pass_a_member(request: Request) -> Length:
    area = await find_area(request.value)
    return Length(area.value)


def test_a_member_of_a_union_is_passed_for_it() -> None:
    rule_runner = RuleRunner(
        rules=[
            *collect_rules({"0": find_area, "1": find_area_of_square, "2": pass_a_member}),
            UnionRule(Shape, Square),
            QueryRule(Length, [Request]),
        ]
    )
    assert rule_runner.request(Length, [Request(Square(3))]) == Length(9)


@pytest.mark.parametrize(
    "call, problem",
    [
        (lambda: measure(Text("a"), Text("b")), "it takes 1 argument, not 2"),  # type: ignore[call-arg]
        (lambda: measure(), "it has parameters that are not passed"),  # type: ignore[call-arg]
        (lambda: measure(text=Text("a")), "`**implicitly(…)` is the only keyword argument"),
        (lambda: scale(Length(1), **implicitly(Factor, Factor(1))), "`implicitly` takes one value"),
    ],
)
def test_a_call_that_the_source_does_not_show_is_checked_when_it_is_made(
    call: Callable[[], Any], problem: str
) -> None:
    position = f"{__file__}:{call.__code__.co_firstlineno}: "
    name = "test_a_call_that_the_source_does_not_show_is_checked_when_it_is_made"
    with pytest.raises(RuleTypeError) as error:
        call()
    assert str(error.value).startswith(f"{position}`{name}` cannot call the rule ")
    assert f" like this: {problem}" in str(error.value)


# --- What a rule awaits ---------------------------------------------------------------------------


def make_text() -> Text:
    return Text("abc")


@rule
async def await_by_inferred_types(length: Length) -> Request:
    text = make_text()
    await measure(**implicitly(text))
    await measure(**implicitly(make_text()))
    await scale(await measure(Text("a")), **implicitly(Factor(1)))
    (measured,) = await concurrently([measure(text)])
    await scale(**implicitly({measured: Length, Factor(1): Factor}))
    digest = await create_digest(CreateDigest(()))
    await digest_to_snapshot(**implicitly(digest))
    return await scale(**implicitly(measured))


def test_types_of_implicit_values_are_inferred_as_pants_does() -> None:
    assert awaited(await_by_inferred_types) == [
        "Get(Digest, CreateDigest, ..)",
        "Get(Length, Text, ..)",
        "Get(Request, Length, ..)",
        "Get(Request, {Length: .., Factor: ..})",
        "Get(Snapshot, Digest, ..)",
    ]


def test_a_rule_looks_like_its_function() -> None:
    assert (measure.__name__, measure.__doc__) == ("measure", "Counts characters.")
    task: Any = next(iter(collect_rules({"measure": measure})))
    assert task.canonical_name == f"{__name__}.measure"
    assert task.func is inspect.unwrap(measure)


def test_a_polymorphic_rule_is_none_to_the_engine() -> None:
    assert collect_rules({"base": find_area}) == []


def test_every_rule_of_pants_has_its_own_name() -> None:
    calls = {name: item for name, item in vars(compat).items() if isinstance(item, Call)}
    assert {name: call.__name__ for name, call in calls.items()} == {name: name for name in calls}
    assert "merge_digests" in calls


# --- Broken modules -------------------------------------------------------------------------------

_HEAD = """\
from __future__ import annotations

from pants.engine.rules import collect_rules

from pants_tflite.calls_2_17 import rule

@rule
async def count(text: str) -> int:
    return len(text)
"""


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    name = "broken_rules_of_a_test"

    def load_module(source: str) -> Any:
        (tmp_path / f"{name}.py").write_text(_HEAD + source)
        spec = importlib.util.spec_from_file_location(name, tmp_path / f"{name}.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    yield load_module
    sys.modules.pop(name, None)


_CALLING = """
@rule
async def calling(text: str) -> bytes:
    return bytes(await count({}))

def rules():
    return collect_rules()
"""


def test_a_module_whose_rules_are_right_is_collected(load: Callable[[str], Any]) -> None:
    collected = load(_CALLING.format("text")).rules()
    assert [item.func.__name__ for item in collected] == ["count", "calling"]


def test_a_wrong_call_stops_a_run_of_pants(load: Callable[[str], Any]) -> None:
    module = load(_CALLING.format("text, text"))
    with pytest.raises(
        RuleTypeError, match=r"broken_rules_of_a_test\.py:13: `calling` cannot call"
    ):
        RuleRunner(rules=module.rules())


def test_an_attribute_error_does_not_hide_a_rule(load: Callable[[str], Any]) -> None:
    module = load(_CALLING.format("text"))
    # As in the module that Python was started with: Pants looks builtins up as if in a dict.
    module.__builtins__ = builtins
    with pytest.raises(RuleTypeError, match="Cannot read what .*count awaits: .*'get'") as error:
        module.rules()
    assert isinstance(error.value.__cause__, AttributeError)


def test_a_parameter_without_a_type_is_refused_when_the_module_is_loaded(
    load: Callable[[str], Any],
) -> None:
    with pytest.raises(rules.MissingParameterTypeAnnotation, match="calling parameter text"):
        load("@rule\nasync def calling(text) -> bytes: ...\n")
