# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a device installs is what models are verified with."""

from __future__ import annotations

import pkgutil
import re

_PINNED = re.compile(r"([a-z0-9-]+)==(\S+)")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def locked(package: str, name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Each package's version and hashes, by its name."""
    content = pkgutil.get_data(package, name)
    assert content is not None
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for entry in re.split(r"\n(?=\S)", content.decode()):
        match = _PINNED.match(entry)
        assert match is not None, entry
        found[match[1]] = (match[2], frozenset(_HASH.findall(entry)))
    return found


def test_versions_are_those_that_models_are_verified_with() -> None:
    device = locked("pants_tflite.linux.device", "requirements.lock")
    backend = locked("pants_tflite.subsystems", "litert.lock")
    assert {"ai-edge-litert", "numpy", "pillow"} <= set(device)
    for name, (version, hashes) in device.items():
        assert hashes, name
        assert backend[name] == (version, hashes)
