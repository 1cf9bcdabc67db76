# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What metadata says about each input and output of a model; refuses what the model contradicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence

from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite import metadata_tables as tables
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Tensor
from pants_tflite.sandbox.tflite.metadata_samples import LARGEST_PIXEL
from pants_tflite.sandbox.tflite.quantized_values import real_range
from pants_tflite.sandbox.tflite.write_metadata_protocol import MetadataContent

Named = Mapping[str, Tensor]

_COLOR_SPACES = {1: tables.GRAYSCALE, 3: tables.RGB}
# Readers give pixels to a uint8 input as they are, so its own scale and zero point must say the same
# as `mean` and `std`: at black and at white they may differ by so many steps of the input.
_PIXEL_TOLERANCE = 2.0


@dataclass(frozen=True)
class DescribedModel:
    """The tables, the files that they name, and the input that is an image."""

    root: tables.Table
    files: Mapping[str, bytes]
    image: str | None


def describe(model: Model, metadata: MetadataContent, *, field: str) -> DescribedModel:
    """The metadata of a model's main graph. Raises Mistake, blaming `field`."""
    inputs, outputs = named_tensors(model)
    image = find_image(inputs, metadata, field=field)
    files = label_files(outputs, metadata, field=field)
    return DescribedModel(
        tables.model(
            name=metadata.model_name,
            description=metadata.description,
            version=metadata.version,
            author=metadata.author,
            license=metadata.license,
            inputs=[
                (
                    describe_image(name, tensor, metadata, field=field)
                    if name == image
                    else tables.tensor(name, tables.feature_content())
                )
                for name, tensor in inputs.items()
            ],
            outputs=[describe_output(name, files.get(name)) for name in outputs],
        ),
        {file.name: file.content for file in files.values()},
        image,
    )


def named_tensors(model: Model) -> tuple[Named, Named]:
    """The main graph's inputs and outputs in its order, by their names in a signature."""
    graph = model.subgraphs[0]
    signatures = sorted(
        (each for each in model.callables if each.subgraph == 0), key=lambda each: each.name
    )
    inputs = [item for signature in signatures for item in signature.inputs]
    outputs = [item for signature in signatures for item in signature.outputs]

    def in_order(indices: Sequence[int], named: Sequence[tuple[str, Tensor]]) -> Named:
        found: dict[str, Tensor] = {}
        for tensor in (graph.tensors[index] for index in indices):
            names = [name for name, other in named if other is tensor and name not in found]
            found[names[0] if names else tensor.name] = tensor
        return found

    return in_order(graph.inputs, inputs), in_order(graph.outputs, outputs)


def _shapes(named: Named) -> str:
    return ", ".join(f"`{name}` {_shape(tensor)}" for name, tensor in named.items()) or "none"


def _shape(tensor: Tensor) -> str:
    sizes = ", ".join("?" if size is None else str(size) for size in tensor.shape_signature)
    return f"{tensor.dtype} [{sizes}]"


# -----------------------------------------------------------------------------------------------
# Labels
# -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LabelFile:
    name: str
    content: bytes


def label_files(outputs: Named, metadata: MetadataContent, *, field: str) -> dict[str, LabelFile]:
    """The label files by their outputs. Raises Mistake if they do not fit."""
    files = {}
    for entry in metadata.labels:
        tensor = outputs.get(entry.output)
        if tensor is None:
            raise Mistake(
                f"its `labels` are for an output `{entry.output}`, which the model's main graph lacks",
                field=field,
                fix=f"Name one of its outputs: {_shapes(outputs)}.",
            )
        if not tensor.shape or tensor.shape[-1] != len(entry.labels):
            raise Mistake(
                f"it has {len(entry.labels)} labels for `{entry.output}`, which is {_shape(tensor)}",
                field=field,
                fix="Give as many labels as the last dimension of the output has scores.",
            )
        position = "" if len(metadata.labels) == 1 else f"_{list(outputs).index(entry.output)}"
        content = "".join(f"{label}\n" for label in entry.labels).encode()
        files[entry.output] = LabelFile(f"labels{position}.txt", content)
    return files


def describe_output(name: str, file: LabelFile | None) -> tables.Table:
    described = f"The labels of {name}, in the order of its scores."
    files = (
        (tables.associated_file(file.name, described, tables.TENSOR_AXIS_LABELS),) if file else ()
    )
    return tables.tensor(name, tables.feature_content(), files=files)


# -----------------------------------------------------------------------------------------------
# Images
# -----------------------------------------------------------------------------------------------


def find_image(inputs: Named, metadata: MetadataContent, *, field: str) -> str | None:
    """The name of the input that is an image, if there is one. Raises Mistake if it is unclear."""
    if not metadata.has_image:
        return None
    name = metadata.image_input
    if name is None and len(inputs) == 1:
        (name,) = inputs
    if name is None or name not in inputs:
        said = "its `mean` and `std` are for an image" if name is None else f"there is no `{name}`"
        raise Mistake(
            f"{said}, and the model's main graph has the inputs {_shapes(inputs)}",
            field=field,
            fix=f"Name the image in `image_input`, as in `image_input=\"{next(iter(inputs), 'image')}\"`.",
        )
    return name


def describe_image(
    name: str, tensor: Tensor, metadata: MetadataContent, *, field: str
) -> tables.Table:
    """An image input. Raises Mistake if readers could not feed it, or would feed it wrongly."""
    sizes = tensor.shape_signature
    is_one_image = len(sizes) == 4 and sizes[0] in (None, 1)
    color_space = _COLOR_SPACES.get(sizes[-1] or 0) if is_one_image else None
    if color_space is None:
        raise Mistake(
            f"its image is the input `{name}`, which is {_shape(tensor)}",
            field=field,
            fix="An image is [1, height, width, channels] with 1 or 3 channels; the batch may be unknown.",
        )
    if tensor.dtype not in ("float32", "uint8"):
        raise Mistake(
            f"its image is the input `{name}`, which is {tensor.dtype}, and readers of TFLite Metadata "
            "take images as float32 or uint8",
            field=field,
            fix='Leave the input float32, or give the quantization `input_type="uint8"`.',
        )
    mean, std = metadata.mean, metadata.std
    check_normalization(name, tensor, metadata, field=field)
    units = (tables.normalization(mean, std),) if mean else ()
    low, high = [0.0], [LARGEST_PIXEL]
    if tensor.dtype == "float32":
        low = [-m / s for m, s in zip(mean, std)]
        high = [(LARGEST_PIXEL - m) / s for m, s in zip(mean, std)]
    height, width = sizes[1:3]
    size = (width, height) if width is not None and height is not None else None
    return tables.tensor(
        name,
        tables.image_content(color_space, size),
        process_units=units,
        statistics=tables.stats(low, high),
    )


def check_normalization(
    name: str, tensor: Tensor, metadata: MetadataContent, *, field: str
) -> None:
    """Raises Mistake if `mean` and `std` do not fit the image, or contradict how it is quantized."""
    mean, std = metadata.mean, metadata.std
    channels = tensor.shape[-1]
    if len(mean) not in (0, 1, channels):
        raise Mistake(
            f"it has {len(mean)} numbers in `mean` for `{name}`, which has {channels} channels",
            field=field,
            fix="Give one number for all channels, or one for each.",
        )
    if tensor.dtype == "float32" and not mean:
        raise Mistake(
            f"its image `{name}` is float32, and it does not say how pixels become numbers",
            field=field,
            fix="Give `mean` and `std`: `mean=[127.5], std=[127.5]` for -1 to 1, `mean=[0.0], "
            "std=[255.0]` for 0 to 1, `mean=[0.0], std=[1.0]` for the pixels themselves.",
        )
    if tensor.quantization is None or tensor.dtype != "uint8":
        return
    low, high = real_range(tensor)
    step = (high - low) / LARGEST_PIXEL
    for m, s in zip(mean, std):
        said = (-m / s, (LARGEST_PIXEL - m) / s)
        if max(abs(said[0] - low), abs(said[1] - high)) > _PIXEL_TOLERANCE * step:
            raise Mistake(
                f"pixels from 0 to 255 stand for {low:.4g} to {high:.4g} in the uint8 input `{name}`, "
                f"and for {said[0]:.4g} to {said[1]:.4g} by its `mean` and `std`",
                field=field,
                fix="Correct `mean` and `std`; or, if they are right, calibrate with images that have "
                "black and white in them, or leave the input float32.",
            )
