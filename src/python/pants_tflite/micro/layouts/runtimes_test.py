# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the runtime of each layout is said to lack, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml  # pants: no-infer-dep

from pants_tflite.micro.layouts import esp_idf, zephyr
from pants_tflite.micro.layouts.runtimes import runtime_note, runtime_of, runtime_warning
from pants_tflite.micro.testing_libraries import library_files
from pants_tflite.micro.tflm.op_names import BUILTIN_METHODS, CUSTOM_METHODS

_OLD = ("AddConv2D", "AddSoftmax")


def test_the_table_speaks_of_methods_that_there_are() -> None:
    methods = {*BUILTIN_METHODS.values(), *CUSTOM_METHODS.values()}
    for layout in ("esp_idf", "pico_sdk", "zephyr"):
        runtime = runtime_of(layout)
        assert runtime is not None and runtime.versions
        for version in runtime.versions:
            assert version.lacks < methods
        dates = [version.date for version in runtime.versions]
        assert dates == sorted(dates)
    assert [runtime_of(layout) for layout in ("arduino", "cmake", "platformio")] == [None] * 3


@pytest.mark.parametrize("layout", ["zephyr", "pico_sdk"])
def test_an_op_that_no_version_has_is_named(layout: str) -> None:
    warning = runtime_warning(layout, (*_OLD, "AddReverseV2")) or ""
    runtime = runtime_of(layout)
    assert runtime is not None
    assert warning.startswith(f"{runtime.name} lacks `REVERSE_V2`, as of its version ")
    assert "\n\nFix: use a newer TFLite Micro" in warning
    assert "`REVERSE_V2`" in runtime_note(layout, ("AddReverseV2",))
    described = runtime.describe(("AddReverseV2",))
    assert (described.version, described.missing_ops) == (None, ("REVERSE_V2",))


@pytest.mark.parametrize("layout", ["cmake", "esp_idf", "pico_sdk", "zephyr"])
def test_old_ops_need_no_warning(layout: str) -> None:
    assert runtime_warning(layout, _OLD) is None
    assert "lacks" not in runtime_note(layout, _OLD)


@pytest.mark.parametrize(
    ("methods", "version"),
    [
        (_OLD, "^1.3.1"),
        (("AddReverseV2",), "^1.3.4"),
        (("AddDynamicUpdateSlice", "AddReverseV2"), "^1.3.5"),
        (("AddReduceAll",), "^1.3.7"),
    ],
)
def test_a_component_asks_for_a_version_that_has_its_ops(
    methods: tuple[str, ...], version: str
) -> None:
    layout = esp_idf.lay_out(replace(library_files(), methods=methods))
    component = yaml.safe_load(layout.texts["idf_component.yml"])
    assert component["dependencies"]["espressif/esp-tflite-micro"]["version"] == version
    assert "url" not in component
    says = f"came to `espressif/esp-tflite-micro` with version {version[1:]}: older ones"
    assert (says in layout.how_to_link) == (methods != _OLD)


def test_the_readme_says_what_zephyr_lacks() -> None:
    files = replace(library_files(), methods=("AddReduceAll",))
    assert "lacks `REDUCE_ALL`" in zephyr.lay_out(files).how_to_link
