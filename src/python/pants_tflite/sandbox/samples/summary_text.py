# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The summary of a dataset as lines of text."""

from __future__ import annotations

from typing import Iterable, Iterator, Sequence

from pants_tflite.sandbox.samples.dataset_summary import (
    ArraySummary,
    Bar,
    DatasetSummary,
    Repeated,
    SharedSamples,
)

_LONGEST_BAR = 40
_EXAMPLES = 3


def summary_text(
    name: str, summary: DatasetSummary, shared: Iterable[SharedSamples], labels: Sequence[str]
) -> str:
    """What is in the dataset `name`. `labels` are the names of classes by their numbers, if any."""
    kind = "sequence of calls" if summary.sequence else "sample"
    lines = [f"{name}: {_several(summary.count, kind)}"]
    lines += [_array_line(f"input {each.name}", each) for each in summary.inputs]
    if summary.label is not None:
        # The mean of class numbers says nothing.
        is_class = not summary.label.dtype.startswith("float")
        lines.append(_array_line("label", summary.label, with_mean=not is_class))
    if summary.histogram:
        lines += ["", *_histogram_lines(summary.histogram, labels), ""]
    lines += _repeated_lines(summary.repeated)
    lines += [_shared_line(each) for each in shared]
    return "\n".join(lines)


def _several(count: int, noun: str) -> str:
    first, _, rest = noun.partition(" ")
    return f"{count:,} {first}{'s' * (count != 1)}{' ' + rest if rest else ''}"


def _array_line(title: str, array: ArraySummary, *, with_mean: bool = True) -> str:
    line = f"{title}: {array.dtype} {list(array.shape)}"
    if array.low is None or array.high is None:
        return line
    if array.low == array.high:
        return f"{line}, always {array.low:g}"
    line = f"{line}, {array.low:g} to {array.high:g}"
    if not with_mean:
        return line
    return f"{line}, mean {array.mean:.4g}, standard deviation {array.deviation:.4g}"


def _histogram_lines(bars: Sequence[Bar], labels: Sequence[str]) -> Iterator[str]:
    names = [
        labels[int(bar.name)] if bar.name.isdecimal() and int(bar.name) < len(labels) else bar.name
        for bar in bars
    ]
    width, most = max(map(len, names)), max(bar.count for bar in bars)
    total = sum(bar.count for bar in bars)
    for name, bar in zip(names, bars):
        length = round(_LONGEST_BAR * bar.count / most)
        line = f"  {name:<{width}}  {bar.count:>7,}  {bar.count / total:>6.1%}  {'#' * length}"
        yield line.rstrip()


def _repeated_lines(groups: Sequence[Repeated]) -> Iterator[str]:
    if not groups:
        yield "no sample is there twice"
        return
    count = sum(len(group.samples) for group in groups)
    examples = "; ".join(", ".join(map(str, group.samples[:6])) for group in groups[:_EXAMPLES])
    yield f"{count:,} samples are there more than once: {examples}{_and_more(len(groups))}"
    differing = [group for group in groups if group.labels_differ]
    if differing:
        examples = "; ".join(
            ", ".join(map(str, group.samples[:6])) for group in differing[:_EXAMPLES]
        )
        yield f"the same sample has different labels: {examples}{_and_more(len(differing))}"


def _and_more(count: int) -> str:
    return f", and {count - _EXAMPLES:,} more" if count > _EXAMPLES else ""


def _shared_line(shared: SharedSamples) -> str:
    other = f"{shared.name} ({_several(shared.count, 'sample')})"
    count = len(shared.pairs)
    if not count:
        return f"no sample is in {other} too"
    examples = _pairs_text(shared.pairs)
    line = f"{_several(count, 'sample')} {'is' if count == 1 else 'are'} in {other} too: {examples}"
    if shared.labels_differ:
        line += f"\n  with another label there: {_pairs_text(shared.labels_differ)}"
    return line


def _pairs_text(pairs: Sequence[tuple[int, int]]) -> str:
    texts = [f"{here} is its {there}" for here, there in pairs[:_EXAMPLES]]
    return ", ".join(texts) + _and_more(len(pairs))
