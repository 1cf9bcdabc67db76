# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Writes a `.tflite` file again with fixed shapes of its inputs.

If all sizes are known then, it has no ops any more that computed them. The result is compared with what the file computes, to the last bit, for inputs of these shapes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

import numpy as np

from pants_tflite.sandbox.harness import OUTPUT_DIR, run
from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel, registerers
from pants_tflite.sandbox.interpreter.interpreter_libraries import LITERT
from pants_tflite.sandbox.interpreter.litert_interpreter import FAST_KERNELS, LoadedModel
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.skipped_signatures import without_skipped
from pants_tflite.sandbox.tflite.flatbuffer_model import Model
from pants_tflite.sandbox.tflite.inspect_model import read_users_model
from pants_tflite.sandbox.tflite.known_shapes import write_known_shapes
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.packing import pack, unpack
from pants_tflite.sandbox.verification.fix_file_shapes_protocol import FixFileShapesRequest
from pants_tflite.sandbox.verification.signature_runs import run_samples
from pants_tflite.sandbox.verification.verification_samples import Source

FIELD, SOURCE = "input_shapes", "source"
Shape = Sequence[Optional[int]]


def fix_inputs(content: bytes, model: Model, shapes: Mapping[str, Shape]) -> bytes:
    """The file with the sizes that `shapes` give to its inputs.

    Raises Mistake if there is no such input, or a shape contradicts what is known of it.
    """
    names = sorted({name for signature in model.callables for name, _ in signature.inputs})
    unknown = sorted(set(shapes) - set(names))
    if unknown:
        raise Mistake(
            f"the model has no input `{unknown[0]}`",
            field=FIELD,
            value=unknown[0],
            fix=f"Name one of its inputs: {', '.join(names)}.",
        )
    packed = unpack(content, field=SOURCE)
    for signature in model.callables:
        graph = packed.subgraphs[signature.subgraph]
        for (name, tensor), index in zip(signature.inputs, graph.inputs):
            if name in shapes:
                sizes = _fix(name, tensor.shape_signature, shapes[name])
                _write(graph.tensors[index], sizes)
    return pack(packed)


def _fix(name: str, known: Shape, wanted: Shape) -> list[Optional[int]]:
    pairs = list(zip(known, wanted))
    if len(known) != len(wanted) or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise Mistake(
            f"the input `{name}` has the shape {_text(known)}, which does not allow {_text(wanted)}",
            field=FIELD,
            value=name,
            fix="Give a size to what is `?`, and leave the other sizes as they are. The first is the "
            "batch, most often 1.",
        )
    return [new if old is None else old for old, new in pairs]


def _text(shape: Shape) -> str:
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def _write(tensor: Any, sizes: Sequence[Optional[int]]) -> None:
    tensor.shape = np.array([1 if size is None else size for size in sizes], np.int32)
    signature = np.array([-1 if size is None else size for size in sizes], np.int32)
    tensor.shapeSignature = signature if None in sizes else None


def has_known_inputs(model: Model) -> bool:
    """Whether the sizes of all inputs are known."""
    tensors = [tensor for signature in model.callables for _, tensor in signature.inputs]
    return all(None not in tensor.shape_signature for tensor in tensors)


def check_same(path: Path, model: Model, written: Path, request: FixFileShapesRequest) -> None:
    """Raises Mistake if the written model yields other outputs than the one at `path`."""
    kernels = Kernel.of_all(request.kernels)
    fixed = parse_model(written.read_bytes())
    before, after = (
        LoadedModel.with_reference_kernels(file, parsed, field=FIELD, custom_kernels=kernels)
        for file, parsed in ((path, model), (written, fixed))
    )
    source = Source.read(
        None,
        request.dataset,
        field=request.dataset_field,
        max_samples=request.max_samples,
        seed=request.seed,
    )
    names = without_skipped([signature.name for signature in fixed.callables], request.skip)
    for samples in source.for_signatures([s for s in fixed.callables if s.name in names]):
        expected = run_samples(before, samples, source).outputs
        actual = run_samples(after, samples, source).outputs
        for name, array in expected.items():
            if not np.array_equal(array, actual[name], equal_nan=array.dtype.kind == "f"):
                raise Mistake(
                    f"with these shapes the output `{name}` is another than before (signature "
                    f"`{samples.signature.name}`)",
                    field=FIELD,
                    fix="Convert the model again with fixed shapes, where it came from.",
                )


def check_can_run(model: Model, request: FixFileShapesRequest) -> None:
    """Raises Mistake for a model that cannot be run here, so that its shapes stay unknown."""
    lacking = sorted(set(model.custom_ops) - {kernel.op for kernel in request.kernels})
    lacking += model.select_tf_ops
    if lacking:
        raise Mistake(
            f"only a model that runs here can be given other shapes; the kernels of "
            f"{', '.join(lacking)} are elsewhere",
            field=FIELD,
            fix="Declare their kernels in `custom_ops`, or leave `input_shapes` out.",
        )


def main(request: FixFileShapesRequest) -> None:
    path = Path(request.model)
    content = path.read_bytes()
    model = read_users_model(path, content, SOURCE)
    check_can_run(model, request)
    functions = registerers(Kernel.of_all(request.kernels))
    module = LITERT.load()

    def interpreter(data: bytes) -> Any:
        return module.InterpreterWithCustomOps(
            custom_op_registerers=functions,
            model_content=data,
            experimental_op_resolver_type=module.OpResolverType[FAST_KERNELS],
        )

    fixed = fix_inputs(content, model, request.shapes)
    try:
        # LiteRT would take 1 for a size that stays unknown.
        if has_known_inputs(parse_model(fixed)):
            fixed = write_known_shapes(fixed, interpreter, field=SOURCE)
    except (RuntimeError, ValueError) as error:
        raise Mistake(
            f"the model cannot take inputs of these shapes: {error}",
            field=FIELD,
            fix="Give sizes that the model was made for.",
        ) from error
    written = OUTPUT_DIR / path.name
    written.write_bytes(fixed)
    check_same(path, model, written, request)


if __name__ == "__main__":
    run(main, FixFileShapesRequest)
