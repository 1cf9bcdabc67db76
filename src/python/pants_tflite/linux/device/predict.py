#!/usr/bin/env python3
# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs a model of this folder with LiteRT on a picture, an array or JSON, and prints what it says.

The program is in `pants_tflite/`; README.md says how to install what it needs.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    folder = Path(__file__).resolve().parent
    sys.path.insert(0, str(folder))
    try:
        from pants_tflite.linux.sandbox.archive_predictor import main
    except ImportError as error:
        sys.exit(f"predict: {error}; README.md says how to install what requirements.txt lists")
    sys.exit(main(sys.argv[1:], folder=folder))
