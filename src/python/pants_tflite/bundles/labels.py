# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Label files: one label a line, in the order of a model's scores."""

from __future__ import annotations

import re
from typing import Optional

from pants.engine.addresses import Address

from pants_tflite.bundles.fields import BundleLabelsField
from pants_tflite.errors import Mistake
from pants_tflite.pipeline.model_description import ModelDescription

_PATH_SEPARATORS = re.compile(r"[/\\]")


def parse_labels(address: Address, value: str, content: bytes) -> tuple[str, ...]:
    """The labels in a file, which the field `labels` of `address` names as `value`.

    Raises if it is not UTF-8, is empty, has an empty, repeated or unprintable label, or one that
    reads as a path to a parent directory: programs name files after labels.
    """

    def mistake(message: str, fix: str) -> Exception:
        return Mistake(message=message, fix=fix, field=BundleLabelsField.alias, value=value).at(
            address
        )

    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise mistake(f"the labels are not UTF-8: {error}", "Save the file as UTF-8.") from error
    labels = tuple(line.rstrip("\r") for line in text.rstrip("\r\n").split("\n"))
    for number, label in enumerate(labels, start=1):
        if not label.strip() or not label.isprintable():
            raise mistake(
                f"line {number} is empty or has unprintable characters: {label!r}",
                "Write one label a line, in the order of the model's scores.",
            )
        if {".", ".."} & set(_PATH_SEPARATORS.split(label)):
            raise mistake(
                f"line {number} is a path, not a label: {label!r}",
                "Programs on the device may name files after labels: write plain names.",
            )
    if len(set(labels)) < len(labels):
        repeated = next(label for label in labels if labels.count(label) > 1)
        raise mistake(f"the label {repeated!r} is there twice", "Give each score its own label.")
    return labels


def labelled_output(description: ModelDescription, count: int) -> Optional[str]:
    """The name of the output whose last dimension is `count`, if there is one."""
    for outputs in description.output_maps:
        for name, tensor in sorted(outputs.items()):
            if tensor.shape and tensor.shape[-1] == count:
                return name
    return None


def check_label_count(
    address: Address,
    value: str,
    labels: tuple[str, ...],
    model: str,
    description: ModelDescription,
) -> None:
    """Raises if no output of the model has as many scores as there are labels."""
    if labelled_output(description, len(labels)) is None:
        shapes = ", ".join(
            f"{name} {list(tensor.shape)}"
            for outputs in description.output_maps
            for name, tensor in sorted(outputs.items())
        )
        raise Mistake(
            message=f"there are {len(labels)} labels, but the outputs of {model} are {shapes}",
            fix="Give as many labels as the last dimension of an output has scores.",
            field=BundleLabelsField.alias,
            value=value,
        ).at(address)
