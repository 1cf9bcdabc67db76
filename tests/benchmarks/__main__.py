# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Times builds by this backend beside what a team would use instead.

In the root of a clone, with a Python that has the packages of 3rdparty/python/tensorflow.lock, and DVC on the path if that is
to be compared as well:

python -m tests.benchmarks --write-page

Every build of a round runs before the next round begins, in turn, so that whatever else the machine does falls on all.
Each part that is measured replaces what `results.json` has of it. docs/benchmarks.md shows them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Callable

from tests.benchmarks import page
from tests.benchmarks.builds import comparison as builds
from tests.benchmarks.measuring import CONTENDERS, machine, say
from tests.benchmarks.monorepo import comparison as monorepo
from tests.benchmarks.shared_cache import comparison as shared_cache

RESULTS = Path(__file__).parent / "results.json"
PARTS = ("monorepo", "shared-cache", "no-op", "models")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--models", nargs="+", type=int, default=[10, 100, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--python", default=sys.executable, help="runs the steps of the others")
    parser.add_argument("--json", type=Path, default=RESULTS)
    parser.add_argument(
        "--folder", type=Path, help="keeps monorepos there, and takes those of an earlier run"
    )
    parser.add_argument("--write-page", action="store_true", help="put the tables into the docs")
    return parser.parse_args()


def _parts(options: argparse.Namespace, folder: Path) -> dict[str, Callable[[], dict[str, Any]]]:
    """What measures each part that is asked for, by its name in the results."""
    # In no cache of an earlier run are models of this second.
    seed = int(time.time()) % 1_000_000
    fresh = Path(tempfile.mkdtemp(dir=folder))
    common = {"python": options.python, "rounds": options.rounds, "names": options.contenders}
    found: dict[str, Callable[[], dict[str, Any]]] = {}
    if "monorepo" in options.parts:
        for models in options.models:

            def compare(models: int = models) -> dict[str, Any]:
                # No other size has its models or edits, which would be in Pants' cache.
                own = seed + models
                return monorepo.compare(folder / f"m{models}", models, seed=own, **common)

            found[f"monorepo of {models}"] = compare
    if "shared-cache" in options.parts:
        found["shared-cache"] = lambda: shared_cache.compare(fresh / "shared", seed=seed, **common)
    if "no-op" in options.parts:
        found["no-op"] = lambda: builds.repeat(fresh, rounds=options.rounds)
    if "models" in options.parts:
        found["models"] = lambda: builds.compare(fresh / "models", seed=seed, **common)
    return found


def main() -> None:
    options = _parse()
    results = json.loads(options.json.read_text()) if options.json.exists() else {}
    failed: list[str] = []
    with contextlib.ExitStack() as stack:
        temporary = options.folder or stack.enter_context(tempfile.TemporaryDirectory())
        folder = Path(temporary).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        for name, measure in _parts(options, folder).items():
            say(f"--- {name}")
            start = machine(options.python, folder)
            try:
                found = measure()
            except Exception:
                # What was measured before and what comes after is worth having.
                traceback.print_exc()
                failed.append(name)
                continue
            # Kept workspaces are not built from nothing again.
            times = {**results.get(name, {}).get("times", {}), **found["times"]}
            results[name] = {**found, "machine": start, "times": times}
            options.json.write_text(json.dumps(results, indent=1) + "\n")
    print(page.tables(results))
    if options.write_page:
        page.write(results)
    if failed:
        raise SystemExit(f"not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
