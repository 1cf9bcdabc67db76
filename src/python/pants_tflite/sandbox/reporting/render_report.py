# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Renders the page of a report: one HTML file that needs no network."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pants_tflite.sandbox.harness import OUTPUT_DIR, run
from pants_tflite.sandbox.reporting import number_texts
from pants_tflite.sandbox.reporting.changes_protocol import Changes
from pants_tflite.sandbox.reporting.page import Pictures, view_families
from pants_tflite.sandbox.reporting.plots import MARKERS
from pants_tflite.sandbox.reporting.render_report_protocol import PAGE_FILE, RenderReportRequest
from pants_tflite.sandbox.reporting.report_protocol import Report, error_of
from pants_tflite.sandbox.reporting.show_samples_protocol import ShownSamples

_TEMPLATES = Path(__file__).with_name("templates")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        bytes=number_texts.format_bytes,
        percent=number_texts.format_percent,
        score=number_texts.format_score,
        value=number_texts.format_value,
        path=lambda path: quote(path, safe="/"),
    )
    environment.globals.update(
        difference=number_texts.format_difference, error_of=error_of, svg=Markup, slots=len(MARKERS)
    )
    return environment


def render_page(
    report: Report, samples: Mapping[str, ShownSamples], changes: Changes | None
) -> str:
    """The page. What users wrote is escaped; only plots are HTML already, by matplotlib's escaping."""
    pictures = Pictures([samples[address] for address in sorted(samples)])
    template = _environment().get_template("index.html.jinja")
    return template.render(
        families=view_families(report, samples), pictures=pictures, changes=changes
    )


def main(request: RenderReportRequest) -> None:
    report = Report.parse(Path(request.report).read_bytes())
    samples = {
        address: ShownSamples.parse(Path(path).read_bytes())
        for address, path in sorted(request.samples.items())
    }
    changes = Changes.parse(Path(request.changes).read_bytes()) if request.changes else None
    page = render_page(report, samples, changes)
    (OUTPUT_DIR / PAGE_FILE).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    run(main, RenderReportRequest)
