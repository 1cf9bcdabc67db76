# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The environment that draws reports: templates, plots and pictures, without TensorFlow or LiteRT."""

from __future__ import annotations

from pants_tflite.subsystems.locked_environment import LockedEnvironment


class ReportDrawing(LockedEnvironment):
    options_scope = "report"
    help = "Jinja2, matplotlib and Pillow, which draw the pages of `tflite-report`."

    packages = "jinja2, matplotlib, numpy and pillow"
    runs = "reports are drawn"
