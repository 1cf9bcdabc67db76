# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Says which versions of `packages` its environment has: `out/versions.json`, by their names."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from pants_tflite.sandbox.harness import OUTPUT_DIR, run, write_json


def main(request: dict[str, Any]) -> None:
    write_json(OUTPUT_DIR / "versions.json", {name: version(name) for name in request["packages"]})


if __name__ == "__main__":
    run(main)
