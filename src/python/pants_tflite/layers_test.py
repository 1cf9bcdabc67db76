# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Imports point one way: from what users see down to what everything stands on."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator

import pytest

import pants_tflite

_ROOT = Path(pants_tflite.__file__).parent
_BUNDLE_KINDS = ("android", "ios", "linux", "micro")
# From the top. A layer only imports from those below it, not from any at its own level.
_LAYERS = (
    ("register",),
    ("goals", "lint", "reproduction", "tailoring"),
    ("reporting",),
    _BUNDLE_KINDS,
    ("bundles",),
    ("evaluation",),
    ("coverage",),
    ("pipeline",),
    ("custom_ops",),
    ("cc",),
    ("util_rules",),
    ("subsystems",),
    ("target_types",),
    ("c_literals", "fields", "resources", "sizes"),
    ("errors",),
    ("compat",),
    ("calls_2_17",),
    ("sandbox",),
)
_SANDBOX_LAYERS = (
    ("conversion", "evaluation", "gpu", "reproduction"),
    ("coverage", "kernel_tests", "quantization", "saved_models", "verification"),
    ("prediction",),
    ("interpreter", "reporting"),
    ("scoring", "tflite"),
    ("archives", "binaries", "fetching", "samples", "viewing"),
    ("",),
)
_PROGRAMS = "sandbox"


def _is_test_code(path: Path) -> bool:
    name = path.stem
    return (
        name.endswith("_test")
        or name.startswith("testing")
        or name in ("conftest", "testutil")
        or "testing" in path.parts
    )


def _modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(_ROOT.rglob("*.py")):
        relative = path.relative_to(_ROOT)
        if path.stem != "__init__" and not _is_test_code(relative):
            yield ".".join(relative.with_suffix("").parts), path


MODULES = dict(_modules())


def _imports(path: Path) -> Iterator[str]:
    """The modules of the backend that a file imports, relative to its package."""
    prefix = f"{pants_tflite.__name__}."
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}".replace(prefix, "", 1)
                if f"{node.module}.".startswith(prefix):
                    yield whole if whole in MODULES else whole.rpartition(".")[0]
        elif isinstance(node, ast.Import):
            yield from (a.name[len(prefix) :] for a in node.names if a.name.startswith(prefix))


def _height(room: str, layers: tuple[tuple[str, ...], ...]) -> int:
    (height,) = (index for index, layer in enumerate(layers) if room in layer)
    return height


def _wing(module: str) -> str:
    """The wing of a module of the core's `sandbox`; those of all wings have the name ''."""
    parts = module.split(".")
    return parts[1] if len(parts) > 2 else ""


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    if _PROGRAMS in module.split("."):
        return
    room = module.split(".")[0]
    for imported in _imports(MODULES[module]):
        other = imported.split(".")[0]
        assert other == room or _height(room, _LAYERS) < _height(other, _LAYERS), imported


@pytest.mark.parametrize("module", [m for m in MODULES if _PROGRAMS in m.split(".")])
def test_programs_import_programs_only(module: str) -> None:
    for imported in _imports(MODULES[module]):
        assert _PROGRAMS in imported.split("."), imported


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith(f"{_PROGRAMS}.")])
def test_imports_between_wings_point_down(module: str) -> None:
    wing = _wing(module)
    for imported in _imports(MODULES[module]):
        other = _wing(imported)
        below = _height(wing, _SANDBOX_LAYERS) < _height(other, _SANDBOX_LAYERS)
        assert other == wing or below, imported


def test_all_rooms_have_a_height() -> None:
    rooms = {module.split(".")[0] for module in MODULES}
    assert rooms == {room for layer in _LAYERS for room in layer}
    wings = {_wing(module) for module in MODULES if module.startswith(f"{_PROGRAMS}.")}
    assert wings == {wing for layer in _SANDBOX_LAYERS for wing in layer}
