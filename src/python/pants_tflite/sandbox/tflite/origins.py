# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which part of a model's code a tensor comes from, as its name says."""

from __future__ import annotations


def layer_of(tensor: str) -> str:
    """The scope that a tensor was made in, which for Keras ends with the layer's name.

    It is empty if the name says nothing of the kind. The converter gives a tensor of ops that it
    joined all of their names, with `;` between them; the first is that of the result.
    """
    return tensor.split(";")[0].rpartition("/")[0]
