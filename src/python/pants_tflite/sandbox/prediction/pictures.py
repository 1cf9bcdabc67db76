# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Pictures as a model's input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pants_tflite.sandbox.prediction.tensor_values import BadInput, Given, shape_text
from pants_tflite.sandbox.tflite.flatbuffer_model import Tensor

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


@dataclass(frozen=True)
class Pixels:
    """The real value of a pixel of 0 to 255 is pixel * scale + offset.

    With neither set it is the pixel itself; then an input that stores uint8 stores the pixel, which
    is what models with such an input expect whatever their own scale.
    """

    scale: float | None = None
    offset: float | None = None

    def to_given(self, pixels: np.ndarray, tensor: Tensor) -> Given:
        if self.scale is None and self.offset is None:
            stored = tensor.dtype == "uint8" and tensor.quantization is not None
            return Given(pixels, stored)
        scale = 1.0 if self.scale is None else self.scale
        return Given(pixels.astype(np.float32) * scale + (self.offset or 0.0), stored=False)


def read_image(path: Path, tensor: Tensor, name: str, pixels: Pixels) -> Given:
    """The picture at `path` as one sample for the input `name`.

    It is turned upright, converted to as many channels as the input has (1: grey, 3: RGB, 4: RGBA)
    and resized (bilinear) to its height and width, if these are known. Raises BadInput if the
    input is not a picture.
    """
    from PIL import Image, ImageOps

    height, width, channels = _picture_shape(tensor, name)
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert(_MODES[channels or 1])
    size = (width or upright.width, height or upright.height)
    if size != upright.size:
        upright = upright.resize(size, Image.Resampling.BILINEAR)
    array = np.asarray(upright)
    if channels is not None:
        array = array.reshape(*array.shape[:2], channels)
    return pixels.to_given(array[np.newaxis], tensor)


def _picture_shape(tensor: Tensor, name: str) -> tuple[int | None, int | None, int | None]:
    """Height, width and channels; no channels for an input of shape (batch, height, width)."""
    shape = tensor.shape_signature
    if len(shape) == 4 and shape[3] in _MODES:
        return shape[1], shape[2], shape[3]
    if len(shape) == 3 and shape[2] in _MODES and shape[0] not in (None, 1):
        return shape[0], shape[1], shape[2]
    if len(shape) == 3:
        return shape[1], shape[2], None
    raise BadInput(
        f"the input `{name}` of shape {shape_text(shape)} takes no picture: give JSON or a .npy"
    )
