# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The help of the backends' targets, fields, subsystems and options, as their classes have it.

Everything is found through the `register.py` modules, so that nothing has to be listed here. What Pants itself gives to
a target is known by name only: its wording is another one in each version of Pants.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass, fields
from importlib import import_module
from types import ModuleType
from typing import Any, Iterator, Optional

from pants.core.goals.check import CheckRequest
from pants.core.goals.package import PackageFieldSet
from pants.core.goals.run import RunFieldSet
from pants.core.goals.test import TestFieldSet
from pants.core.target_types import FileSourceField
from pants.engine.goal import GoalSubsystem
from pants.engine.target import (
    BoolField,
    Dependencies,
    DictStringToStringField,
    Field,
    FieldSet,
    FloatField,
    IntField,
    SpecialCasedDependencies,
    StringField,
    StringSequenceField,
    Target,
)
from pants.engine.unions import UnionRule
from pants.option.option_types import collect_options_info
from pants.option.subsystem import Subsystem

import pants_tflite
from pants_tflite.fields import (
    AllowedNamesField,
    NumberField,
    NumbersField,
    ReferencesMixin,
    ShapesField,
)

ROOT_PACKAGE = pants_tflite.__name__
# What a BUILD file holds for a field of each kind; a kind stands before those that it is a case of.
_FIELD_TYPES: tuple[tuple[type[Field], str], ...] = (
    (FileSourceField, "str or http_source"),
    (AllowedNamesField, "bool or list[str]"),
    (BoolField, "bool"),
    (FloatField, "float"),
    (IntField, "int"),
    (NumberField, "float"),
    (NumbersField, "list[float]"),
    (StringSequenceField, "list[str]"),
    (StringField, "str"),
    (DictStringToStringField, "dict[str, str]"),
    (Dependencies, "list[str]"),
    (ShapesField, "dict[str, list[int | None]]"),
    (SpecialCasedDependencies, "list[str]"),
)
_GOALS = (
    (CheckRequest, "check"),
    (PackageFieldSet, "package"),
    (RunFieldSet, "run"),
    (TestFieldSet, "test"),
)


@dataclass(frozen=True)
class SettingHelp:
    """A field or an option. `default` is None if there is none, or if Pants decides it.

    `target_types` are the types of the targets that a field refers to, if it takes only some.
    """

    name: str
    type: str
    help: str
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    target_types: tuple[str, ...] = ()


@dataclass(frozen=True)
class TargetHelp:
    """A target type. `inherited` are the names of the fields that Pants itself describes."""

    name: str
    backend: str
    help: str
    goals: tuple[str, ...]
    fields: tuple[SettingHelp, ...]
    inherited: tuple[str, ...]


@dataclass(frozen=True)
class SubsystemHelp:
    """A subsystem, or a goal: the options of a goal are a subsystem too."""

    scope: str
    is_goal: bool
    help: str
    options: tuple[SettingHelp, ...]


@dataclass(frozen=True)
class BackendHelp:
    targets: tuple[TargetHelp, ...]
    subsystems: tuple[SubsystemHelp, ...]


def read_backend_help() -> BackendHelp:
    """Reads the help of all backends in `pants_tflite`, sorted by name."""
    registers = _import_registers()
    rules = [rule for register in registers for rule in register.rules()]
    targets = [
        _read_target(target_type, register.__name__.rpartition(".")[0], rules)
        for register in registers
        for target_type in register.target_types()
    ]
    subsystems = [_read_subsystem(subsystem) for subsystem in _find_subsystems()]
    return BackendHelp(
        targets=tuple(sorted(targets, key=lambda target: target.name)),
        subsystems=tuple(sorted(subsystems, key=lambda subsystem: subsystem.scope)),
    )


def _import_registers() -> list[ModuleType]:
    names = (
        module.name for module in pkgutil.walk_packages(pants_tflite.__path__, f"{ROOT_PACKAGE}.")
    )
    return [import_module(name) for name in sorted(names) if name.endswith(".register")]


def _is_ours(owner: type) -> bool:
    return owner.__module__.partition(".")[0] == ROOT_PACKAGE


def _text(help_or_function: Any) -> str:
    text = help_or_function() if callable(help_or_function) else help_or_function
    return str(text).strip()


# -----------------------------------------------------------------------------------------------
# Targets and fields
# -----------------------------------------------------------------------------------------------


def _read_target(target_type: type[Target], backend: str, rules: list[Any]) -> TargetHelp:
    core_fields = sorted(target_type.core_fields, key=lambda field: field.alias)
    return TargetHelp(
        name=target_type.alias,
        backend=backend,
        help=_text(target_type.help),
        goals=tuple(_find_goals(target_type, rules)),
        fields=tuple(read_field(field) for field in core_fields if _is_ours(field)),
        inherited=tuple(field.alias for field in core_fields if not _is_ours(field)),
    )


def read_field(field: type[Field]) -> SettingHelp:
    """Reads a field class. Raises TypeError if it is of no known kind."""
    known = (name for kind, name in _FIELD_TYPES if issubclass(field, kind))
    name = next(known, None)
    if name is None:
        raise TypeError(f"{field.__name__} is of a kind that {__name__} has no name for: add it.")
    return SettingHelp(
        name=field.alias,
        type=name,
        help=_text(field.help),
        required=field.required,
        default=field.default if _is_ours(_owner_of_default(field)) else None,
        choices=tuple(getattr(field, "valid_choices", None) or ()),
        target_types=field.target_aliases if issubclass(field, ReferencesMixin) else (),
    )


def _owner_of_default(field: type[Field]) -> type:
    return next((owner for owner in field.__mro__ if "default" in vars(owner)), object)


def _find_goals(target_type: type[Target], rules: list[Any]) -> Iterator[str]:
    """The goals of Pants that do something with such targets."""
    for base, goal in _GOALS:
        members = [
            rule.union_member
            for rule in rules
            if isinstance(rule, UnionRule) and rule.union_base is base
        ]
        if any(
            _applies(getattr(member, "field_set_type", member), target_type) for member in members
        ):
            yield goal


def _applies(field_set: type[FieldSet], target_type: type[Target]) -> bool:
    return all(
        any(issubclass(field, required) for field in target_type.core_fields)
        for required in field_set.required_fields
    )


# -----------------------------------------------------------------------------------------------
# Subsystems and options
# -----------------------------------------------------------------------------------------------


def _find_subsystems() -> Iterator[type[Subsystem]]:
    """All that the imported modules define and give a scope."""
    found, waiting = set(), [Subsystem]
    while waiting:
        subsystem = waiting.pop()
        if subsystem in found:
            continue
        found.add(subsystem)
        waiting += subsystem.__subclasses__()
        if _is_ours(subsystem) and isinstance(getattr(subsystem, "options_scope", None), str):
            yield subsystem


def _read_subsystem(subsystem: type[Subsystem]) -> SubsystemHelp:
    infos = [*collect_options_info(subsystem)]
    environment_aware = getattr(subsystem, "EnvironmentAware", None)
    if environment_aware is not None:
        infos += collect_options_info(environment_aware)
    search_paths_help = getattr(environment_aware, "executable_search_paths_help", None)
    options = [_read_option(info, search_paths_help) for info in infos]
    return SubsystemHelp(
        scope=subsystem.options_scope,
        is_goal=issubclass(subsystem, GoalSubsystem),
        help=_text(subsystem.help),
        options=tuple(sorted(options, key=lambda option: option.name)),
    )


def _read_option(info: Any, search_paths_help: Optional[str]) -> SettingHelp:
    # The two parts of an option's registration, which versions of Pants call differently.
    flags, registration = (getattr(info, field.name) for field in fields(info))
    name = flags[0].lstrip("-").replace("-", "_")
    # Pants adds a sentence of its own to the help of this one.
    is_search_paths = name == "executable_search_paths" and search_paths_help is not None
    return SettingHelp(
        name=name,
        type=_option_type(registration),
        help=_text(search_paths_help if is_search_paths else registration["help"]),
        default=registration.get("default"),
    )


def _option_type(registration: Any) -> str:
    option_type = registration.get("type", str)
    if option_type is list:
        member = registration.get("member_type", str)
        return f"list[{member.__name__ if member in (bool, float, int) else 'str'}]"
    return "dict" if option_type is dict else option_type.__name__
