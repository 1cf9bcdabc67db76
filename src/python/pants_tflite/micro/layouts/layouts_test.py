# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What every build system finds at its places."""

from __future__ import annotations

import re

import pytest
import yaml  # pants: no-infer-dep

from pants_tflite.micro.layouts.catalog import CATALOG
from pants_tflite.micro.layouts.layout import Layout
from pants_tflite.micro.target_types import LAYOUTS
from pants_tflite.micro.testing_libraries import library_files


def _lay_out(name: str, version: str = "1.2.3") -> Layout:
    return CATALOG[name](library_files(version))


def test_every_value_of_the_field_is_a_layout() -> None:
    assert sorted(CATALOG) == sorted(LAYOUTS)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_file_has_a_place_of_its_own(name: str) -> None:
    files, layout = library_files(), _lay_out(name)
    places = list(layout.places.values())
    assert len({*places, *layout.texts}) == len(places) + len(layout.texts)
    left_out = set(files.all_cpp) - set(layout.places)
    # The build system has its own program around the self-test.
    assert left_out == (set() if name == "cmake" else {"self_test/main.cc"})


@pytest.mark.parametrize("name", ["cmake", "zephyr", "esp_idf"])
def test_cmake_files_name_every_source(name: str) -> None:
    layout = _lay_out(name)
    named = re.findall(r"[\w/]+\.cc\b", layout.texts["CMakeLists.txt"])
    assert sorted(named) == sorted(p for p in layout.places.values() if p.endswith(".cc"))


def test_cmake_knows_no_prereleases() -> None:
    assert (
        "project(pet_mcu VERSION 1.2.3 " in _lay_out("cmake", "1.2.3-rc.1").texts["CMakeLists.txt"]
    )


def test_arduino_library_specification() -> None:
    layout = _lay_out("arduino")
    lines = layout.texts["library.properties"].splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    assert len(properties) == len(lines)
    required = "name version author maintainer sentence paragraph category url architectures"
    assert set(required.split()) <= set(properties) and all(properties.values())
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9 _.\-]{0,62}", properties["name"])
    assert properties["version"] == "1.2.3"
    assert properties["category"] in ("Data Processing", "Other")
    # What a sketch includes stands at the top of `src`.
    assert f"src/{properties['includes']}" in layout.places.values()
    sources = [place for place in layout.places.values() if not place.endswith(".h")]
    assert all(place.endswith(".cpp") for place in sources)
    assert all(re.match("src/|examples/SelfTest/", place) for place in layout.places.values())
    assert "examples/SelfTest/SelfTest.ino" in layout.texts


def test_zephyr_module() -> None:
    texts = _lay_out("zephyr").texts
    module = yaml.safe_load(texts["zephyr/module.yml"])
    assert module == {"name": "pet_mcu", "build": {"cmake": ".", "kconfig": "Kconfig"}}
    assert re.findall("^config (.*)$", texts["Kconfig"], re.MULTILINE) == [
        "PET_MCU",
        "PET_MCU_SELF_TEST",
    ]
    assert set(re.findall(r"CONFIG_(\w+)\)", texts["CMakeLists.txt"])) == {
        "PET_MCU",
        "PET_MCU_SELF_TEST",
    }


def test_esp_idf_component() -> None:
    texts = _lay_out("esp_idf", "1.2.3-rc.1").texts
    component = yaml.safe_load(texts["idf_component.yml"])
    assert component["version"] == "1.2.3-rc.1"
    assert component["dependencies"]["espressif/esp-tflite-micro"]["require"] == "public"
    assert "idf_component_register(SRCS ${sources}" in texts["CMakeLists.txt"]
    assert "config PET_MCU_SELF_TEST" in texts["Kconfig"]
