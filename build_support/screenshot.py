#!/usr/bin/env python3
# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Takes the picture of a report that README.md shows, with a Chromium without a window.

build_support/screenshot.py                                 docs/report.png, of dist/tflite-report/index.html
build_support/screenshot.py --dark --output=/tmp/dark.png   in dark colors
build_support/screenshot.py --width=500 --height=1600       as a phone shows it
build_support/screenshot.py --section=model-2               from a section on

Needs Chromium, which Debian has in its package `chromium`, and a report, in README.md that of
`./pants tflite-report models/cats_vs_dogs::`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Sequence

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
REPORT = ROOT / "dist" / "tflite-report" / "index.html"
PICTURE = ROOT / "docs" / "report.png"
# With a larger picture, a README is slow to open.
MOST_BYTES = 300_000


def find_browser() -> str:
    for name in BROWSERS:
        path = shutil.which(name)
        if path:
            return path
    sys.exit(f"Chromium is not installed; one of {', '.join(BROWSERS)} must be on PATH.")


def browser_args(options: argparse.Namespace, profile: str) -> list[str]:
    """What Chromium is started with. A profile of its own leaves the user's alone."""
    fragment = f"#{options.section}" if options.section else ""
    return [
        "--headless",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        # Its sandbox does not work in containers; the page is our own.
        "--no-sandbox",
        f"--user-data-dir={profile}",
        f"--blink-settings=preferredColorScheme={0 if options.dark else 1}",
        f"--force-device-scale-factor={options.scale}",
        f"--window-size={options.width},{options.height}",
        f"--screenshot={options.output.resolve()}",
        f"{options.report.resolve().as_uri()}{fragment}",
    ]


def main(args: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--report", type=Path, default=REPORT, help="the page")
    parser.add_argument("--output", type=Path, default=PICTURE, help="the .png file to write")
    parser.add_argument("--width", type=int, default=1240, help="pixels")
    parser.add_argument("--height", type=int, default=1510, help="pixels")
    parser.add_argument("--scale", type=float, default=0.75, help="pixels of the picture for one")
    parser.add_argument("--dark", action="store_true", help="in dark colors")
    parser.add_argument("--section", help="the id of the section to begin with")
    options = parser.parse_args(args)
    if not options.report.is_file():
        parser.error(
            f"{options.report} is not there: run `./pants tflite-report models/cats_vs_dogs::`."
        )
    options.output.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [find_browser(), *browser_args(options, profile)],
            check=True,
            stderr=subprocess.DEVNULL,
            timeout=120,
        )
    if not options.output.is_file():
        sys.exit(f"Chromium wrote no {options.output}.")
    size = options.output.stat().st_size
    print(f"{options.output}: {size:,} bytes")
    if size > MOST_BYTES:
        sys.exit(f"That is more than {MOST_BYTES:,}: take fewer pixels.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
