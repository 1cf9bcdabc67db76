"""Rules called by name, on Pants 2.17, which knows only `Get`: delete with its support.

A rule's call becomes the `Get` that its signature tells: explicit arguments have the types of the rule's
parameters, those of `implicitly` their own.
"""

from __future__ import annotations

import ast
import functools
import inspect
from dataclasses import replace
from typing import Any, Callable, Sequence, get_type_hints

from pants.engine import rules
from pants.engine.internals.rule_visitor import _AwaitableCollector
from pants.engine.internals.selectors import AwaitableConstraints
from pants.engine.rules import Get, MultiGet
from pants.util.memo import memoized
from pants.util.ordered_set import FrozenOrderedSet

concurrently = MultiGet


def implicitly(*args: Any) -> dict[str, Any]:
    return {"implicit": args}


class Call:
    """A rule of Pants: what it yields, and the types of its explicit arguments."""

    def __init__(self, output_type: type, *explicit_types: type) -> None:
        self._signature = (output_type, explicit_types)

    def signature(self) -> tuple[type, Sequence[type]]:
        return self._signature

    def __call__(self, *args: Any, implicit: tuple[Any, ...] = ()) -> Get:
        output_type, types = self.signature()
        inputs = dict(zip(args, types))
        if len(implicit) == 1 and isinstance(implicit[0], dict):
            inputs.update(implicit[0])
        elif len(implicit) == 2:
            inputs[implicit[1]] = implicit[0]
        else:
            inputs.update((argument, type(argument)) for argument in implicit)
        return Get(output_type, inputs)


class RuleCall(Call):
    """A rule of this backend. Its own calls are read once all modules are loaded."""

    def __init__(self, decorator: Callable, func: Callable, options: dict[str, Any]) -> None:
        functools.update_wrapper(self, func)
        self._decorator, self._func, self._options = decorator, func, options
        self._is_base = self._options.pop("polymorphic", False)

    @functools.lru_cache(maxsize=None)
    def signature(self) -> tuple[type, Sequence[type]]:
        hints = get_type_hints(self._func)
        return hints["return"], tuple(
            hints[name] for name in inspect.signature(self._func).parameters
        )

    @functools.cached_property
    def rule(self) -> rules.TaskRule | None:
        if self._is_base:  # `Get` itself finds the rule of a union's member.
            return None
        task = self._decorator(**self._options)(self._func).rule
        return replace(task, input_gets=FrozenOrderedSet(_collect(self._func)))


class _Collector(_AwaitableCollector):
    def visit_Call(self, node: ast.Call) -> None:
        called = self._lookup(node.func)
        if isinstance(called, Call):
            output_type, types = called.signature()
            implicit = node.keywords[0].value.args if node.keywords else []
            inputs = (*types[: len(node.args)], *self._implicit_types(implicit))
            self.awaitables.append(AwaitableConstraints(output_type, inputs, is_effect=False))
            self.generic_visit(node)
        elif inspect.iscoroutinefunction(called) and called is not MultiGet:
            self.awaitables.extend(_collect(called))
            self.generic_visit(node)
        else:
            super().visit_Call(node)

    def _implicit_types(self, nodes: list[ast.expr]) -> tuple[type, ...]:
        if len(nodes) == 2:
            nodes = nodes[:1]
        elif nodes and isinstance(nodes[0], ast.Dict):
            nodes = nodes[0].values
        elif nodes:
            nodes = [nodes[0].func]
        return tuple(self._check_constraint_arg_type(self._lookup(node), node) for node in nodes)


@memoized
def _collect(func: Callable) -> list[AwaitableConstraints]:
    return _Collector(func).awaitables


def collect_rules(*namespaces: Any) -> Any:
    namespaces = namespaces or (inspect.currentframe().f_back.f_globals,)
    for namespace in namespaces:
        # What a rule's types and calls are evaluated with, Pants adds to its module.
        for item in list(getattr(namespace, "__dict__", namespace).values()):
            getattr(item, "rule", None) if isinstance(item, RuleCall) else None
    return rules.collect_rules(*namespaces)


def _decorator(decorator: Callable) -> Callable:
    def decorate(func: Callable | None = None, **options: Any) -> Any:
        if func is None:
            return lambda func: RuleCall(decorator, func, options)
        return RuleCall(decorator, func, options)

    return decorate


rule = _decorator(rules.rule)
goal_rule = _decorator(rules.goal_rule)
