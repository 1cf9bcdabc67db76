# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A node of a SavedModel leads to the line that its author wrote."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.saved_models import export as export_program
from pants_tflite.sandbox.saved_models.code_lines_protocol import CodeLine, CodeLinesReport
from pants_tflite.sandbox.saved_models.export_protocol import ExportRequest

CODE = """\
import keras
import tensorflow as tf


class Inverse(keras.layers.Layer):
    def call(self, x):
        x = tf.reshape(x, [-1, 4, 4])
        return tf.linalg.inv(x)


def model():
    x = keras.Input((16,), name="x")
    scores = keras.layers.Dense(5, name="scores")(x)
    last = keras.ops.argmax(
        scores, axis=-1
    )
    return keras.Model(x, [keras.ops.argmax(scores, 0), last, Inverse(name="inverse")(x)], name="net")


def pair():
    net = model()
    spec = tf.TensorSpec([None, 16], tf.float32, "x")
    serve = tf.function(lambda x: net(2 * x, training=False), input_signature=[spec])
    return net, {"serving_default": serve}


def loop():
    module = tf.Module()
    spec = tf.TensorSpec([4], tf.float32, "x")

    def call(x):
        return tf.while_loop(lambda y: tf.reduce_sum(y) < 9.0, lambda y: [y + tf.exp(y)], [x])[0]

    module.call = tf.function(call, input_signature=[spec])
    return module
"""


def export(folder: Path, function: str) -> CodeLinesReport:
    """What the program reports, in a process of its own that has not imported Keras."""
    (folder / "app").mkdir()
    (folder / "app" / "train.py").write_text(CODE)
    entry_point = EntryPointFunction("app.train", function, "app/train.py")
    request = ExportRequest(EntryPointCall(entry_point, {}), seed=0, threads=1)
    (folder / "request.json").write_bytes(request.render())
    programs = str(Path(__file__).parents[3])
    subprocess.run(
        [sys.executable, "-m", export_program.__name__, "request.json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((programs, "."))},
        check=True,
        capture_output=True,
    )
    return CodeLinesReport.parse((folder / "out" / CodeLinesReport.FILE).read_bytes())


def test_layers_and_operations_of_keras(tmp_path: Path) -> None:
    report = export(tmp_path, "model")
    assert report.find("net_1/scores_1/MatMul") == CodeLine("scores", "app/train.py:13")
    found = {str(report.find(f"net_1/{name}")) for name in ("BitwiseAnd", "BitwiseAnd_1")}
    assert found == {
        "`argmax`, called at app/train.py:14",
        "`argmax_1`, called at app/train.py:17",
    }
    assert report.find("net_1/inverse_1/MatrixInverse") == CodeLine(None, "app/train.py:8")
    assert report.describe(["net_1/inverse_1/MatrixInverse", "nowhere"]) == (
        "; in the code it is app/train.py:8"
    )
    assert report.describe(["nowhere"]) == ""


def test_a_function_of_the_user_s_around_a_model(tmp_path: Path) -> None:
    report = export(tmp_path, "pair")
    assert report.find("mul") == CodeLine(None, "app/train.py:23")
    assert report.find("net_1/scores_1/MatMul") == CodeLine("scores", "app/train.py:13")


def test_a_node_in_a_loop_has_the_line_of_the_loop(tmp_path: Path) -> None:
    report = export(tmp_path, "loop")
    assert report.find("while/body/Exp") == CodeLine(None, "app/train.py:32")
