# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The pages of the reference, from help texts of this test."""

from __future__ import annotations

from dataclasses import replace

import pytest

from docs.generator.backend_help import BackendHelp, SettingHelp, SubsystemHelp, TargetHelp
from docs.generator.reference_pages import COMMAND, default_of, differences, render_pages

COLOUR = SettingHelp(
    name="colour",
    type="str",
    help='What it looks like: red|blue.\n\nDefaults to red. Blue costs more.\n\nExample: `colour="blue"`.',
    default="red",
)
BOAT = TargetHelp(
    name="boat",
    backend="sea",
    help="A thing\nthat floats.\n\nIt may sink.",
    goals=("package", "run"),
    fields=(
        COLOUR,
        SettingHelp("port", "str", 'Its home.\n\nExample: `port="Kiel"`.', required=True),
    ),
    inherited=("tags",),
)
WIND = SubsystemHelp(
    scope="sea-wind",
    is_goal=True,
    help="The wind.",
    options=(SettingHelp("from_where", "list[str]", "Its source.\n\nDefaults to `[]`."),),
)
NOTE = f"<!-- Written by `{COMMAND}` from the help in the code: change that, not this page. -->\n\n"


def test_a_target_has_a_page_with_its_required_fields_first() -> None:
    pages = render_pages(BackendHelp(targets=(BOAT,), subsystems=()))
    assert pages["boat.md"] == NOTE + (
        "# `boat`\n"
        "\n"
        "A thing\n"
        "that floats.\n"
        "\n"
        "It may sink.\n"
        "\n"
        "Backend: `sea`. Goals: `package`, `run`.\n"
        "\n"
        "| field | type | defaults to |\n"
        "| --- | --- | --- |\n"
        "| [`port`](#port) | `str` | (required) |\n"
        "| [`colour`](#colour) | `str` | red |\n"
        "\n"
        "## `port`\n"
        "\n"
        "`str`, required\n"
        "\n"
        "Its home.\n"
        "\n"
        'Example: `port="Kiel"`.\n'
        "\n"
        "## `colour`\n"
        "\n"
        "`str`, optional\n"
        "\n"
        "What it looks like: red|blue.\n"
        "\n"
        "Defaults to red. Blue costs more.\n"
        "\n"
        'Example: `colour="blue"`.\n'
        "\n"
        "## Fields of Pants\n"
        "\n"
        "Pants itself describes `tags`: `./pants help boat`.\n"
    )


def test_a_field_leads_to_the_targets_that_it_refers_to() -> None:
    harbour = replace(COLOUR, name="harbour", target_types=("boat", "file"))
    pages = render_pages(
        BackendHelp((BOAT, TargetHelp("pier", "sea", "A pier.", (), (harbour,), ())), ())
    )
    assert "`str`, optional; refers to [`boat`](boat.md), `file`" in pages["pier.md"].splitlines()


def test_all_options_are_on_one_page() -> None:
    pages = render_pages(BackendHelp(targets=(), subsystems=(WIND,)))
    assert pages["options.md"] == NOTE + (
        "# Options\n"
        "\n"
        "Options are set in `pants.toml`, in the section that their subsystem is named after.\n"
        "\n"
        "## [sea-wind]\n"
        "\n"
        "The wind.\n"
        "\n"
        "The options of `./pants sea-wind`.\n"
        "\n"
        "| option | type | defaults to |\n"
        "| --- | --- | --- |\n"
        "| [`from_where`](#sea-windfrom_where) | `list[str]` | `[]` |\n"
        "\n"
        "### `[sea-wind].from_where`\n"
        "\n"
        "`list[str]`\n"
        "\n"
        "Its source.\n"
        "\n"
        "Defaults to `[]`.\n"
    )


def test_the_index_leads_to_targets_goals_and_options() -> None:
    pages = render_pages(BackendHelp(targets=(BOAT,), subsystems=(WIND,)))
    assert list(pages) == ["README.md", "options.md", "boat.md"]
    lines = pages["README.md"].splitlines()
    assert "With `sea` in `[GLOBAL].backend_packages`:" in lines
    assert "| [`boat`](boat.md) | A thing that floats. | `package`, `run` |" in lines
    assert "| `run` | [`boat`](boat.md) |" in lines
    assert "| [`sea-wind`](options.md#sea-wind) | The wind. |" in lines


def test_a_bar_does_not_end_a_cell() -> None:
    piped = SettingHelp("colour", "str", "A colour.\n\nDefaults to `a|b`.")
    target = TargetHelp("boat", "sea", "A boat.", (), (piped,), ())
    pages = render_pages(BackendHelp(targets=(target,), subsystems=()))
    assert r"| [`colour`](#colour) | `str` | `a\|b` |" in pages["boat.md"].splitlines()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "A.\n\nDefaults to 2.17 for x and to 2.28 for y.\n\nExample: z.",
            "2.17 for x and to 2.28 for y",
        ),
        ("A.\n\nDefaults to none: it is not there. Else it is.", "none: it is not there"),
        ("A, which by the way Defaults to 3.", ""),
        ("A.", ""),
    ],
)
def test_the_default_is_what_a_paragraph_says_first(text: str, expected: str) -> None:
    assert default_of(SettingHelp("name", "str", text)) == expected


def test_pages_that_differ_are_named() -> None:
    assert differences(
        {"a.md": "1", "b.md": "2", "c.md": "3"}, {"b.md": "x", "c.md": "3", "d.md": ""}
    ) == [
        "a.md is missing",
        "b.md is stale",
        "d.md is left over",
    ]
