# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Drawing one sample of a dataset small enough for a page: a picture, a waveform, or its values."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from pants_tflite.sandbox.reporting.show_samples_protocol import PICTURE, VALUES, WAVEFORM

# Pixels; a picture that is larger is scaled down.
_LARGEST_SIDE = 112
_SMALLEST_SIDE = 4
# Without loss up to here, which small pictures of large pixels need.
_LARGEST_LOSSLESS_SIDE = 64
_JPEG_QUALITY = 80
_SHORTEST_WAVEFORM = 32
WAVEFORM_WIDTH, WAVEFORM_HEIGHT = 120, 40
_SHOWN_VALUES = 12
# Ranges that pictures commonly have, the narrowest first.
_USUAL_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (-128.0, 127.0))


@dataclass
class ValueRange:
    """The smallest and the largest value of an input over all samples seen so far."""

    low: float = np.inf
    high: float = -np.inf

    def include(self, array: np.ndarray) -> None:
        if array.size and array.dtype.kind in "biuf":
            self.low = min(self.low, float(array.min()))
            self.high = max(self.high, float(array.max()))

    def of_pixels(self) -> tuple[float, float]:
        """What stands for black and for white: a usual range if the values fill one, or their own."""
        for low, high in _USUAL_RANGES:
            if low <= self.low and self.high <= high and (self.high - self.low) * 4 > high - low:
                return low, high
        return self.low, self.high


def kind_of(shape: tuple[int, ...], dtype: np.dtype) -> str:
    """What a sample of this shape is best shown as."""
    if dtype.kind not in "biuf":
        return VALUES
    if _picture_shape(shape) is not None:
        return PICTURE
    length = max(shape, default=0)
    is_line = length == int(np.prod(shape, dtype=np.int64))
    return WAVEFORM if is_line and length >= _SHORTEST_WAVEFORM else VALUES


def _picture_shape(shape: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Height, width and channels, without a dimension in front that is 1."""
    if len(shape) == 4 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) == 2:
        shape = (*shape, 1)
    if len(shape) != 3 or min(shape[:2]) < _SMALLEST_SIDE or shape[2] not in (1, 3, 4):
        return None
    return shape[0], shape[1], shape[2]


def draw(sample: np.ndarray, kind: str, values: ValueRange) -> str:
    """The sample as `ShownSample.content`; `values` is the range of the whole dataset."""
    if kind == PICTURE:
        return _draw_picture(sample, values)
    if kind == WAVEFORM:
        return _draw_waveform(sample, values)
    return _write_values(sample)


def _draw_picture(sample: np.ndarray, values: ValueRange) -> str:
    shape = _picture_shape(sample.shape)
    assert shape is not None, sample.shape
    low, high = values.of_pixels()
    scaled = (sample.reshape(shape).astype(np.float64) - low) / ((high - low) or 1.0)
    pixels = (np.clip(scaled, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    image = Image.fromarray(pixels[:, :, 0] if shape[2] == 1 else pixels[:, :, :3])
    image.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    if max(shape[:2]) <= _LARGEST_LOSSLESS_SIDE:
        image.save(buffer, "PNG", optimize=True)
        return _to_url("image/png", buffer.getvalue())
    image.save(buffer, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return _to_url("image/jpeg", buffer.getvalue())


def _to_url(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _draw_waveform(sample: np.ndarray, values: ValueRange) -> str:
    """An outline of the smallest and the largest value in each column of pixels."""
    wave = sample.reshape(-1).astype(np.float64)
    span = max(abs(values.low), abs(values.high)) or 1.0
    columns = np.array_split(wave, min(WAVEFORM_WIDTH, len(wave)))
    step = WAVEFORM_WIDTH / len(columns)
    middle = WAVEFORM_HEIGHT / 2

    def point(place: int, value: float) -> str:
        return f"{(place + 0.5) * step:.1f},{middle - value / span * (middle - 1):.1f}"

    upper = [point(place, column.max()) for place, column in enumerate(columns)]
    lower = [point(place, column.min()) for place, column in enumerate(columns)]
    return f"M{'L'.join([*upper, *reversed(lower)])}Z"


def _write_values(sample: np.ndarray) -> str:
    flat = sample.reshape(-1)
    texts = [to_text(value) for value in flat[:_SHOWN_VALUES]]
    if len(flat) > _SHOWN_VALUES:
        texts.append(f"… ({len(flat):,} values)")
    return ", ".join(texts)


def to_text(value: object) -> str:
    """A number or a text of a dataset for people to read."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (np.floating, float)):
        return f"{float(value):.4g}"
    return str(value)
