# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import importlib.resources

from pants.engine.addresses import Address

from pants_tflite.errors import Mistake
from pants_tflite.reporting.names import in_short, variant_names
from pants_tflite.reporting.templates import template_files


def named(*addresses: Address) -> list[str]:
    names = variant_names(addresses)
    return [names[address] for address in addresses]


def of(name: str, folder: str = "m", **parameters: str) -> Address:
    return Address(folder, target_name=name, parameters=parameters)


def test_a_variant_is_named_by_what_tells_it_from_others() -> None:
    assert named(of("tflite", quantization="int8"), of("float32")) == ["int8", "float32"]
    assert named(of("a", quantization="int8", signatures="x")) == [
        "quantization=int8, signatures=x"
    ]


def test_no_two_variants_have_one_name() -> None:
    assert named(of("a", quantization="int8"), of("b", quantization="int8")) == ["a@int8", "b@int8"]
    assert named(of("a", "m"), of("a", "n")) == ["m:a", "n:a"]


def test_an_error_in_short_has_no_fix() -> None:
    error = Mistake("it is wrong", fix="Make it right.", field="f", value="v").at(of("a"))
    assert in_short(error) == "m:a, field `f` = 'v': it is wrong."


def test_the_program_gets_all_its_templates() -> None:
    package = importlib.resources.files("pants_tflite.sandbox.reporting")
    names = sorted(file.name for file in (package / "templates").iterdir())
    files = template_files()
    assert "index.html.jinja" in names and len(files) == len(names)
    folder = "__programs__/pants_tflite/sandbox/reporting/templates"
    assert [file.path for file in files] == [f"{folder}/{name}" for name in names]
