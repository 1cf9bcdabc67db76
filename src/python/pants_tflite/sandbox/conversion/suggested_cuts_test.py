# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Where lint says that a detector is to be cut it can be, and what is left converts without the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from pants_tflite.sandbox.conversion import convert
from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.saved_models import cut, export
from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLinesReport
from pants_tflite.sandbox.saved_models.cut_protocol import CutRequest
from pants_tflite.sandbox.saved_models.export_protocol import ExportRequest
from pants_tflite.sandbox.saved_models.list_graph_ops import list_graph_ops
from pants_tflite.sandbox.saved_models.tensorflow_runtime import start_tensorflow
from pants_tflite.sandbox.testing.convert_requests import convert_request
from pants_tflite.sandbox.tflite.model_reader import read_model

DETECTOR = """\
import keras
import tensorflow as tf


class Detector(tf.Module):
    def __init__(self):
        super().__init__()
        image = keras.Input(batch_shape=(1, 16, 16, 3), name="image")
        y = keras.layers.Conv2D(8, 3, strides=4, padding="same", name="features")(image)
        boxes = keras.layers.Conv2D(4, 1, activation="sigmoid", name="box_head")(y)
        scores = keras.layers.Conv2D(1, 1, activation="sigmoid", name="score_head")(y)
        boxes = keras.layers.Reshape((16, 4), name="boxes")(boxes)
        scores = keras.layers.Reshape((16,), name="scores")(scores)
        self.network = keras.Model(image, [boxes, scores])

    @tf.function(input_signature=[tf.TensorSpec([1, 16, 16, 3], name="image")])
    def detect(self, image):
        boxes, scores = self.network(image)
        corners = tf.concat([boxes[0, :, :2], boxes[0, :, :2] + boxes[0, :, 2:]], -1)
        kept, count = tf.image.non_max_suppression_padded(
            corners, scores[0], 5, 0.5, 0.5, pad_to_max_output_size=True
        )
        return {"found": tf.gather(corners, kept), "count": count}


def export():
    return Detector()
"""
# A layer that is called twice has two outputs, so that its name is no place to cut at.
TWICE = DETECTOR.replace(
    'keras.layers.Reshape((16,), name="scores")(scores)',
    "shared(shared(keras.layers.Flatten()(scores)))",
).replace(
    "        y = keras", '        shared = keras.layers.Dense(16, name="shared")\n        y = keras'
)


# Suppressed by the op itself.
PLAIN = DETECTOR.replace(
    "kept, count = tf.image.non_max_suppression_padded(\n            corners, scores[0], 5, 0.5, 0.5, "
    "pad_to_max_output_size=True\n        )",
    "kept = tf.image.non_max_suppression(corners, scores[0], 5)\n        count = tf.size(kept)",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_tensorflow(threads=1)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("out").mkdir()


def layers_behind(name: str, source: str) -> tuple[str, ...]:
    """Those behind the suppression of a detector, which is exported to `source/`."""
    Path(f"{name}.py").write_text(source)
    call = EntryPointCall(EntryPointFunction(name, "export", f"{name}.py"), {})
    export.main(ExportRequest(call, seed=0, threads=1))
    Path("out").rename("source")
    Path("out").mkdir()
    lines = CodeLinesReport.parse(Path("source/code_lines.json").read_bytes())
    content = Path("source/saved_model/saved_model.pb").read_bytes()
    assert list_graph_ops(content).behind_choice == ()
    return list_graph_ops(content, lines).behind_choice


def test_a_detector_is_cut_at_the_layers_behind_its_suppression() -> None:
    outputs = layers_behind("detector", DETECTOR)
    assert outputs == ("boxes", "scores")
    cut.main(
        CutRequest(
            saved_model="source/saved_model",
            signatures=(),
            inputs=(),
            outputs=outputs,
            dataset=None,
            dataset_field="verify_dataset",
            max_samples=2,
            seed=0,
            threads=1,
        )
    )
    convert.main(convert_request("out/saved_model"))
    model = read_model(Path("out/model.tflite"))
    names = {code.name for code in model.op_codes}
    assert "CONV_2D" in names
    assert not [name for name in names if "SUPPRESSION" in name]


def test_nothing_is_suggested_behind_a_layer_that_is_called_twice() -> None:
    assert layers_behind("twice", TWICE) == ()


def test_the_op_itself_is_found() -> None:
    assert layers_behind("plain", PLAIN) == ("boxes", "scores")
