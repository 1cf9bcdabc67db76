# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Budgets for what may get worse from one report to another, as options say them."""

from __future__ import annotations

import re
from typing import Optional

from pants_tflite.errors import TfLiteError
from pants_tflite.sandbox.reporting.changes import Budgets
from pants_tflite.sizes import SIZE_HELP, parse_size

_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?%", re.ASCII)


def parse_budgets(
    *, growth: Optional[str], score_drop: Optional[float], slowdown: Optional[str]
) -> Budgets:
    """The options `max_growth`, `max_score_drop` and `max_slowdown`; raises if one is malformed."""
    growth_share = _share(growth)
    growth_bytes = None if growth is None or growth_share is not None else parse_size(growth)
    if growth is not None and growth_share is None and growth_bytes is None:
        raise _mistake("max_growth", growth, f'a share, as in "5%", or a size: {SIZE_HELP}')
    slowdown_share = _share(slowdown)
    if slowdown is not None and slowdown_share is None:
        raise _mistake("max_slowdown", slowdown, 'a share, as in "20%"')
    if score_drop is not None and not 0 <= score_drop < float("inf"):
        raise _mistake("max_score_drop", str(score_drop), "a number from 0 on, as in `0.01`")
    return Budgets(
        growth=growth_bytes,
        growth_share=growth_share,
        score_drop=score_drop,
        slowdown_share=slowdown_share,
    )


def _share(text: Optional[str]) -> Optional[float]:
    match = _PERCENT.fullmatch(text or "")
    return float(match[1]) / 100 if match else None


def _mistake(option: str, value: str, expected: str) -> TfLiteError:
    return TfLiteError(
        f"[tflite-report].{option} = {value!r}: that is not a budget.\n\nFix: Give {expected}."
    )
