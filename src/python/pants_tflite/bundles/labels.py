# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether labels fit the models of a bundle."""

from __future__ import annotations

from typing import Optional

from pants.engine.addresses import Address

from pants_tflite.bundles.fields import BundleLabelsField
from pants_tflite.errors import Mistake
from pants_tflite.pipeline.model_description import ModelDescription


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
