# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What names in a Python file stand for, by its imports."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Iterable, Mapping, Optional


def last_part(module: str) -> str:
    return module.rpartition(".")[2]


@dataclass(frozen=True)
class ImportedNames:
    """The whole dotted name of each name that a file imports."""

    by_name: Mapping[str, str]

    @classmethod
    def of(cls, tree: ast.Module) -> ImportedNames:
        found: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    # `import a.b` binds `a`.
                    name = alias.asname or alias.name.partition(".")[0]
                    found[name] = alias.name if alias.asname else name
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    module = f"{node.module}." if node.module else ""
                    found[alias.asname or alias.name] = f"{module}{alias.name}"
        return cls(found)

    def resolve(self, node: ast.AST) -> Optional[str]:
        """The whole name of an expression such as `keras.Model`; None if it is not one of names."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        return ".".join((self.by_name.get(node.id, node.id), *reversed(attributes)))

    def import_any(self, packages: Iterable[str]) -> bool:
        imported = {name.partition(".")[0] for name in self.by_name.values()}
        return not imported.isdisjoint(packages)

    def uses(self, tree: ast.Module) -> frozenset[tuple[str, str]]:
        """What the file may use of other modules: the last part of the module's name, and a name."""
        whole = {name for name in self.by_name.values() if "." in name}
        for node in ast.walk(tree):
            resolved = self.resolve(node) if isinstance(node, ast.Attribute) else None
            if resolved:
                whole.add(resolved)
        parts = (name.rpartition(".") for name in whole)
        return frozenset((last_part(module), name) for module, _, name in parts)
