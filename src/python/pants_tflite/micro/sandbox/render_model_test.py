# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A model and its golden vectors as C++ arrays, read back by a compiler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pants_tflite.micro.sandbox.render_model import float_literal, integer_literal, main
from pants_tflite.micro.sandbox.render_model_protocol import RenderRequest
from pants_tflite.sandbox.samples.npz_files import write_npz
from pants_tflite.sandbox.testing import small_models as testing_models
from pants_tflite.sandbox.tflite.model_reader import parse_model

_MODEL_HEADER = """\
#include <cstddef>
struct TensorInfo { int unused; };
namespace lib { namespace net {
constexpr std::size_t kModelSize = %d;
constexpr std::size_t kArenaSize = 16;
constexpr TensorInfo kInputs[1] = {}, kOutputs[1] = {};
extern const unsigned char kModel[];
extern const int kResourceVariables;
} }
"""
_GOLDEN_HEADER = """\
#include "lib/net_model.h"
struct GoldenTensor { const TensorInfo* info; const void* values; float step; };
struct GoldenModel {
  const char* name;
  const unsigned char* model;
  std::size_t arena_size;
  int resource_variables, calls;
  const GoldenTensor* inputs;
  int input_count;
  const GoldenTensor* outputs;
  int output_count;
};
namespace lib { namespace net { extern const GoldenModel kGolden; } }
"""
# Writes the model, then how many calls there are, and the bytes of input and output.
_PROGRAM = """\
#include "golden.h"
#include <cstdio>
int main(int, char**) {
  using namespace lib::net;
  std::fwrite(kModel, 1, kModelSize, stdout);
  std::fputc(kGolden.calls, stdout);
  std::fputc(kResourceVariables, stdout);
  if (kGolden.calls > 0) {
    std::fwrite(kGolden.inputs[0].values, 1, INPUT_BYTES, stdout);
    std::fwrite(kGolden.outputs[0].values, 1, OUTPUT_BYTES, stdout);
  }
}
"""


def _render(
    folder: Path, model: bytes, golden: tuple[dict[str, Any], dict[str, Any]] | None
) -> None:
    Path("model.tflite").write_bytes(model)
    for path, arrays in zip(("in.npz", "out.npz"), golden or ()):
        write_npz(Path(path), arrays)
    main(
        RenderRequest(
            library="lib",
            name="net",
            model="model.tflite",
            golden_input="in.npz" if golden else None,
            golden_output="out.npz" if golden else None,
        )
    )


def _compiled_output(
    folder: Path, model: bytes, input_bytes: int = 0, output_bytes: int = 0
) -> bytes:
    files = {
        "lib/net_model.h": _MODEL_HEADER % len(model),
        "golden.h": _GOLDEN_HEADER,
        "main.cc": _PROGRAM,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("#pragma once\n" + text if name.endswith(".h") else text)
    command = [
        *("g++", "-std=c++14", "-Wall", "-Wextra", "-Werror", "-I.", "main.cc", "-o", "program"),
        *("out/src/net_model.cc", "out/self_test/net_golden.cc"),
        *(f"-DINPUT_BYTES={input_bytes}", f"-DOUTPUT_BYTES={output_bytes}"),
    ]
    subprocess.run(command, cwd=folder, check=True)
    return subprocess.run([str(folder / "program")], stdout=subprocess.PIPE, check=True).stdout


needs_compiler = pytest.mark.skipif(
    shutil.which("g++") is None, reason="there is no g++ (Debian: g++)"
)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@needs_compiler
def test_the_compiler_reads_the_same_bytes(tmp_path: Path) -> None:
    model = testing_models.quantized_linear_model(io_type="int8")
    x = np.array([[[-128]], [[5]], [[127]]], np.int8)
    y = np.array([[[1]], [[0]], [[-1]]], np.int8)
    _render(tmp_path, model, ({"serving_default/x": x}, {"serving_default/y": y}))
    output = _compiled_output(tmp_path, model, x.nbytes, y.nbytes)
    assert output == model + bytes([3, 0]) + x.tobytes() + y.tobytes()


@needs_compiler
def test_floats_are_the_same_to_the_last_bit(tmp_path: Path) -> None:
    model = testing_models.linear_model(features=7)
    values = [0.1, -0.0, np.inf, -np.inf, 3.4028235e38, 1e-45, 16777217.0]
    x = np.array([[values]], np.float32)
    y = np.array([[[np.nan]]], np.float32)
    _render(tmp_path, model, ({"serving_default/x": x}, {"serving_default/y": y}))
    output = _compiled_output(tmp_path, model, x.nbytes, y.nbytes)
    assert output.startswith(model + bytes([1, 0]) + x.tobytes())
    assert np.isnan(np.frombuffer(output[-4:], np.float32)[0])


@needs_compiler
@pytest.mark.parametrize("batch", [None, 3])
def test_without_vectors_that_fit_there_are_no_calls(tmp_path: Path, batch: int | None) -> None:
    model = testing_models.linear_model()
    golden = None
    if batch is not None:
        rows = np.zeros((1, batch, 1), np.float32)
        golden = ({"serving_default/x": rows}, {"serving_default/y": rows})
    _render(tmp_path, model, golden)
    assert _compiled_output(tmp_path, model) == model + bytes([0, 0])


def test_floats_that_were_quantized_have_steps(tmp_path: Path) -> None:
    model = testing_models.quantized_linear_model(io_type="float32")
    x, y = np.zeros((1, 1, 1), np.float32), np.zeros((1, 1, 1), np.float32)
    _render(tmp_path, model, ({"serving_default/x": x}, {"serving_default/y": y}))
    graph = parse_model(model).subgraphs[0]
    last = next(op for op in graph.ops if op.code.name == "DEQUANTIZE")
    quantization = graph.tensors[last.inputs[0]].quantization
    assert quantization is not None
    step = float_literal(np.float32(quantization.scales[0]))
    text = Path("out/self_test/net_golden.cc").read_text()
    assert "{&kInputs[0], kInput0, 0" in text
    assert f"{{&kOutputs[0], kOutput0, {step}}}" in text


def test_large_inputs_are_in_fewer_calls(tmp_path: Path) -> None:
    features = 10_000
    model = testing_models.linear_model(features=features)
    x, y = np.zeros((4, 1, features), np.float32), np.zeros((4, 1, 1), np.float32)
    _render(tmp_path, model, ({"serving_default/x": x}, {"serving_default/y": y}))
    assert "\n    1,\n    kGoldenInputs,\n" in Path("out/self_test/net_golden.cc").read_text()


def test_the_same_model_gives_the_same_text(tmp_path: Path) -> None:
    model = testing_models.linear_model()
    texts = []
    for _ in range(2):
        _render(tmp_path, model, None)
        texts.append([path.read_bytes() for path in sorted(Path("out").rglob("*.cc"))])
    assert texts[0] == texts[1] and len(texts[0]) == 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, "5"),
        (-(2**31), "-2147483648LL"),
        (2**40, "1099511627776LL"),
        (-(2**63), "std::numeric_limits<std::int64_t>::min()"),
    ],
)
def test_integers(value: int, expected: str) -> None:
    assert integer_literal(value) == expected


def test_floats_are_written_short() -> None:
    assert float_literal(np.float32(0.1)) == "0.1f"
