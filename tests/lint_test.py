# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants lint` of models: what it finds, and that what it suggests instead converts, runs and is clean."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest
import tensorflow as tf

from tests.workspace import Workspace, repository_files

HERE = Path(__file__).parent
LINT = ("lint", "--only=tflite-portability")
# Examples that are quickly drafted before their training.
EXAMPLES = ("digits", "linear", "sine")
WEIGHTS = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
KERNEL = np.random.default_rng(1).normal(size=(3, 3, 1, 2)).astype("float32")


def resized(image: Any) -> Any:
    return tf.nn.conv2d(tf.image.resize(image, [8, 8]), KERNEL, 1, "SAME")


def enlarged(image: Any) -> Any:
    return tf.image.resize(tf.nn.conv2d(image, KERNEL, 1, "SAME"), [16, 16])


def recurrent(steps: Any) -> Any:
    def step(index: Any, state: Any) -> Any:
        return index + 1, tf.tanh(state + steps[:, index] @ WEIGHTS)

    start = (tf.constant(0), tf.zeros([1, 3]))
    return tf.while_loop(lambda index, _: index < 4, step, start)[1]


def unrolled(steps: Any) -> Any:
    state = tf.zeros([1, 3])
    for index in range(4):
        state = tf.tanh(state + steps[:, index] @ WEIGHTS)
    return state


def suppressed(scores: Any) -> Any:
    boxes = tf.reshape(tf.range(24, dtype=tf.float32), [6, 4])
    return tf.image.non_max_suppression(boxes, tf.reshape(scores, [6]), 2)


def spectrogram(sound: Any) -> Any:
    return tf.abs(tf.signal.rfft(sound))


def dense(x: Any) -> Any:
    return x @ WEIGHTS


# Each check with a model that it finds something in, by its op if there is one, and one that has what it
# suggests in its place.
MODELS: dict[str, tuple[str, Callable[[Any], Any], list[int], Callable[[Any], Any], list[int]]] = {
    "resizing": ("RESIZE_BILINEAR", resized, [1, 12, 12, 1], enlarged, [1, 8, 8, 1]),
    "control-flow": ("WHILE", recurrent, [1, 4, 6], unrolled, [1, 4, 6]),
    "detection": ("NON_MAX_SUPPRESSION_V", suppressed, [1, 6], dense, [1, 6]),
    "signal": ("RFFT2D", spectrogram, [1, 64], dense, [1, 6]),
    "tensor-type": ("RFFT2D", spectrogram, [1, 64], dense, [1, 6]),
    "batch": ("", dense, [4, 6], dense, [1, 6]),
}
BUILD = "".join(
    f'tflite_file(name="{form}_{check}", source="{form}_{check}.tflite")\n'
    for check in MODELS
    for form in ("bad", "good")
)
SIZES_BUILD = """\
tflite_file(name="open", source="open.tflite", skip_verification=["serving_default"])
tflite_micro_library(name="library", models=[":open"])
tflite_file(
    name="ignored",
    source="open.tflite",
    skip_verification=["serving_default"],
    ignore_tflite_portability=["computed-size", "unknown-size"],
)
tflite_file(name="skipped", source="open.tflite", skip_tflite_portability=True)
"""
FLOAT_BUILD = """\
python_sources()
tflite_dataset(name="calibration", entry_point="model.py:calibration")
tflite_dataset(name="validation", entry_point="model.py:validation")
tflite_dataset(name="others", entry_point="model.py:others")
tflite_quantization(name="mixed", mode="int8", float_fallback=True)
[
    tf_saved_model(name=f"{norm}_model", entry_point=f"model.py:{norm}")
    for norm in ("layer", "written")
]
tflite_model(
    name="bad",
    saved_model=":layer_model",
    quantization=":mixed",
    calibration=":calibration",
    verify_dataset=":validation",
)
tflite_model(
    name="good",
    saved_model=":written_model",
    quantization=":mixed",
    calibration=":calibration",
    verify_dataset=":others",
)
"""
FLOAT_MODEL = """\
import keras
import numpy as np


def _model(normalization):
    x = keras.Input((16,), name="x")
    y = normalization(keras.layers.Dense(16)(x))
    return keras.Model(x, keras.layers.Dense(2)(y))


def layer():
    return _model(keras.layers.LayerNormalization(name="norm"))


class Written(keras.layers.Layer):
    def call(self, x):
        d = x - keras.ops.mean(x, -1, keepdims=True)
        return d * keras.ops.rsqrt(keras.ops.mean(d * d, -1, keepdims=True) + 1e-3)


def written():
    return _model(Written(name="norm"))


def _samples(first, last):
    return np.random.default_rng(0).normal(size=(60, 16)).astype("float32")[first:last]


def calibration():
    yield from _samples(0, 20)


def validation():
    yield from _samples(18, 30)


def others():
    yield from _samples(30, 40)
"""
UNTRAINED_BUILD = """\
python_sources()
tf_saved_model(name="saved_model", entry_point="model.py:train", untrained="model.py:build")
tflite_model(name="tflite", saved_model=":saved_model")
"""
UNTRAINED_MODEL = """\
import keras


def build():
    image = keras.Input((12, 12, 1), name="image")
    y = keras.layers.Resizing(
        8, 8, interpolation="bicubic", name="smaller"
    )(image)
    return keras.Model(image, keras.layers.Dense(2)(keras.layers.Flatten()(y)))


def train():
    raise RuntimeError("the training takes a day")
"""


def convert(function: Callable[[Any], Any], shape: list[int]) -> bytes:
    spec = tf.TensorSpec(shape, tf.float32, name="x")
    traced = tf.function(lambda x: {"y": function(x)}, input_signature=[spec], autograph=False)
    concrete = traced.get_concrete_function()
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([concrete], tf.Module()).convert())


def convert_int8(function: Callable[[Any], Any]) -> bytes:
    """A model of a row of six, in integers as far as the converter can."""
    spec = tf.TensorSpec([1, 6], tf.float32, name="x")
    traced = tf.function(lambda x: {"y": function(x)}, input_signature=[spec], autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [traced.get_concrete_function()], tf.Module()
    )
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    samples = np.random.default_rng(2).normal(size=(20, 1, 6)).astype("float32")
    converter.representative_dataset = lambda: [[sample] for sample in samples]
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS_INT8,
        tf.lite.OpsSet.TFLITE_BUILTINS,
    ]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


# Models with an op that Vela leaves to the processor, each with one after what is advised.
NPU_MODELS: dict[str, tuple[str, str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "negative": ("NEG", "`x * -1.0`", lambda x: -dense(x), lambda x: dense(x) * -1.0),
    "square": ("SQUARE", "`x * x`", lambda x: tf.square(dense(x)), lambda x: dense(x) * dense(x)),
    "sum": (
        "CUMSUM",
        "band_part",
        lambda x: tf.cumsum(dense(x), 1),
        lambda x: dense(x) @ tf.linalg.band_part(tf.ones([3, 3]), 0, -1),
    ),
    "choice": (
        "GREATER",
        "outside of the graph",
        lambda x: tf.where(dense(x) > 0.0, dense(x), dense(x) * 0.1),
        dense,
    ),
}


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    files: dict[str, str | bytes] = {
        "ops/BUILD": BUILD,
        "sizes/BUILD": SIZES_BUILD,
        "sizes/open.tflite": (HERE / "any_image.tflite").read_bytes(),
        "float/BUILD": FLOAT_BUILD,
        "float/model.py": FLOAT_MODEL,
        "untrained/BUILD": UNTRAINED_BUILD,
        **repository_files(*(f"models/{name}" for name in EXAMPLES), "models/digits/recipes"),
        # No cache has seen it, so that the steps on it are all run.
        "untrained/model.py": f"{UNTRAINED_MODEL}# {uuid.uuid4()}\n",
    }
    for check, (_, bad, bad_shape, good, good_shape) in MODELS.items():
        files[f"ops/bad_{check}.tflite"] = convert(bad, bad_shape)
        files[f"ops/good_{check}.tflite"] = convert(good, good_shape)
    return new_workspace(files)


def findings(text: str) -> list[str]:
    """The findings in what the linter says, each as its target and check."""
    return re.findall(r"^(\S+:\S+: [a-z-]+): ", text, re.MULTILINE)


def test_all_findings_are_told_at_once_sorted_and_what_they_suggest_is_clean(
    workspace: Workspace,
) -> None:
    text = workspace.fail(*LINT, "ops:")
    found = findings(text)
    assert found == sorted(found)
    for check, (op, *_) in MODELS.items():
        assert f"ops:bad_{check}: {check}" in found
        (line,) = re.findall(rf"^ops:bad_{check}: {check}: .*$", text, re.MULTILINE)
        assert op in line
    assert not [finding for finding in found if ":good_" in finding]
    assert text.count("    Instead: ") == text.count("    Runtime: ") == len(found)
    assert '    Silence: `ignore_tflite_portability=["batch"]` in ops:bad_batch' in text
    assert "`skip_tflite_portability=True`" in text


def test_a_gpu_is_asked_for_its_ops_if_there_is_a_driver(workspace: Workspace) -> None:
    lint = ("lint", "--only=tflite-op-coverage", "--tflite-op-coverage-runtimes=gpu")
    good = workspace.pants(*lint, "ops:good_signal")
    if "gpu was not asked" in good.stderr:
        pytest.skip("there is no Vulkan driver")
    assert good.exit_code == 0, good.stderr
    text = workspace.fail(*lint, "ops:bad_signal")
    assert re.search(r"^ops:bad_signal: RFFT2D: .*: Operation is not supported", text, re.MULTILINE)


def test_the_shape_that_is_suggested_is_taken(workspace: Workspace) -> None:
    text = workspace.fail(*LINT, "sizes:")
    assert findings(text) == ["sizes:open: computed-size", "sizes:open: unknown-size"]
    assert "sizes:library needs to know the memory" in text
    (suggested, *_) = re.findall(r"`(input_shapes=.*?)`", text)
    assert suggested == "input_shapes={'image': [1, None, None, 3]}"
    shapes = suggested.replace("None", "24")
    workspace.write(
        {
            "fixed/BUILD": f'tflite_file(name="fixed", source="open.tflite", {shapes})\n'
            'tflite_micro_library(name="library", models=[":fixed"])\n',
            "fixed/open.tflite": (HERE / "any_image.tflite").read_bytes(),
        }
    )
    workspace.succeed(*LINT, "fixed:")


def test_ops_in_floats_and_samples_that_calibrate_and_verify(workspace: Workspace) -> None:
    text = workspace.fail(*LINT, "float:")
    assert set(findings(text)) == {"float:bad: float-op", "float:bad: shared-samples"}
    assert "NEG in `functional_1/norm_1` computes in floats in a model of int8" in text
    assert "    Code: `norm`, called at float/model.py:7" in text
    assert "2 of the 12 samples of float:validation are in float:calibration too" in text


def test_a_check_that_there_is_not(workspace: Workspace) -> None:
    workspace.write(
        {
            "wrong/BUILD": 'tflite_file(name="m", source="m.tflite", '
            'ignore_tflite_portability=["resize"])\n',
            "wrong/m.tflite": b"",
        }
    )
    text = workspace.fail(*LINT, "wrong:")
    assert "wrong:m, field `ignore_tflite_portability` = 'resize': there is no such check" in text


def test_a_model_that_cannot_be_built_is_a_finding(workspace: Workspace) -> None:
    workspace.write(
        {
            "broken/BUILD": 'tflite_file(name="m", source="m.tflite")\n',
            "broken/m.tflite": b"no model",
        }
    )
    text = workspace.fail(*LINT, "broken:")
    assert "broken:m: build: the model cannot be built: broken:m, field `source`" in text


def test_a_model_is_looked_at_before_its_training_and_if_it_does_not_convert(
    workspace: Workspace,
) -> None:
    run = workspace.pants(*LINT, "untrained:")
    assert run.exit_code == 1
    assert "Draft the model untrained:tflite untrained" in run.steps
    assert not [step for step in run.steps if "Train" in step]
    assert "the training takes a day" not in run.stderr
    assert findings(run.stderr) == ["untrained:tflite: build", "untrained:tflite: resizing"]
    assert "the model resizes pictures: ResizeBicubic in `functional_1/smaller_1" in run.stderr
    assert "    Code: `smaller`, called at untrained/model.py:6" in run.stderr
    # A refusal is an answer that is kept.
    again = workspace.pants(*LINT, "untrained:")
    assert findings(again.stderr) == findings(run.stderr)
    assert not [step for step in again.steps if step.startswith(("Draft", "Export"))]


def test_what_an_npu_leaves_to_the_processor_is_a_note_within_the_budget(
    workspace: Workspace,
) -> None:
    model = "models/digits:tflite@quantization=int8"
    library = f'tflite_micro_library(name="npu", models=["{model}"], npu="ethos-u55-128", '
    lint = ("lint", "--only=tflite-op-coverage", model)
    workspace.write({"npu/BUILD": f"{library} max_cpu_ops=2)\n"})
    notes = workspace.succeed(*lint).stderr
    named = re.findall(r"^\S+: (\w+): note: .* is left to the processor: ", notes, re.MULTILINE)
    assert named == ["DEQUANTIZE", "QUANTIZE"]
    assert "Float32" in notes and "Runtime: ethos-u55-128 (Vela " in notes
    workspace.write({"npu/BUILD": f"{library} max_cpu_ops=1)\n"})
    text = workspace.fail(*lint)
    assert "Vela leaves 2 ops to the processor, of which `max_cpu_ops` allows 1" in text
    assert text.count(": note: ") == 2
    table = workspace.succeed("tflite-ops", "--untrained", "--runtimes=ethos-u55-128", model)
    assert re.search(r"CONV_2D .* yes\b", table.stdout)
    assert re.search(r"DEQUANTIZE .* no\b", table.stdout)
    assert "takes the model; Vela leaves 2 ops to the processor" in table.stdout


def test_what_is_advised_leaves_nothing_to_the_processor(workspace: Workspace) -> None:
    build = ""
    for name, (_, _, left, advised) in NPU_MODELS.items():
        for form, function in (("left", left), ("advised", advised)):
            workspace.write({f"vela/{form}_{name}.tflite": convert_int8(function)})
            build += f'tflite_file(name="{form}_{name}", source="{form}_{name}.tflite")\n'
    workspace.write({"vela/BUILD": build})
    runtime = "--tflite-op-coverage-runtimes=ethos-u55-128"
    # Notes do not fail, unless nothing of a model is for the NPU.
    said = workspace.succeed("lint", "--only=tflite-op-coverage", runtime, "vela:").stderr
    for name, (op, advice, *_) in NPU_MODELS.items():
        pattern = rf"^vela:left_{name}: {op}: note: (?:.*\n)+?    Instead: (.*)$"
        (instead,) = re.findall(pattern, said, re.MULTILINE)
        assert advice in instead
    assert not re.search(r"^vela:advised", said, re.MULTILINE)
    # The same model in floats, in int8, and with inputs and outputs in int8.
    modes = ("float32", "int8", "int8_io")
    digits = [f"models/digits:tflite@quantization={mode}" for mode in modes]
    options = ("--format=json", "--untrained", "--runtimes=ethos-u55-128")
    listed = json.loads(workspace.succeed("tflite-ops", *options, *digits).stdout)
    refused = {
        model["target"].rpartition("=")[2]: {
            op["op"] for op in model["tflite_ops"] if op["refused_by"]
        }
        for model in listed
    }
    assert "CONV_2D" in refused["float32"]
    assert refused["int8"] == {"DEQUANTIZE", "QUANTIZE"}
    assert refused["int8_io"] == set()


def test_examples_are_clean_before_their_training(workspace: Workspace) -> None:
    shipped = ("digits:tflite@quantization=int8_io", "linear:", "sine:")
    run = workspace.succeed("lint", *(f"models/{targets}" for targets in shipped))
    assert "tflite-op-coverage succeeded" in run.stderr
    assert "tflite-portability succeeded" in run.stderr
    assert not [step for step in run.steps if "Train" in step]
