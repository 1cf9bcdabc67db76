# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import json

from pants_tflite.reporting.timings import timing_files
from pants_tflite.sandbox.reporting.changes_protocol import Change, Changes
from pants_tflite.sandbox.reporting.timings_protocol import ModelTimes, Timings

EVIL = "m:</script><script>alert(1)</script>"
TIMINGS = Timings((ModelTimes(EVIL, 0.5, 1.5, {"0.1": 0.25}, None),))


def script(changes: Changes) -> dict:
    file, script = timing_files(TIMINGS, changes)
    assert (file.path, script.path) == ("timings.json", "timings.js")
    assert Timings.parse(file.content) == TIMINGS
    name, _, data = script.content.decode("ascii").partition(" = ")
    assert name == "window.tfliteTimings" and data.endswith(";\n")
    return json.loads(data[:-2])


def test_the_script_has_the_times_and_what_became_slower() -> None:
    slower = Change(EVIL, "latency ratio", "ratio", 1.0, 1.5, True, "slowed by 50 %")
    larger = Change(EVIL, "size", "bytes", 1.0, 2.0, True, None)
    found = script(Changes((slower, larger), (), (), 0))
    assert found["models"][0]["ops"] == {"0.1": 0.25}
    change = "▲ worse +0.50× (+50.0\xa0%), over budget: slowed by 50 %"
    assert found["changes"] == [[EVIL, "latency ratio", "1.00×", "1.50×", change]]
