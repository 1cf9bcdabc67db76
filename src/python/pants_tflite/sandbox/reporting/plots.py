# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Plots as SVG that takes its colors from the page, so that they are right in light and in dark.

matplotlib draws in placeholder colors, which become the page's CSS variables. Nothing else in an
SVG depends on more than its data: no date, no random names.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any, Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from matplotlib.transforms import Bbox

from pants_tflite.sandbox.reporting.number_texts import SPACE, format_bytes

# By slot; a form of its own for each tells series apart without colors.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_WIDTH, _HEIGHT = 5.4, 3.1
_INK, _MUTED, _GRID, _PAPER = "#010101", "#020202", "#030303", "#040404"
_VARIABLES = {_INK: "ink", _MUTED: "muted", _GRID: "grid", _PAPER: "card"}
_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": _MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": _MUTED,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9,
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "grid.color": _GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "legend.labelcolor": _INK,
    "svg.fonttype": "none",
    # Text of users is text, whatever it holds.
    "text.parse_math": False,
    "xtick.color": _MUTED,
    "ytick.color": _MUTED,
}
_METADATA = {"Creator": None, "Date": None, "Format": None, "Type": None}
# By which labels move, and half the side of a marker, both in pixels.
_GAP = 1.5
_MARKER = 4.0
# Of a label, in points.
_LINE_HEIGHT = 11


@dataclass(frozen=True)
class Point:
    """A model in the plot of sizes and scores."""

    name: str
    slot: int
    size: int
    score: float


@dataclass(frozen=True)
class ErrorSeries:
    """A model's layers: the position of each op and its error."""

    name: str
    slot: int
    errors: Sequence[tuple[int, float]]


def _slot_color(slot: int) -> str:
    return f"#0500{slot % len(MARKERS):02x}"


def plot_sizes(points: Sequence[Point], *, metric: str, key: str) -> str:
    """Size against score, a point for each model."""

    def draw(axes: Axes) -> None:
        for point in points:
            axes.plot(
                point.size,
                point.score,
                MARKERS[point.slot % len(MARKERS)],
                color=_slot_color(point.slot),
                markeredgecolor=_PAPER,
                markersize=8,
            )
        sizes = [point.size for point in points]
        if max(sizes) > 8 * min(sizes):
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_minor_formatter(NullFormatter())
        else:
            axes.set_xlim(0, max(sizes) * 1.25)
            axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: _shortest(format_bytes(size))))
        axes.set_xlabel("size of the file")
        axes.set_ylabel(metric)
        _give_room(axes, [point.score for point in points])
        _label_points(axes, points)

    return _to_svg(draw, key)


def _shortest(text: str) -> str:
    """A number and its unit without zeros that say nothing."""
    number, _, unit = text.partition(SPACE)
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number}{SPACE}{unit}"


def _give_room(axes: Axes, scores: Sequence[float]) -> None:
    """A range that does not make much of next to nothing."""
    low, high = min(scores), max(scores)
    span = max(high - low, 0.02 * max(abs(high), abs(low), 1e-9))
    axes.set_ylim(low - 0.25 * span, high + 0.25 * span)
    axes.yaxis.set_major_locator(MaxNLocator(5))


def _label_points(axes: Axes, points: Sequence[Point]) -> None:
    """Names next to their points, moved down to where no other name is."""
    figure: Any = axes.figure
    figure.canvas.draw()
    places = {p: axes.transData.transform((p.size, p.score)) for p in points}
    taken = [
        Bbox.from_bounds(x - _MARKER, y - _MARKER, 2 * _MARKER, 2 * _MARKER)
        for x, y in places.values()
    ]
    for point in sorted(points, key=lambda p: (-p.score, p.size, p.name)):
        to_left = axes.transAxes.inverted().transform(places[point])[0] > 0.7
        label = axes.annotate(
            point.name,
            (point.size, point.score),
            xytext=(-8 if to_left else 8, -3),
            textcoords="offset points",
            ha="right" if to_left else "left",
            color=_INK,
        )
        box = label.get_window_extent()
        moved = 0.0
        while any(box.overlaps(other) for other in taken) and moved < 200:
            moved += _GAP
            box = box.translated(0, -_GAP)
        taken.append(box)
        x, y = label.get_position()
        offset = y - moved * 72 / figure.dpi
        label.set_position((x, offset))
        if moved > _LINE_HEIGHT / 2:
            axes.annotate(
                "",
                (point.size, point.score),
                xytext=(x, offset + _LINE_HEIGHT / 3),
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "color": _MUTED, "linewidth": 0.5},
            )


def plot_errors(series: Sequence[ErrorSeries], *, key: str) -> str:
    """The error of each layer, in the order in which they run, a line for each model."""

    def draw(axes: Axes) -> None:
        for line in series:
            axes.plot(
                [place for place, _ in line.errors],
                [error for _, error in line.errors],
                f"-{MARKERS[line.slot % len(MARKERS)]}",
                color=_slot_color(line.slot),
                label=line.name,
                linewidth=1.2,
                markersize=3.5,
            )
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{100 * error:g}{SPACE}%"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.set_xlabel("op, in the order in which they run")
        axes.set_ylabel("error of its result")
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=8, handlelength=1.6
        )

    return _to_svg(draw, key)


def _to_svg(draw: Any, key: str) -> str:
    """`key` is the plot's alone on its page."""
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": key}):
        figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
        draw(figure.subplots())
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata=_METADATA)
    return _adapt(buffer.getvalue(), key)


def _adapt(svg: str, key: str) -> str:
    """An SVG file as a part of a page."""
    svg = re.sub(r"<style.*?</style>", "", svg[svg.index("<svg ") :], flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]+;? ?", "", svg)
    for color, variable in _VARIABLES.items():
        svg = svg.replace(color, f"var(--{variable})")
    svg = re.sub(r"#0500([0-9a-f]{2})", lambda match: f"var(--slot-{int(match[1], 16)})", svg)
    # It is as wide as the page lets it be, and read by its title, which the page gives.
    svg = re.sub(
        r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', r'<svg \1 aria-hidden="true">', svg, count=1
    )
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    return re.sub(
        r' id="([^"]+)"',
        lambda match: f' id="{key}-{match[1]}"' if match[1] in used else "",
        re.sub(r'(url\(#|href="#)', rf"\g<1>{key}-", svg),
    )
