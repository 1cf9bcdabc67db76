# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The pages of `docs/reference/`: Markdown, by file name."""

from __future__ import annotations

import re
from typing import Container, Iterable, Mapping, Sequence

from docs.generator.backend_help import BackendHelp, SettingHelp, SubsystemHelp, TargetHelp

INDEX_PAGE = "README.md"
OPTIONS_PAGE = "options.md"
COMMAND = "./pants run docs/generator/write_reference.py"
_NOTE = f"<!-- Written by `{COMMAND}` from the help in the code: change that, not this page. -->"
# The first sentence of the paragraph.
_DEFAULT = re.compile(r"^Defaults to (.+?)(?:\.\s|\.?$)", re.MULTILINE)
# What a heading loses on its way to its anchor, besides capitals.
_NOT_IN_ANCHOR = re.compile(r"[^\w -]")


def render_pages(backend_help: BackendHelp) -> dict[str, str]:
    """Renders a page for each target, one for all options, and one that leads to them."""
    return {
        INDEX_PAGE: _render_index(backend_help),
        OPTIONS_PAGE: _render_options(backend_help.subsystems),
        **_render_targets(backend_help.targets),
    }


def default_of(setting: SettingHelp) -> str:
    """What the help says after "Defaults to"; empty if it says nothing of that kind."""
    match = _DEFAULT.search(setting.help)
    return match.group(1) if match else ""


def _page(target: str) -> str:
    return f"{target}.md"


def _render_index(backend_help: BackendHelp) -> str:
    backends = sorted({target.backend for target in backend_help.targets})
    parts = [
        "# Reference",
        "These pages show what `./pants help <target>` and `./pants help <scope>` print.",
        "## Targets",
    ]
    for backend in backends:
        targets = [target for target in backend_help.targets if target.backend == backend]
        parts += [
            f"With `{backend}` in `[GLOBAL].backend_packages`:",
            _table(
                ("target", "what it declares", "goals"),
                (
                    (
                        _link(target.name, _page(target.name)),
                        _first_paragraph(target.help),
                        _codes(target.goals),
                    )
                    for target in targets
                ),
            ),
        ]
    parts += ["## Goals", _table(("goal", "targets"), _goal_rows(backend_help.targets))]
    parts += [
        f"## [Options]({OPTIONS_PAGE})",
        _table(
            ("scope", "what it configures"),
            (
                (
                    _link(subsystem.scope, f"{OPTIONS_PAGE}#{anchor(_section(subsystem))}"),
                    _first_paragraph(subsystem.help),
                )
                for subsystem in backend_help.subsystems
            ),
        ),
    ]
    return _join(parts)


def _goal_rows(targets: Sequence[TargetHelp]) -> Iterable[tuple[str, str]]:
    for goal in sorted({goal for target in targets for goal in target.goals}):
        names = [target.name for target in targets if goal in target.goals]
        yield f"`{goal}`", ", ".join(_link(name, _page(name)) for name in names)


def _render_targets(targets: Sequence[TargetHelp]) -> dict[str, str]:
    own_types = {target.name for target in targets}
    return {_page(target.name): _render_target(target, own_types) for target in targets}


def _render_target(target: TargetHelp, own_types: Container[str]) -> str:
    goals = f" Goals: {_codes(target.goals)}." if target.goals else ""
    # What every user has to write comes first.
    settings = sorted(target.fields, key=lambda field: (not field.required, field.name))
    parts = [
        f"# `{target.name}`",
        target.help,
        f"Backend: `{target.backend}`.{goals}",
        _settings_table("field", {f"`{field.name}`": field for field in settings}),
    ]
    for field in settings:
        necessity = "required" if field.required else "optional"
        parts += [f"## `{field.name}`", f"`{field.type}`, {necessity}"]
        if field.target_types:
            names = (_target_type(name, own_types) for name in field.target_types)
            parts[-1] += f"; refers to {', '.join(names)}"
        parts.append(field.help)
    if target.inherited:
        parts += [
            "## Fields of Pants",
            f"Pants itself describes {_codes(target.inherited)}: `./pants help {target.name}`.",
        ]
    return _join(parts)


def _render_options(subsystems: Sequence[SubsystemHelp]) -> str:
    parts = [
        "# Options",
        "Options are set in `pants.toml`, in the section that their subsystem is named after.",
    ]
    for subsystem in subsystems:
        section = _section(subsystem)
        goal = [f"The options of `./pants {subsystem.scope}`."] if subsystem.is_goal else []
        options = {f"`{section}.{option.name}`": option for option in subsystem.options}
        parts += [f"## {section}", subsystem.help, *goal, _settings_table("option", options)]
        for heading, option in options.items():
            parts += [f"### {heading}", f"`{option.type}`", option.help]
    return _join(parts)


def _target_type(name: str, own_types: Container[str]) -> str:
    return _link(name, _page(name)) if name in own_types else f"`{name}`"


def _section(subsystem: SubsystemHelp) -> str:
    return f"[{subsystem.scope}]"


def _settings_table(kind: str, settings: Mapping[str, SettingHelp]) -> str:
    """An overview of settings, by the headings of their sections."""
    return _table(
        (kind, "type", "defaults to"),
        (
            (
                _link(setting.name, f"#{anchor(heading)}"),
                f"`{setting.type}`",
                "(required)" if setting.required else default_of(setting),
            )
            for heading, setting in settings.items()
        ),
    )


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return _NOT_IN_ANCHOR.sub("", heading.lower()).replace(" ", "-")


def _first_paragraph(text: str) -> str:
    return text.partition("\n\n")[0]


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _link(name: str, place: str) -> str:
    return f"[`{name}`]({place})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _join(parts: Iterable[str]) -> str:
    return "\n\n".join((_NOTE, *parts)) + "\n"


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """What is wrong with the pages that were found, one line for each page."""
    return [
        f"{name} is {'missing' if name not in found else 'stale' if name in expected else 'left over'}"
        for name in sorted({*expected, *found})
        if expected.get(name) != found.get(name)
    ]
