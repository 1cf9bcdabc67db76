# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from pants_tflite.sandbox.reporting.drawing import ValueRange, draw, kind_of, to_text


def opened(url: str) -> np.ndarray:
    head, _, data = url.partition(",")
    assert head in ("data:image/png;base64", "data:image/jpeg;base64")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def in_range(low: float, high: float) -> ValueRange:
    return ValueRange(low, high)


@pytest.mark.parametrize(
    "shape, kind",
    [
        ((8, 8, 1), "picture"),
        ((8, 8), "picture"),
        ((1, 8, 8, 3), "picture"),
        ((8, 8, 5), "values"),
        ((2, 8), "values"),
        ((16000,), "waveform"),
        ((16000, 1), "waveform"),
        ((4,), "values"),
        ((), "values"),
    ],
)
def test_what_a_sample_is_shown_as(shape: tuple[int, ...], kind: str) -> None:
    assert kind_of(shape, np.dtype(np.float32)) == kind


def test_text_is_shown_as_values() -> None:
    assert kind_of((100,), np.dtype("S5")) == "values"
    assert draw(np.array([b"caf\xc3\xa9", b"<b>"]), "values", ValueRange()) == "café, <b>"


@pytest.mark.parametrize(
    "low, high, black, white",
    [
        (0.0, 1.0, 0.0, 1.0),
        (-1.0, 1.0, -1.0, 1.0),
        (0.0, 255.0, 0.0, 255.0),
        (-7.0, 3.0, -7.0, 3.0),
    ],
)
def test_the_range_of_values_says_what_is_black_and_white(
    low: float, high: float, black: float, white: float
) -> None:
    picture = np.full((4, 4, 1), black)
    picture[0, 0, 0], picture[0, 1, 0] = white, (black + white) / 2
    pixels = opened(draw(picture, "picture", in_range(low, high)))
    assert (pixels[0, 0], pixels[0, 1], pixels[3, 3]) == (255, 128, 0)


def test_a_dark_dataset_in_the_usual_range_stays_dark() -> None:
    picture = np.full((4, 4, 1), 0.5)
    assert opened(draw(picture, "picture", in_range(0.0, 0.6)))[0, 0] == 128


def test_colors_keep_their_places() -> None:
    picture = np.zeros((4, 4, 3))
    picture[0, 0] = (1.0, 0.5, 0.0)
    pixels = opened(draw(picture, "picture", in_range(0.0, 1.0)))
    assert tuple(pixels[0, 0]) == (255, 128, 0)


def test_large_pictures_are_scaled_down() -> None:
    picture = np.zeros((448, 224, 3))
    assert opened(draw(picture, "picture", in_range(0.0, 1.0))).shape == (112, 56, 3)


def test_a_waveform_is_an_outline_between_its_extremes() -> None:
    wave = np.zeros(240)
    wave[0], wave[239] = 1.0, -1.0
    path = draw(wave, "waveform", in_range(-1.0, 1.0))
    points = path[1:-1].split("L")
    assert points[0] == "0.5,1.0" and points[120] == "119.5,39.0"
    assert len(points) == 240


def test_long_values_are_cut_short() -> None:
    assert draw(np.arange(20), "values", ValueRange()).endswith("11, … (20 values)")
    assert to_text(np.float32(0.1)) == "0.1"
