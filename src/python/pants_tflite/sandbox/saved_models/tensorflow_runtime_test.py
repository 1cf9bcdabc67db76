# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.tensorflow_runtime import seed_training, start_tensorflow

THREADS = 1


@pytest.fixture
def not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "tensorflow"]:
        monkeypatch.delitem(sys.modules, name)


def test_resolve_without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # type: ignore[misc]
    with pytest.raises(Mistake, match="TensorFlow is not among the requirements") as caught:
        start_tensorflow(threads=THREADS)
    assert caught.value.field == "resolve"
    assert caught.value.fix.startswith("Add `tensorflow-cpu` to the requirements")


def test_resolve_whose_tensorflow_is_broken(
    not_imported: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tensorflow.py").write_text("import no_such_numpy")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Mistake, match="cannot be imported .*'no_such_numpy'") as caught:
        start_tensorflow(threads=THREADS)
    assert caught.value.field == "resolve"


_ASK = """
import sys
from pants_tflite.sandbox.saved_models.tensorflow_runtime import seed_inference, start_tensorflow

tf = start_tensorflow(threads=1, with_keras=False)
draws = []
for _ in range(2):
    seed_inference(7)
    draws.append(tf.random.normal([2]).numpy().tolist())
assert draws[0] == draws[1], draws
print(any(name.split(".")[0] in ("keras", "tf_keras", "sklearn") for name in sys.modules))
print(tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(3)]).output_shape)
"""


def test_without_keras_until_somebody_asks_for_it() -> None:
    # A process of its own, for this one may have imported Keras.
    asked = subprocess.run(
        [sys.executable, "-c", _ASK],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert asked.stdout.split("\n")[:2] == ["False", "(None, 3)"]


def test_threads_devices_and_seeds() -> None:
    tf = start_tensorflow(threads=THREADS)
    assert tf.config.threading.get_intra_op_parallelism_threads() == THREADS
    assert tf.config.threading.get_inter_op_parallelism_threads() == THREADS
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert [device.device_type for device in tf.config.list_physical_devices()] == ["CPU"]
    with pytest.raises(RuntimeError, match="determinism"):
        tf.random.normal([2])
    draws = []
    for _ in range(2):
        seed_training(7)
        draws.append(tf.random.normal([2]).numpy().tolist())
    assert draws[0] == draws[1]
