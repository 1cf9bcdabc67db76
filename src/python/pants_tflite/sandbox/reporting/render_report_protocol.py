# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What `render_report` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Mapping, Optional

from pants_tflite.sandbox.protocol import Message

PAGE_FILE = "index.html"


@dataclass(frozen=True)
class RenderReportRequest(Message):
    """Asks for the page of the `report`, the path of a `report.json`. `samples` are the paths of what
    `show_samples` wrote, by the models' addresses. `changes` is that of a `changes.json`, if the report
    is compared with another."""

    PROGRAM: ClassVar[str] = "pants_tflite.sandbox.reporting.render_report"
    OUTPUTS: ClassVar[tuple[str, ...]] = (PAGE_FILE,)

    report: str
    samples: Mapping[str, str]
    changes: Optional[str]
