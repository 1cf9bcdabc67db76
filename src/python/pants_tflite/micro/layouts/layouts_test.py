# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What every build system finds at its places."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest
import yaml  # pants: no-infer-dep
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.micro.layouts.catalog import CATALOG
from pants_tflite.micro.layouts.layout import Layout
from pants_tflite.micro.layouts.placement import check_layout
from pants_tflite.micro.publishing import Dependency, Publishing
from pants_tflite.micro.target_types import LAYOUTS, MicroLayoutField
from pants_tflite.micro.testing_libraries import files_with_kernels, library_files


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


@pytest.mark.parametrize("name", ["cmake", "pico_sdk", "zephyr", "esp_idf"])
def test_cmake_files_name_every_source(name: str) -> None:
    layout = _lay_out(name)
    named = re.findall(r"[\w/]+\.cc\b", layout.texts["CMakeLists.txt"])
    places = (*layout.places.values(), *layout.texts)
    assert sorted(named) == sorted(place for place in places if place.endswith(".cc"))


@pytest.mark.parametrize("name", ["cmake", "pico_sdk", "zephyr", "esp_idf"])
def test_cmake_files_tell_how_kernels_are_compiled(name: str) -> None:
    text = CATALOG[name](files_with_kernels("TERMS=7", 'TEXT="a;b"')).texts["CMakeLists.txt"]
    sources = list(files_with_kernels().kernel_sources)
    listed, block = re.split(r"set_source_files_properties\(", text)
    for part in (listed, block.partition("PROPERTIES")[0]):
        assert re.findall(r"src/kernels/[\w/]+\.cc?\b", part) == sources
    assert 'INCLUDE_DIRECTORIES "${CMAKE_CURRENT_SOURCE_DIR}/src/kernels"' in block
    assert r'COMPILE_DEFINITIONS [==[TERMS=7;TEXT="a\;b"]==])' in block
    assert "COMPILE_DEFINITIONS" not in CATALOG[name](files_with_kernels()).texts["CMakeLists.txt"]
    assert "kernels" not in _lay_out(name).texts["CMakeLists.txt"]


def test_an_arduino_library_finds_what_kernels_include_below_src() -> None:
    places = CATALOG["arduino"](files_with_kernels()).places
    assert {path: places[path] for path in places if "/kernels/" in path} == {
        "src/kernels/ops/math.h": "src/ops/math.h",
        "src/kernels/ops/bark.cc": "src/ops/bark.cpp",
        "src/kernels/ops/math.c": "src/ops/math.c",
    }


@pytest.mark.parametrize(
    ("layout", "sources", "defines", "expected"),
    [
        ("arduino", ("src/kernels/a.cc",), ("TERMS=7",), "defines TERMS=7, and an Arduino library"),
        (
            "arduino",
            ("src/kernels/op_resolver.cpp",),
            (),
            "`src/kernels/op_resolver.cpp` and `src/op_resolver.cc` of the library both go to",
        ),
        ("arduino", ("src/kernels/a.cc", "src/kernels/a.cpp"), (), "both go to `src/a.cpp`"),
        ("cmake", ("src/kernels/a.cc", "src/kernels/a.cpp"), ("TERMS=7",), None),
    ],
)
def test_what_a_layout_cannot_carry(
    layout: str, sources: tuple[str, ...], defines: tuple[str, ...], expected: str | None
) -> None:
    files = dataclasses.replace(library_files(), kernel_sources=sources, kernel_defines=defines)
    address = Address("m", target_name="mcu")
    if expected is None:
        check_layout(MicroLayoutField(layout, address), files, CATALOG[layout](files))
        return
    with pytest.raises(TfLiteError) as error:
        check_layout(MicroLayoutField(layout, address), files, CATALOG[layout](files))
    assert f"m:mcu, field `layout` = '{layout}': " in str(error.value)
    assert expected in str(error.value)


def test_cmake_knows_no_prereleases() -> None:
    assert (
        "project(pet_mcu VERSION 1.2.3 " in _lay_out("cmake", "1.2.3-rc.1").texts["CMakeLists.txt"]
    )


def test_platformio_library() -> None:
    publishing = Publishing(
        author="Jane Doe <jane@example.org>",
        maintainer="Example Inc.",
        url="https://example.org/pets",
        depends=(Dependency("tflm", owner="me", constraint="^1.0"), Dependency("other")),
    )
    files = dataclasses.replace(files_with_kernels("TERMS=7", "TEXT=a b"), publishing=publishing)
    layout = CATALOG["platformio"](files)
    manifest = json.loads(layout.texts["library.json"])
    assert (manifest["name"], manifest["version"]) == ("pet_mcu", "1.2.3")
    assert manifest["authors"] == [
        {"name": "Jane Doe", "email": "jane@example.org"},
        {"name": "Example Inc.", "maintainer": True},
    ]
    assert manifest["homepage"] == "https://example.org/pets"
    assert manifest["dependencies"] == [
        {"owner": "me", "name": "tflm", "version": "^1.0"},
        {"name": "other"},
    ]
    build = manifest["build"]
    assert build["flags"] == ["-Isrc/kernels", "-DTERMS=7", "'-DTEXT=a b'"]
    assert f"{build['includeDir']}/{manifest['headers']}" in layout.places.values()
    # All sources below `srcDir` are compiled, and no others.
    sources = [place for place in layout.places.values() if not place.endswith(".h")]
    assert all(place.startswith((f"{build['srcDir']}/", "examples/")) for place in sources)
    (example,) = manifest["examples"]
    places = {*layout.places.values(), *layout.texts}
    listed = {f"{example['base']}/{file}" for file in example["files"]}
    assert listed == {place for place in places if place.startswith("examples/")}
    assert "examples/self_test/platformio.ini" in listed


def test_platformio_names_one_author_once() -> None:
    manifest = json.loads(_lay_out("platformio").texts["library.json"])
    assert manifest["authors"] == [{"name": "pants-tflite", "maintainer": True}]
    assert "dependencies" not in manifest and "flags" not in manifest["build"]


def test_pico_sdk_library() -> None:
    text = _lay_out("pico_sdk").texts["CMakeLists.txt"]
    assert "if(NOT COMMAND pico_add_extra_outputs)" in text
    assert "set(TFLM_TARGET pico-tflmicro)" in text
    assert "stdio_init_all();" in _lay_out("pico_sdk").texts["self_test/main.cc"]


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
