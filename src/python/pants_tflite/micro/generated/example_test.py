# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The README's code for every kind of library: its text, and that a compiler takes it."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.micro.generated.example import render_example
from pants_tflite.micro.generated.library import Library, LibraryTensor
from pants_tflite.micro.generated.rendering import render_library
from pants_tflite.micro.testing_libraries import library, library_with_kernels

TREE = os.environ.get("PANTS_TFLITE_TFLM_TREE")
_TREE_FOLDERS = ("", "third_party/flatbuffers/include", "third_party/gemmlowp", "third_party/ruy")
_WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wpedantic", "-Wshadow", "-Wconversion")


def _one(**changes: object) -> Library:
    """A library of one model, with these of its fields changed."""
    made = library()
    return dataclasses.replace(
        made, models=(dataclasses.replace(made.models[0], **changes),)  # type: ignore[arg-type]
    )


def _tensors(*dtypes: str) -> tuple[LibraryTensor, ...]:
    return tuple(
        LibraryTensor(f"x{i}\n", dtype, (1, 4), 0.5 if dtype in ("int8", "int16") else None, 0)
        for i, dtype in enumerate(dtypes)
    )


_OTHERS = _tensors("int8", "int16", "float32", "bool", "int32", "int64", "uint8", "uint32")
KINDS = {
    "plain": _one(),
    "several inputs": _one(inputs=_OTHERS, outputs=_OTHERS),
    "stateful": _one(has_variables=True, keeps_state=True),
    "with a custom op": dataclasses.replace(
        library_with_kernels(), models=library_with_kernels().models[1:]
    ),
    "several models": library(),
    "several models with variables": dataclasses.replace(
        library(),
        models=tuple(
            dataclasses.replace(model, has_variables=True, keeps_state=True)
            for model in library().models
        ),
    ),
}


def test_an_interpreter_is_set_up_once() -> None:
    code = render_example(KINDS["plain"])
    set_up, run = code.split("TfLiteStatus RunModel(const float* input_0, float* output_0) {")
    assert "pet_mcu::Storage<tflite::MicroInterpreter> interpreter;\n" in set_up
    assert "AllocateTensors" in set_up and "AllocateTensors" not in run
    assert "to_0[i] = pet_mcu::Quantize<std::int8_t>(input_0[i], pet_mcu::cats::kInputs[0]);" in run
    assert "memcpy(output_0, interpreter->output(0)->data.raw, pet_mcu::cats::kOutputs[0]" in run
    assert "MicroAllocator" not in code and "Another call" not in code


def test_variables_have_room_and_a_way_back() -> None:
    code = render_example(KINDS["stateful"])
    assert "pet_mcu::cats::kResourceVariables);" in code
    assert re.search(r"\*op_resolver, allocator,\s+variables\);", code)
    assert (
        "// Another call starts afresh: what the model keeps from run to run is as it was" in code
    )
    # The old interpreter ends before its arena is another's.
    assert code.index("interpreter.Clear();") < code.index("MicroAllocator::Create")


def test_models_share_an_arena_and_are_set_up_in_the_order_that_was_measured() -> None:
    code = render_example(KINDS["several models"])
    assert "pet_mcu::Arena<pet_mcu::kSharedArenaSize> tensor_arena;" in code
    assert re.findall(r"(\w+)_interpreter->AllocateTensors", code) == ["cats", "dogs"]
    assert re.findall(r"^TfLiteStatus (\w+)\(", code, re.MULTILINE) == [
        "SetUpModels",
        "RunCats",
        "RunDogs",
    ]


def test_two_models_never_have_one_function() -> None:
    made = library()
    a1, a_1 = (dataclasses.replace(made.models[0], name=name) for name in ("a1", "a_1"))
    code = render_example(dataclasses.replace(made, models=(a1, a_1)))
    assert re.findall(r"^TfLiteStatus (Run\w+)\(", code, re.MULTILINE) == ["RunA1", "Run_a_1"]


@pytest.mark.skipif(TREE is None, reason="PANTS_TFLITE_TFLM_TREE names no TFLite Micro tree")
@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++ (Debian: g++)")
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_compiler_takes_it(tmp_path: Path, kind: str) -> None:
    for path, text in render_library(KINDS[kind]):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "example.cc").write_text(render_example(KINDS[kind]))
    # With exceptions and run-time types, as an application may have them.
    command = ["g++", "-std=c++17", "-fsyntax-only", "-DTF_LITE_STATIC_MEMORY", *_WARNINGS]
    command += [f"-isystem{TREE}/{folder}" for folder in _TREE_FOLDERS]
    done = subprocess.run(
        [*command, "-Iinclude", "example.cc"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
