# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""TensorFlow's ops of a SavedModel, read without TensorFlow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pants_tflite.sandbox.saved_models.list_graph_ops import list_graph_ops
from pants_tflite.sandbox.saved_models.list_graph_ops_protocol import GraphOpsReport
from pants_tflite.sandbox.saved_models.wire_format import WireError

_MODELS = os.environ.get("PANTS_TFLITE_SHARED_MODELS", "")


@pytest.fixture(scope="module")
def saved(tf: Any, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A module of two functions, of which one is a signature, with a loop in it."""
    module = tf.Module()
    spec = tf.TensorSpec([None, 4], tf.float32, "x")

    def serve(x: Any) -> Any:
        tf.math.cos(x)  # Nothing depends on it.
        with tf.name_scope("scope"):
            y = tf.nn.relu(x)
        return {"y": tf.while_loop(lambda z: tf.reduce_sum(z) < 9.0, lambda z: [tf.exp(z)], [y])[0]}

    module.serve = tf.function(serve, input_signature=[spec])
    module.other = tf.function(lambda x: {"y": tf.math.sin(x)}, input_signature=[spec])
    folder = tmp_path_factory.mktemp("saved_model")
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})
    return (folder / "saved_model.pb").read_bytes()


def test_what_signatures_reach(saved: bytes) -> None:
    report = list_graph_ops(saved)
    found = {op.op: op for op in report.ops}
    assert {"Relu", "StatelessWhile", "Exp", "Less"} <= set(found)
    assert not {"Sin", "Cos", "Const", "Placeholder"} & set(found)
    assert (found["Relu"].count, found["Relu"].layers) == (1, ("scope",))
    assert report.named > len(report.ops)


def test_the_same_ops_as_tensorflow_sees(tf: Any, saved: bytes) -> None:
    from tensorflow.core.protobuf import saved_model_pb2

    meta_graph = saved_model_pb2.SavedModel.FromString(saved).meta_graphs[0].graph_def
    nodes = [*meta_graph.node, *(n for f in meta_graph.library.function for n in f.node_def)]
    assert list_graph_ops(saved).named == len({node.op for node in nodes})


def test_bytes_that_are_no_protobuf() -> None:
    with pytest.raises(WireError):
        list_graph_ops(b"\x12\xff\xff\xff\x01no")


def test_tensorflow_is_not_imported(saved: bytes, tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(saved)
    (tmp_path / "out").mkdir()
    program = (
        "import sys; from pants_tflite.sandbox.saved_models import list_graph_ops as program; "
        "program.main(program.GraphOpsRequest('.')); assert 'tensorflow' not in sys.modules"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=env, check=True)
    report = GraphOpsReport.parse((tmp_path / "out" / GraphOpsReport.FILE).read_bytes())
    assert report == list_graph_ops(saved)


@pytest.mark.skipif(not _MODELS, reason="PANTS_TFLITE_SHARED_MODELS names no models")
def test_a_published_model() -> None:
    file = Path(_MODELS, "kws", "kws_ref_model", "saved_model.pb")
    report = list_graph_ops(file.read_bytes())
    assert report.named == 33
    # With Const, Identity, Placeholder and the call of the one function, 15 kinds of ops.
    assert len(report.ops) == 11
    assert next(op.count for op in report.ops if op.op == "Conv2D") == 5
