# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a device installs is what models are verified with, on every CPython that both have."""

from __future__ import annotations

import pkgutil
import re

_PINNED = re.compile(r"([a-z0-9-]+)==(\S+)(?: ; (.*\S))? \\\n")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


_OLDER, _NEWER = "python_full_version < '3.11'", "python_full_version >= '3.11'"


def locked(package: str, name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Each package's version and hashes, by its name, and its marker if that is `_OLDER`."""
    content = pkgutil.get_data(package, name)
    assert content is not None
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for entry in re.split(r"\n(?=\S)", content.decode()):
        match = _PINNED.match(entry)
        assert match is not None, entry
        key = f"{match[1]} {_OLDER}" if match[3] == _OLDER else match[1]
        found[key] = (match[2], frozenset(_HASH.findall(entry)))
    return found


def test_versions_are_those_that_models_are_verified_with() -> None:
    device = locked("pants_tflite.linux.device", "requirements.lock")
    backend = locked("pants_tflite.subsystems", "litert.lock")
    assert {"ai-edge-litert", "numpy", "pillow"} <= set(device)
    older = {name for name in device if name.endswith(_OLDER)}
    for name, (version, hashes) in device.items():
        assert hashes, name
        if name not in older:
            assert backend[name] == (version, hashes)
    # What has no wheel for CPython 3.10 in the version of the backend.
    assert older == {f"numpy {_OLDER}", f"pillow {_OLDER}"}


def test_litert_is_the_same_on_every_python() -> None:
    content = pkgutil.get_data("pants_tflite.linux.device", "requirements.lock")
    assert content is not None
    markers = [match[3] for match in _PINNED.finditer(content.decode()) if match[1] == "numpy"]
    assert sorted(markers) == sorted((_OLDER, _NEWER))
    (litert,) = (match for match in _PINNED.finditer(content.decode()) if "litert" in match[1])
    assert litert[3] is None
