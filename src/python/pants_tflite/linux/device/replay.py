#!/usr/bin/env python3
# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs the models of this folder on their golden inputs, and compares what comes out with the build's.

The program is in `pants_tflite/`; README.md says how to install what it needs.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    folder = Path(__file__).resolve().parent
    sys.path.insert(0, str(folder))
    try:
        from pants_tflite.linux.sandbox.archive_replay import main
    except ImportError as error:
        sys.exit(f"self_test: {error}; README.md says how to install what requirements.txt lists")
    sys.exit(main(sys.argv[1:], folder=folder))
