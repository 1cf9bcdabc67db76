# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""All layouts, by what the field `layout` calls them."""

from __future__ import annotations

from typing import Callable, Mapping

from pants_tflite.micro.layouts import arduino, cmake, esp_idf, pico_sdk, platformio, zephyr
from pants_tflite.micro.layouts.layout import Layout, LibraryFiles

CATALOG: Mapping[str, Callable[[LibraryFiles], Layout]] = {
    "arduino": arduino.lay_out,
    "cmake": cmake.lay_out,
    "esp_idf": esp_idf.lay_out,
    "pico_sdk": pico_sdk.lay_out,
    "platformio": platformio.lay_out,
    "zephyr": zephyr.lay_out,
}
