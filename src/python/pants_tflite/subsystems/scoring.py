# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""scikit-learn: the environment that scores what models predict."""

from __future__ import annotations

from pants_tflite.subsystems.locked_environment import LockedEnvironment


class Scoring(LockedEnvironment):
    options_scope = "scoring"
    help = "scikit-learn, which scores what models predict for a `tflite_test`."

    packages = "numpy and scikit-learn"
    runs = "predictions are scored"
