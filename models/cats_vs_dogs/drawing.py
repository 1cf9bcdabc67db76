# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Drawn cats and dogs, for where the photographs of Cats vs Dogs cannot be had.

A cat has pricked ears, slit eyes, stripes and grey fur, a dog floppy ears, a muzzle, blotches and brown
fur; each trait is now and then drawn as the other species has it, so that no trait settles it.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from models.cats_vs_dogs.folder import CLASSES

FURS = (
    ((124, 132, 142), (84, 90, 100), (168, 176, 184), (60, 64, 74)),
    ((198, 150, 96), (160, 104, 58), (222, 180, 130), (120, 76, 44)),
)
SLIP = 0.06
"""How often a trait is drawn as the other species has it."""

HEAD = 256
"""The side, in pixels, of the square layer that a head is drawn on before it is turned and scaled."""

Colour = tuple[int, ...]


def write_folder(folder: Path, count: int) -> None:
    """Draws `count` cats and as many dogs below `folder`, the same bytes every time.

    They lie as in the data set: PetImages/Cat/0.jpg, PetImages/Dog/0.jpg and so on.
    """
    for label, name in enumerate(CLASSES):
        directory = folder / "PetImages" / name
        directory.mkdir(parents=True)
        for index in range(count):
            draw(label, index).save(directory / f"{index}.jpg", quality=85)


def draw(label: int, index: int) -> Image.Image:
    """The picture number `index` of a cat (label 0) or a dog (label 1), in RGB and of varying size."""
    rng = np.random.default_rng((label, index))
    width, height = (int(side) for side in rng.integers(200, 321, 2))
    picture = draw_background(rng, width, height)
    head = draw_head(rng, label)
    side = int(min(width, height) * rng.uniform(0.75, 1))
    turned = head.rotate(rng.uniform(-25, 25), Image.Resampling.BILINEAR).resize((side, side))
    corner = (int(rng.integers(0, width - side + 1)), int(rng.integers(0, height - side + 1)))
    picture.paste(turned, corner, turned)
    return photograph(rng, picture)


def draw_background(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """A shaded ground with a few boxes and discs on it."""
    grey = np.repeat(rng.integers(60, 200, (2, 1, 1, 1)), 3, -1)
    top, bottom = grey + rng.integers(-25, 26, (2, 1, 1, 3))
    ramp = np.linspace(0, 1, height)[:, None, None]
    rows = (top * (1 - ramp) + bottom * ramp).astype(np.uint8)
    picture = Image.fromarray(np.broadcast_to(rows, (height, width, 3)).copy())
    pen = ImageDraw.Draw(picture)
    for _ in range(4):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        w, h = (int(size) for size in rng.integers(10, 80, 2))
        shape = (pen.rectangle, pen.ellipse)[int(rng.integers(2))]
        shape((x, y, x + w, y + h), fill=tuple(int(part) for part in rng.integers(30, 226, 3)))
    return picture


def draw_head(rng: np.random.Generator, label: int) -> Image.Image:
    """A transparent layer with a head on it, each trait of it with `SLIP` from the other species."""
    is_dog_like = [bool(label) != (rng.random() < SLIP) for _ in range(4)]
    ears, fur_colour, coat, face = is_dog_like
    fur = np.array(FURS[fur_colour][int(rng.integers(4))]) * rng.uniform(0.85, 1.1)
    texture = blotches(rng) if coat else stripes(rng)
    shade = 1 + rng.uniform(0.1, 0.35) * texture[:, :, np.newaxis]
    layer = Image.fromarray(np.clip(fur * shade, 0, 255).astype(np.uint8)).convert("RGBA")
    layer.putalpha(outline(has_floppy_ears=ears))
    pen = ImageDraw.Draw(layer)
    if face:
        draw_dog_face(pen, tuple(int(min(255, 1.2 * part + 12)) for part in fur))
    else:
        draw_cat_face(pen)
    return layer


def outline(*, has_floppy_ears: bool) -> Image.Image:
    """A head's silhouette in white on black."""
    mask = Image.new("L", (HEAD, HEAD), 0)
    pen = ImageDraw.Draw(mask)
    for side in (-1, 1):
        if has_floppy_ears:
            pen.ellipse((128 + side * 92 - 30, 70, 128 + side * 92 + 30, 210), fill=255)
        else:
            ear = [(128 + side * 36 - 36, 100), (128 + side * 72, 5), (128 + side * 36 + 50, 110)]
            pen.polygon(ear, fill=255)
    pen.ellipse((30, 50, 226, 246), fill=255)
    return mask


def stripes(rng: np.random.Generator) -> np.ndarray:
    """A wavy tabby pattern in [-1, 1], of shape (HEAD, HEAD)."""
    y, x = np.mgrid[0:HEAD, 0:HEAD].astype(np.float32)
    period, angle = rng.integers(16, 34), rng.uniform(0, math.pi)
    along = x * math.cos(angle) + y * math.sin(angle)
    across = y * math.cos(angle) - x * math.sin(angle)
    wave = 8 * np.sin(along * 2 * math.pi / (4 * period) + rng.uniform(0, 6))
    return np.sin((across + wave) * 2 * math.pi / period)


def blotches(rng: np.random.Generator) -> np.ndarray:
    """A pattern of soft patches in [-1, 1], of shape (HEAD, HEAD)."""
    count = HEAD // int(rng.integers(16, 34))
    seeds = Image.fromarray(rng.normal(0, 1, (count, count)).astype(np.float32))
    return np.clip(np.asarray(seeds.resize((HEAD, HEAD), Image.Resampling.BICUBIC)) * 1.5, -1, 1)


def draw_dog_face(pen: ImageDraw.ImageDraw, muzzle: Colour) -> None:
    pen.ellipse((84, 140, 172, 230), fill=muzzle)
    pen.ellipse((112, 146, 144, 170), fill=(28, 24, 24))
    for x in (92, 164):
        pen.ellipse((x - 10, 112, x + 10, 132), fill=(62, 38, 22))


def draw_cat_face(pen: ImageDraw.ImageDraw) -> None:
    pen.polygon([(118, 158), (138, 158), (128, 170)], fill=(210, 120, 130))
    for x in (92, 164):
        pen.ellipse((x - 17, 112, x + 17, 136), fill=(170, 200, 60))
        pen.ellipse((x - 4, 112, x + 4, 136), fill=(16, 16, 16))


def photograph(rng: np.random.Generator, picture: Image.Image) -> Image.Image:
    """`picture` as a poor camera has it: out of focus, under some light, with noise."""
    blurred = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1)))
    light = rng.uniform(0.8, 1.15)
    noise = rng.normal(0, rng.uniform(1, 5), (picture.height, picture.width, 1))
    pixels = np.asarray(blurred, np.float32) * light + noise
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
