# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Starting TensorFlow so that equal work gives equal bytes, on processors only, in bounded memory.

This module imports TensorFlow only inside its functions: its settings are read at that import.
"""

from __future__ import annotations

import gc
import os
import random
import sys
from contextlib import contextmanager, nullcontext
from types import ModuleType
from typing import Iterator

import numpy as np

from pants_tflite.sandbox.harness import missing_package
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.saved_models.memory_slots import hold_slot

_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def start_tensorflow(*, threads: int, with_keras: bool = True) -> ModuleType:
    """Imports TensorFlow, pinned to `threads` threads and deterministic ops, and returns it.

    Waits for a memory slot first. Call it before anything else imports TensorFlow. Another call with the same `threads`
    changes nothing. A program that makes no model says `with_keras=False`, and starts a third faster.
    Raises Mistake if the resolve lacks TensorFlow or holds one that cannot be imported.
    """
    os.environ.update(_ENVIRONMENT)
    os.environ.update({name: str(threads) for name in _THREAD_VARIABLES})
    hold_slot()
    # The import makes many objects that stay, and searching them for garbage takes a tenth of its time.
    gc.disable()
    try:
        with nullcontext() if with_keras else _hidden("keras", "tf_keras"):
            import tensorflow
    except ImportError as error:
        raise _import_error(error) from error
    finally:
        gc.enable()
    tensorflow.get_logger().setLevel("ERROR")
    threading = tensorflow.config.threading
    # TensorFlow refuses to be told again once it has computed something.
    if threading.get_intra_op_parallelism_threads() != threads:
        threading.set_intra_op_parallelism_threads(threads)
    if threading.get_inter_op_parallelism_threads() != threads:
        threading.set_inter_op_parallelism_threads(threads)
    tensorflow.config.experimental.enable_op_determinism()
    return tensorflow


def seed_training(seed: int) -> None:
    """Seeds Python, NumPy, TensorFlow and Keras. Call it before user code is imported."""
    import keras

    keras.utils.set_random_seed(seed)


def seed_inference(seed: int) -> None:
    """Seeds Python, NumPy and TensorFlow, for a program that started it without Keras."""
    import tensorflow

    random.seed(seed)
    np.random.seed(seed)
    tensorflow.random.set_seed(seed)


@contextmanager
def _hidden(*packages: str) -> Iterator[None]:
    """Makes importing these fail, unless they are imported already.

    TensorFlow imports Keras for those who train with it, and Keras all that it can work with, such
    as scikit-learn. TensorFlow takes it if that fails; whoever needs Keras later imports it then.
    """
    hidden = [package for package in packages if package not in sys.modules]
    # What Python takes for a package that is not there.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for package in hidden:
            del sys.modules[package]


def _import_error(error: ImportError) -> Mistake:
    if isinstance(error, ModuleNotFoundError) and error.name == "tensorflow":
        return missing_package("tensorflow")
    return Mistake(
        f"TensorFlow cannot be imported from the resolve: {error}",
        field="resolve",
        fix="Fix the resolve's requirements, so that `import tensorflow` works with them.",
    )
