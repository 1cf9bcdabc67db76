# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
from __future__ import annotations

import os
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


def test_resolve_whose_tensorflow_is_broken(
    not_imported: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tensorflow.py").write_text("import no_such_numpy")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Mistake, match="cannot be imported .*'no_such_numpy'") as caught:
        start_tensorflow(threads=THREADS)
    assert caught.value.field == "resolve"


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
