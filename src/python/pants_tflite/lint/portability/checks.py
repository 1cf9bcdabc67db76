# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What is checked of a model, from the reports on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Iterator, Optional, Sequence

from pants_tflite.lint.findings import Finding, listed
from pants_tflite.lint.origins import Origins
from pants_tflite.lint.portability.kinds import (
    DETECTION,
    Kind,
    kind_of,
    kind_of_graph_op,
)
from pants_tflite.lint.replacement_entries import INTEGERS, MICRO
from pants_tflite.lint.replacements import find_replacement, replacement
from pants_tflite.sandbox.modes import find_mode
from pants_tflite.sandbox.tflite.inspect_model_protocol import InspectionReport
from pants_tflite.sandbox.tflite.list_ops_protocol import OpUse
from pants_tflite.target_types import CutOutputsField

CHECKS = {
    "batch": "an input whose fixed batch is not 1",
    "build": "a model that cannot be built",
    "computed-size": "sizes that are computed while the model runs",
    "control-flow": "loops and branches",
    "decoding": "files that are decoded in the model",
    "detection": "detections that are chosen in the model",
    "float-op": "ops in floats in an integer model",
    "resizing": "pictures that are resized before the first weights",
    "shared-samples": "calibration samples that verify the model too",
    "signal": "sound that becomes a spectrogram in the model",
    "tensor-type": "types that few kernels have",
    "text": "text and tables in the model",
    "unknown-size": "an input or output of unknown size in a model for microcontrollers",
}
_RARE_TYPES = ("complex128", "complex64", "float64", "uint16", "uint32", "uint64")
_FLOATS = ("bfloat16", "float16", "float32", "float64")
_INTEGERS = ("int8", "uint8")
# They convert between real numbers and integers, or read no values.
_BORDER_OPS = ("CAST", "DEQUANTIZE", "QUANTIZE", "SHAPE")
EVERYWHERE = "all"
_NO_INTEGERS = (
    "None of TensorFlow Lite's ops is known that computes the same in integers: leave it to the app, if "
    "it comes first or last, or the layer out."
)


@dataclass(frozen=True)
class ModelToCheck:
    """A model and what is known of it. `mode` is the one that it was converted in, if it was converted here
    and not by a recipe alone. `micro_bundles` are the addresses of those that take it to microcontrollers.
    """

    address: str
    inspection: InspectionReport
    ops: Sequence[OpUse]
    origins: Origins
    mode: Optional[str] = None
    is_converted: bool = False
    micro_bundles: Sequence[str] = ()

    def named(self, ops: Iterable[OpUse]) -> str:
        """Ops with their layers, by name."""
        uses = list(ops)
        return "; ".join(
            f"{name}{self._in_layers([op for op in uses if op.op == name])}"
            for name in sorted({op.op for op in uses})
        )

    def _in_layers(self, ops: Iterable[OpUse]) -> str:
        places = listed(
            place for op in ops for place in self.origins.layers(op) or (op.tensor,) if place
        )
        return f" in {places}" if places else ""


def check_model(model: ModelToCheck) -> Iterator[Finding]:
    """All findings about a model."""
    yield from _check_kinds(model)
    yield from _check_float_ops(model)
    yield from _check_inputs(model)
    yield from _check_outputs(model)
    yield from _check_types(model)


def check_graph(address: str, origins: Origins) -> Iterator[Finding]:
    """The findings about a SavedModel that does not become a model."""
    found: dict[Kind, list[str]] = {}
    for op in origins.graph_ops:
        kind = kind_of_graph_op(op.op)
        if kind is not None:
            found.setdefault(kind, []).append(op.op)
    for kind, names in found.items():
        members = [op for op in origins.graph_ops if op.op in names]
        texts = [op.op + (f" in {listed(op.layers)}" if any(op.layers) else "") for op in members]
        yield _finding_of(
            kind, address, ops="; ".join(texts), code=origins.graph_code(members), origins=origins
        )


def _finding_of(
    kind: Kind, address: str, *, ops: str, code: tuple[str, ...], origins: Origins
) -> Finding:
    instead = replacement(kind.check)
    layers = origins.behind_choice if kind == DETECTION else ()
    names = ", ".join(f'"{layer}"' for layer in layers)
    cut = f" Or cut the model there: `{CutOutputsField.alias}=[{names}]`." if layers else ""
    return Finding(
        address,
        kind.check,
        f"{kind.what}: {ops}",
        instead.instead + cut,
        runtime=", ".join(instead.refused_by) or EVERYWHERE,
        code=code,
    )


def _check_kinds(model: ModelToCheck) -> Iterator[Finding]:
    found: dict[Kind, list[OpUse]] = {}
    for op in model.ops:
        kind = kind_of(op)
        if kind is not None:
            found.setdefault(kind, []).append(op)
    for kind, members in found.items():
        code = model.origins.code(members)
        yield _finding_of(
            kind, model.address, ops=model.named(members), code=code, origins=model.origins
        )


def _check_float_ops(model: ModelToCheck) -> Iterator[Finding]:
    mode = "int8" if not model.is_converted and _multiplies_in_integers(model.ops) else model.mode
    if mode is None or not find_mode(mode).has_integer_activations:
        return
    for op in model.ops:
        if _has_floats(op) and not op.custom and op.op not in _BORDER_OPS:
            known = find_replacement(op.op, runtime=INTEGERS)
            yield Finding(
                model.address,
                "float-op",
                f"{model.named([op])} computes in floats in a model of {mode}",
                known.instead if known else _NO_INTEGERS,
                runtime="devices without floating point, and NPUs",
                code=model.origins.code([op]),
            )


def _has_floats(op: OpUse) -> bool:
    return any(dtype in op.dtypes for dtype in _FLOATS)


def _multiplies_in_integers(ops: Sequence[OpUse]) -> bool:
    """Whether a file is an integer model: whether it multiplies with weights in integers alone."""
    return any(
        op.macs and not _has_floats(op) and any(dtype in op.dtypes for dtype in _INTEGERS)
        for op in ops
    )


def _check_inputs(model: ModelToCheck) -> Iterator[Finding]:
    inputs = model.inspection.named_inputs
    unknown = {name: t for name, t in inputs if None in t.shape_signature[1:]}
    open_shapes = {
        name: [1 if index == 0 else size for index, size in enumerate(tensor.shape_signature)]
        for name, tensor in inputs
        if None in tensor.shape_signature
    }
    fix = f"Fix the shapes with `input_shapes={open_shapes}`" + (
        ", with a size for each None." if unknown else "."
    )
    if unknown and model.micro_bundles:
        yield Finding(
            model.address,
            "unknown-size",
            f"the input {listed(unknown)} has an unknown size, and "
            f"{', '.join(model.micro_bundles)} needs to know the memory",
            fix,
            runtime=MICRO,
        )
    computed = [op for op in model.ops if op.op == "SHAPE"]
    if computed and open_shapes:
        yield Finding(
            model.address,
            "computed-size",
            f"the model computes sizes while it runs: {model.named(computed)}",
            fix,
            runtime=EVERYWHERE,
            code=model.origins.code(computed),
        )
    for name, tensor in inputs:
        batch = tensor.shape_signature[0] if len(tensor.shape_signature) > 1 else 1
        if batch not in (None, 1):
            yield Finding(
                model.address,
                "batch",
                f"the input `{name}` has the batch {batch}, so that each call needs as many samples",
                replacement("batch").instead,
                runtime=EVERYWHERE,
            )


def _check_outputs(model: ModelToCheck) -> Iterator[Finding]:
    """Sizes that depend on values: those that depend on sizes are the inputs' business."""
    sized = all(None not in t.shape_signature[1:] for _, t in model.inspection.named_inputs)
    unknown = [name for name, t in model.inspection.named_outputs if None in t.shape_signature[1:]]
    if sized and unknown and model.micro_bundles:
        yield Finding(
            model.address,
            "unknown-size",
            f"the size of the output {listed(unknown)} depends on what the model computes, and "
            f"{', '.join(model.micro_bundles)} needs to know the memory",
            replacement("unknown-size").instead,
            runtime=MICRO,
        )


def _check_types(model: ModelToCheck) -> Iterator[Finding]:
    for dtype in _RARE_TYPES:
        members = [op for op in model.ops if dtype in op.dtypes]
        if members:
            yield Finding(
                model.address,
                "tensor-type",
                f"the model computes in {dtype}, which few kernels take: {model.named(members)}",
                replacement("tensor-type").instead,
                runtime=EVERYWHERE,
                code=model.origins.code(members),
            )
