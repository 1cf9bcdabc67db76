# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Rules called by name, on Pants 2.17, which knows only `Get`: delete with its support.

A call becomes the `Get` that the signature of the called rule declares: its arguments have the
types of the rule's parameters, those of `implicitly` the types that Pants reads off them. What a
newer Pants or its type checker would refuse is refused here too: when the calling rule is collected
or, if the fault shows only in a value, when it runs. The error names file, line and both rules.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from dataclasses import replace
from types import FrameType
from typing import (
    Any,
    Callable,
    Coroutine,
    Generic,
    Mapping,
    Optional,
    Sequence,
    Type,
    TypeVar,
    cast,
    overload,
)

from pants.base.exceptions import RuleTypeError
from pants.engine import rules
from pants.engine.internals import selectors
from pants.engine.internals.rule_visitor import _AwaitableCollector, _lookup_return_type
from pants.engine.internals.selectors import AwaitableConstraints
from pants.engine.rules import Effect, Get, MultiGet, TaskRule
from pants.engine.unions import is_union
from pants.util.memo import memoized
from pants.util.ordered_set import FrozenOrderedSet
from pants.util.strutil import pluralize
from typing_extensions import ParamSpec  # pants: no-infer-dep

_P = ParamSpec("_P")
_R = TypeVar("_R")

_IMPLICITLY = "__implicitly"
_ONLY_KEYWORD = "`**implicitly(…)` is the only keyword argument that a rule takes"

# Awaits several calls at once, given one by one or as an iterable, and returns their results.
concurrently = MultiGet


def implicitly(*args: Any) -> dict[str, Any]:
    """Has the engine fill in a rule's other parameters: `await foo(FooRequest(), **implicitly())`.

    The engine may compute them from a value that is given here, `**implicitly(Process(…))`, or from
    several in a dict of values and their types.
    """
    return {_IMPLICITLY: args}


class Call(Generic[_R]):
    """A rule of Pants that can be called by name, as on a newer Pants."""

    def __init__(
        self, name: str, output_type: Type[_R], *parameters: Any, is_effect: bool = False
    ) -> None:
        """`parameters` are the types of those that a call may pass; a last `...` stands for more of
        them, which the engine fills in. An effect is only for the rules of goals."""
        self.__name__ = name
        # Pants reads the types of local variables off the annotations of what is called.
        self.__annotations__ = {"return": output_type}
        self._output_type = output_type
        self._has_more_parameters = parameters[-1:] == (...,)
        self._parameters = parameters[:-1] if self._has_more_parameters else parameters
        self._is_effect = is_effect

    def __call__(self, *args: Any, **keywords: Any) -> Get[_R]:
        """Requests the rule's result. Raises RuleTypeError if the arguments do not fit the rule."""
        try:
            implicit = keywords.pop(_IMPLICITLY, None)
            if keywords:
                raise RuleTypeError(f"{_ONLY_KEYWORD}, not {', '.join(sorted(keywords))}")
            types = self._types_of_arguments(len(args), completed=implicit is not None)
            inputs = (*zip(args, types), *_interpret_implicit(implicit or ()).items())
            for value, declared in inputs:
                _check_type(value, declared)
        except RuleTypeError as error:
            frame = sys._getframe(1)
            position = f"{frame.f_code.co_filename}:{frame.f_lineno}"
            problem = self.describe_wrong_call(_name_of_caller(frame), error)
            raise RuleTypeError(f"{position}: {problem}") from None
        if self._is_effect:
            return cast("Get[_R]", Effect(self._output_type, dict(inputs)))
        return Get(self._output_type, dict(inputs))

    def constraints(
        self, arity: int, implicit_types: Optional[Sequence[type]]
    ) -> AwaitableConstraints:
        """What a rule declares to the engine that calls this one with `arity` arguments.

        `implicit_types` are the types that `**implicitly(…)` gives, None without it. Raises
        RuleTypeError if the rule has fewer parameters, or others that nothing fills in.
        """
        types = self._types_of_arguments(arity, completed=implicit_types is not None)
        inputs = (*types, *(implicit_types or ()))
        return AwaitableConstraints(self._output_type, inputs, is_effect=self._is_effect)

    def _types_of_arguments(self, arity: int, *, completed: bool) -> Sequence[type]:
        known = len(self._parameters)
        if arity > known:
            raise RuleTypeError(f"it takes {pluralize(known, 'argument')}, not {arity}")
        if not completed and (arity < known or self._has_more_parameters):
            raise RuleTypeError(
                "it has parameters that are not passed; pass them, or add `**implicitly()`"
            )
        return self._parameters[:arity]

    def describe_wrong_call(self, caller: str, error: RuleTypeError) -> str:
        """The message about a call that raised `error`."""
        return f"`{caller}` cannot call the rule `{self.__name__}` like this: {error}."


class RuleCall(Call):
    """A rule of this backend: what `@rule` or `@goal_rule` makes of a function."""

    def __init__(
        self,
        func: Callable,
        *,
        polymorphic: bool,
        options: Mapping[str, Any],
        decorator: Callable[..., Any] = rules.rule,
    ) -> None:
        self._task: TaskRule = decorator(**options)(func).rule
        self._is_polymorphic = polymorphic
        self._names_above = frozenset(func.__globals__)
        super().__init__(func.__name__, self._task.output_type, *self._task.input_selectors)
        # Without the attributes of `func`: its `rule` lacks the calls by name.
        functools.update_wrapper(self, func, updated=())

    @functools.cached_property
    def rule(self) -> Optional[TaskRule]:
        """The rule with all that it awaits, as `collect_rules` looks for it.

        None if it is polymorphic, since 2.17 finds the rule of a union's member without a base rule.
        Made late, because a rule may call one that is defined further below. Raises RuleTypeError
        if the rule makes a wrong call or cannot be read.
        """
        if self._is_polymorphic:
            return None
        try:
            awaitables = _collect_awaitables(self._task.func)
        except AttributeError as error:
            # `getattr(…, "rule", None)` takes this for a function that is not a rule, and skips it.
            raise RuleTypeError(
                f"Cannot read what the rule {self._task.canonical_name} awaits: {error}."
            ) from error
        for awaitable in awaitables:
            self._check_type_is_above(awaitable.output_type)
        input_gets: Any = FrozenOrderedSet(awaitables)
        return replace(self._task, input_gets=input_gets)

    def _check_type_is_above(self, output_type: type) -> None:
        """Raises RuleTypeError if a newer Pants, which reads a rule before all that stands below it, does
        not know the type that it awaits."""
        func, name = self._task.func, output_type.__name__
        if func.__globals__.get(name) is output_type and name not in self._names_above:
            raise RuleTypeError(
                f"{func.__code__.co_filename}:{func.__code__.co_firstlineno}: `{name}` must stand above the "
                f"rule `{func.__name__}`, which awaits it."
            )


@overload
def rule(func: Callable[_P, Coroutine[Any, Any, _R]]) -> Callable[_P, Get[_R]]: ...


@overload
def rule(
    *, polymorphic: bool = ..., **options: Any
) -> Callable[[Callable[_P, Coroutine[Any, Any, _R]]], Callable[_P, Get[_R]]]: ...


def rule(func: Optional[Callable] = None, *, polymorphic: bool = False, **options: Any) -> Any:
    """Declares a rule, which others may call by name. Takes the options of Pants' own `@rule`.

    Calls of a `polymorphic` rule, whose first parameter is a union, go to the rules of its members.
    Raises what Pants' own decorator raises, such as MissingTypeAnnotation.
    """
    if func is None:
        return functools.partial(rule, polymorphic=polymorphic, **options)
    return RuleCall(func, polymorphic=polymorphic, options=options)


def goal_rule(func: Callable[_P, Coroutine[Any, Any, _R]]) -> Callable[_P, Get[_R]]:
    """Declares the rule of a goal, which runs each time and may have effects."""
    call = RuleCall(func, polymorphic=False, options={}, decorator=rules.goal_rule)
    return cast("Callable[_P, Get[_R]]", call)


class _Collector(_AwaitableCollector):
    """Reads off a function's source what it awaits."""

    def visit_Call(self, node: ast.Call) -> None:
        called = self._lookup(node.func)
        if isinstance(called, Call):
            self.awaitables.append(self._read_call(called, node))
            self.generic_visit(node)
        elif inspect.iscoroutinefunction(called) and called is not concurrently:
            self._check_order(called, node)
            self.awaitables.extend(_collect_awaitables(called))
            self.generic_visit(node)
        else:
            super().visit_Call(node)

    def _check_order(self, called: Callable, node: ast.Call) -> None:
        is_below = called.__code__.co_firstlineno > self.func.__code__.co_firstlineno
        if is_below and called.__module__ == self.func.__module__:
            # A newer Pants reads `func` before it knows a function below that is not a rule.
            problem = (
                f"`{called.__name__}` must stand above `{self.func.__name__}`, which calls it."
            )
            raise RuleTypeError(self._format(node, problem))

    def _read_call(self, called: Call, node: ast.Call) -> AwaitableConstraints:
        try:
            if any(isinstance(argument, ast.Starred) for argument in node.args):
                raise RuleTypeError("positional arguments cannot be unpacked from an iterable")
            return called.constraints(len(node.args), self._read_implicit_types(node))
        except RuleTypeError as error:
            problem = called.describe_wrong_call(self.func.__name__, error)
            raise RuleTypeError(self._format(node, problem)) from None

    def _read_implicit_types(self, node: ast.Call) -> Optional[Sequence[type]]:
        if not node.keywords:
            return None
        keyword, *others = node.keywords
        implicit = keyword.value
        if (
            others
            or keyword.arg is not None
            or not isinstance(implicit, ast.Call)
            or self._lookup(implicit.func) is not implicitly
        ):
            raise RuleTypeError(_ONLY_KEYWORD)
        _check_implicit_arity(len(implicit.args))
        if implicit.args and isinstance(implicit.args[0], ast.Dict):
            return [self._read_type(node, self._lookup(node)) for node in implicit.args[0].values]
        return [self._read_type(node, self._lookup_type_of(node)) for node in implicit.args]

    def _lookup_type_of(self, value: ast.expr) -> Any:
        if not isinstance(value, ast.Call):
            return self._lookup(value)
        called = self._lookup(value.func)
        return called if called is None or isinstance(called, type) else _lookup_return_type(called)

    def _read_type(self, node: ast.expr, found: Any) -> type:
        if not isinstance(found, type):
            raise RuleTypeError(
                f"the type of `{ast.unparse(node)}` is unknown; "
                "give `implicitly` a dict of values and their types"
            )
        return found


@memoized
def _collect_awaitables(func: Callable) -> Sequence[AwaitableConstraints]:
    return _Collector(func).awaitables


def _check_implicit_arity(arity: int) -> None:
    if arity > 1:
        raise RuleTypeError("`implicitly` takes one value, or one dict of values and their types")


def _interpret_implicit(arguments: Sequence[Any]) -> Mapping[Any, type]:
    _check_implicit_arity(len(arguments))
    if arguments and isinstance(arguments[0], dict):
        return arguments[0]
    return {value: type(value) for value in arguments}


def _check_type(value: Any, declared: type) -> None:
    # The engine of 2.17 tells a subclass from its base.
    if type(value) is not declared and not is_union(declared):
        raise RuleTypeError(
            f"an argument has the type {type(value).__name__}, not exactly {declared.__name__}"
        )


def _name_of_caller(frame: Optional[FrameType]) -> str:
    """The function that `frame` runs in, if need be around a generator that `concurrently` reads."""
    while frame and (
        frame.f_code.co_name.startswith("<") or frame.f_code.co_filename == selectors.__file__
    ):
        frame = frame.f_back
    return frame.f_code.co_name if frame else "<unknown>"
