# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""tf-keras: the environment that loads files of Keras 2."""

from __future__ import annotations

from typing import ClassVar

from pants_tflite.subsystems.locked_environment import LockedEnvironment


class TfKeras(LockedEnvironment):
    options_scope = "tf-keras"
    help = "tf-keras, which loads files of Keras 2 that Keras 3 cannot load."

    packages = "tf-keras, TensorFlow and h5py"
    runs = "tf-keras runs"

    # tf-keras asks for `tensorflow`, and the lock has `tensorflow-cpu` in its place where there is
    # one: the same modules in half the bytes, which the resolve of models has most often too.
    pex_args: ClassVar[tuple[str, ...]] = ("--ignore-errors",)
