# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Starting TensorFlow so that equal work gives equal bytes, on processors only, in bounded memory.

This module imports TensorFlow only inside its functions: its settings are read at that import.
"""

from __future__ import annotations

import gc
import os
from types import ModuleType

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


def start_tensorflow(*, threads: int) -> ModuleType:
    """Imports TensorFlow, pinned to `threads` threads and deterministic ops, and returns it.

    Waits for a memory slot first. Call it before anything else imports TensorFlow, and once.
    Raises Mistake where the resolve lacks TensorFlow or holds one that cannot be imported.
    """
    os.environ.update(_ENVIRONMENT)
    os.environ.update({name: str(threads) for name in _THREAD_VARIABLES})
    hold_slot()
    # The import makes many objects that stay, and searching them for garbage takes a tenth of its time.
    gc.disable()
    try:
        import tensorflow
    except ImportError as error:
        raise _import_error(error) from error
    finally:
        gc.enable()
    tensorflow.get_logger().setLevel("ERROR")
    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    tensorflow.config.experimental.enable_op_determinism()
    return tensorflow


def seed_training(seed: int) -> None:
    """Seeds Python, NumPy, TensorFlow and Keras. Call it before user code is imported."""
    import keras

    keras.utils.set_random_seed(seed)


def _import_error(error: ImportError) -> Mistake:
    if isinstance(error, ModuleNotFoundError) and error.name == "tensorflow":
        return missing_package("TensorFlow", "tensorflow-cpu")
    return Mistake(
        f"TensorFlow cannot be imported from the resolve: {error}",
        field="resolve",
        fix="Fix the resolve's requirements, so that `import tensorflow` works with them.",
    )
