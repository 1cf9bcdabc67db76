# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

from pants_tflite.sandbox.reporting.changes import Budgets, compare
from pants_tflite.sandbox.reporting.changes_protocol import Changes
from pants_tflite.sandbox.reporting.plots import ErrorSeries, Point, plot_errors, plot_sizes
from pants_tflite.sandbox.reporting.render_report import render_page
from pants_tflite.sandbox.reporting.render_report_protocol import RenderReportRequest
from pants_tflite.sandbox.reporting.report_protocol import Report, ReportedRuntime
from pants_tflite.sandbox.reporting.show_samples_protocol import (
    ConfusionCell,
    ShownSample,
    ShownSamples,
)
from pants_tflite.sandbox.reporting.testing_reports import ADDRESS, model, op, score
from pants_tflite.sandbox.testing.program_runs import run_program

EVIL = '<script>alert("x")</script>'
PICTURE = "data:image/png;base64,AAAA"
_VOID = {"link", "meta", "input", "br", "image"}


class Page(HTMLParser):
    """A page's elements, checked for being closed and for naming each thing once."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if attributes.get("id"):
            self.ids.append(str(attributes["id"]))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def shown(*samples: ShownSample, kind: str = "picture", classes: tuple[str, ...]) -> ShownSamples:
    return ShownSamples(
        kind=kind,
        input="x",
        count=len(samples),
        correct=sum(bool(sample.correct) for sample in samples) if classes else None,
        classes=classes,
        confusion=(ConfusionCell(0, 1, 1), ConfusionCell(1, 1, 1)) if classes else (),
        samples=samples,
    )


WRONG = ShownSample(7, PICTURE, "cat", "dog", False, 0.61, None)
RIGHT = ShownSample(9, PICTURE, "dog", "dog", True, 0.99, None)


def page(
    report: Report, samples: ShownSamples | None = None, changes: Changes | None = None
) -> Page:
    return Page(render(report, samples, changes))


def render(
    report: Report, samples: ShownSamples | None = None, changes: Changes | None = None
) -> str:
    by_address = {report.models[0].address: samples} if samples else {}
    return render_page(report, by_address, changes)


def test_a_page_says_what_a_report_does() -> None:
    report = Report(
        (
            model("float32", size=4000, scores=(score(0.97),)),
            model(arena=5000, ops=(op(accumulated=0.04, isolated=0.031, stands_out=True),)),
        )
    )
    text = page(report).text
    assert "2 models in 1 family" in text
    assert re.search(r"float32 models/digits:saved_model 4.00.kB 0.9700 accuracy", text)
    assert re.search(
        r"1.00.kB 25 % 0.9500 accuracy ▼ worse by 0.0200 5.00.kB 1 3.10.% CONV_2D", text
    )
    assert "makes errors" in text


def test_runtimes_that_were_asked() -> None:
    answers = (
        ReportedRuntime("micro", "tflite-micro 1", False, ("GELU", "POW"), ""),
        ReportedRuntime("litert", "LiteRT 2", True, (), ""),
        ReportedRuntime("npu", "Vela 5", True, ("QUANTIZE",), ""),
        ReportedRuntime("old", "Lite 1", False, (), "it is too large"),
        ReportedRuntime("gpu", "", None, (), "there is no driver"),
    )
    text = page(Report((model(runtimes=answers),))).text
    assert "micro refuses GELU, POW tflite-micro 1" in text
    assert "litert takes the model LiteRT 2" in text
    assert "npu takes the model, but for QUANTIZE Vela 5" in text
    assert "old refuses the model: it is too large Lite 1" in text
    assert "gpu not asked: there is no driver" in text


def test_wrong_and_right_are_told_apart_without_colors() -> None:
    text = page(Report((model(),)), shown(WRONG, RIGHT, classes=("cat", "dog"))).text
    assert "✗ dog 61 % is cat" in text
    assert "✓ dog 99 % , right" in text
    assert "1 of 2" in text
    assert "Confusion matrix" in text


def test_a_picture_of_two_samples_is_in_the_page_once() -> None:
    html = render(Report((model(),)), shown(WRONG, RIGHT, classes=("cat", "dog")))
    assert html.count(PICTURE) == 1
    assert html.count('<use href="#picture-1"/>') == 2


def test_what_users_wrote_is_text() -> None:
    evil = model(
        EVIL,
        notes=(EVIL,),
        scores=(score(0.5, metric=EVIL, dataset=EVIL),),
        ops=(op(name=EVIL, layer=EVIL, accumulated=0.1), op(1, accumulated=0.2)),
    )
    other = model("int8", scores=(score(0.6, metric=EVIL, dataset=EVIL),))
    report = Report((evil, other))
    names = (EVIL, "dog")
    wrong = ShownSample(1, EVIL, EVIL, EVIL, False, None, None)
    changes = compare(report, Report((model(EVIL),)), Budgets())
    html = render(report, shown(wrong, kind="values", classes=names), changes)
    assert "alert(" in html
    assert EVIL not in html
    parsed = Page(html)
    assert [a.get("src") for tag, a in parsed.tags if tag == "script"] == ["timings.js", None]
    assert parsed.text.count(EVIL) > 8


def test_a_page_takes_nothing_from_a_network() -> None:
    parsed = page(Report((model(),)), shown(WRONG, classes=("cat", "dog")))
    urls = [
        value
        for _, attributes in parsed.tags
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href", "action", "data")
    ]
    assert urls
    for url in urls:
        assert url is not None and re.match(r"#|data:|report\.json|timings\.js|models/", url), url


def test_columns_are_sorted_by_buttons_and_sections_have_names() -> None:
    parsed = page(Report((model(),)), shown(WRONG, classes=("cat", "dog")))
    headers = [a for tag, a in parsed.tags if tag == "th" and a.get("role") == "columnheader"]
    buttons = [a for tag, a in parsed.tags if tag == "button"]
    assert headers and len(headers) == len(buttons)
    assert {header["aria-sort"] for header in headers} == {"none"}
    for tag, attributes in parsed.tags:
        if tag in ("section", "article"):
            assert attributes["aria-labelledby"] in parsed.ids
        if attributes.get("tabindex") == "0":
            assert attributes["role"] == "region" and attributes["aria-label"]
    assert parsed.tags[[tag for tag, _ in parsed.tags].index("a")][1]["href"] == "#models"


def test_changes_are_a_section_of_the_page() -> None:
    report = Report((model(size=3000),))
    changes = compare(report, Report((model(),)), Budgets(growth=100))
    text = page(report, changes=changes).text
    assert f"Over budget {ADDRESS}int8: grew by 2,000 bytes, more than 100" in text
    assert re.search(r"size 1.00.kB 3.00.kB ▲ worse \+2.00.kB \(\+200.%\)", text)
    assert "No model changed." in page(report, changes=compare(report, report, Budgets())).text


def test_models_without_anything_but_a_size_have_a_page() -> None:
    bare = model(scores=(), ops=(), baseline=None, mode=None, notes=("It did not run.",))
    assert "It did not run." in page(Report((bare,))).text
    assert "0 models in 0 families" in page(Report(())).text


def test_plots_are_the_same_each_time_and_well_formed() -> None:
    def draw(key: str) -> str:
        points = [Point("float32", 0, 4000, 0.9), Point(f"$x$ {EVIL}", 1, 1000, 0.9)]
        return plot_sizes(points, metric=EVIL, key=key)

    assert draw("a") == draw("a") != draw("b")
    svg = ElementTree.fromstring(draw("a").replace("xlink:href", "href"))
    texts = [element.text for element in svg.iter() if element.tag.endswith("text")]
    assert {"float32", f"$x$ {EVIL}", EVIL} <= set(texts)
    ids = [re.findall(r' id="([^"]+)"', draw(key)) for key in "ab"]
    assert ids[0] and not set(ids[0]) & set(ids[1])


def test_colors_of_plots_are_the_pages() -> None:
    svg = plot_errors([ErrorSeries("int8", 9, [(1, 0.1), (2, 0.01)])], key="a")
    assert "var(--slot-1)" in svg and "var(--ink)" in svg
    assert not re.search(r"#0[0-9a-f]{5}", svg)


def test_program_writes_the_same_bytes_each_time(tmp_path: Path) -> None:
    report = Report((model("float32"), model(size=300)))
    (tmp_path / "report.json").write_bytes(report.render())
    (tmp_path / "samples.json").write_bytes(shown(WRONG, classes=("cat", "dog")).render())
    written = []
    for _ in range(2):
        request = RenderReportRequest("report.json", {f"{ADDRESS}int8": "samples.json"}, None)
        result = run_program("reporting.render_report", tmp_path, request)
        assert (result.returncode, result.stdout) == (0, ""), result.stderr
        written.append((tmp_path / "out/index.html").read_bytes())
    assert written[0] == written[1]
    assert Page(written[0].decode()).text


def luminance(color: str) -> float:
    """As the Web Content Accessibility Guidelines define it."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_text_stands_out_from_what_is_behind_it() -> None:
    style = (Path(__file__).parent / "templates/style.css").read_text()
    themes = [
        dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    assert contrast("#000000", "#ffffff") == 21
    for colors in themes[:2]:
        for text in ("ink", "muted", "link", "right", "wrong"):
            for behind in ("page", "card", "wrong-back"):
                assert contrast(colors[text], colors[behind]) >= 4.5, (text, behind)
        assert contrast(colors["ink"], colors["right-back"]) >= 4.5
        for slot in range(8):
            assert contrast(colors[f"slot-{slot}"], colors["card"]) >= 3, slot
