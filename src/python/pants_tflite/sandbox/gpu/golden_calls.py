# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Calls of a model whose outputs on the CPU are known, to compare the accelerator's with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.coverage.attempts import attempt
from pants_tflite.sandbox.gpu.check_gpu_protocol import CheckGpuRequest, GpuOutput
from pants_tflite.sandbox.interpreter.litert_interpreter import LoadedModel
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.samples.npz_files import read_npz
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Signature
from pants_tflite.sandbox.tflite.list_ops import list_ops
from pants_tflite.sandbox.tflite.quantized_values import dequantize
from pants_tflite.sandbox.verification.comparison import RELATIVE_RMS, compare
from pants_tflite.sandbox.verification.signature_runs import run_samples
from pants_tflite.sandbox.verification.verification_samples import Source

# What LiteRT's buffers hold, as its Python interface reads them.
_READABLE = ("bool", "float16", "float32", "int32", "int8", "uint8")
_FIELD = "source"
# How many multiply-accumulates calls may take together: a GPU that is none takes seconds for more.
_MOST_MACS = 120_000_000


class NotComparable(Exception):
    """Why the outputs of a model are not compared."""


@dataclass(frozen=True)
class Golden:
    """The stored inputs of some calls of a signature and the CPU's outputs, by name."""

    signature: Signature
    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]

    def first(self, count: int) -> Golden:
        return Golden(
            self.signature,
            {name: array[:count] for name, array in self.inputs.items()},
            {name: array[:count] for name, array in self.outputs.items()},
        )


def read_golden(model: Model, inputs: Path, outputs: Path) -> list[Golden]:
    """What the golden files have for each signature that was run."""

    def named(arrays: Mapping[str, np.ndarray], signature: Signature) -> dict[str, np.ndarray]:
        prefix = f"{signature.name}/"
        return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}

    given, expected = read_npz(inputs), read_npz(outputs)
    found = [Golden(s, named(given, s), named(expected, s)) for s in model.callables]
    return [golden for golden in found if golden.outputs]


def run_on_cpu(path: Path, model: Model, *, max_samples: int, seed: int) -> list[Golden]:
    """The same from made-up samples. Raises NotComparable if the CPU does not run the model."""
    source = Source.read(None, None, field=_FIELD, max_samples=max_samples, seed=seed)

    def call() -> list[Golden] | str:
        try:
            loaded = LoadedModel.with_reference_kernels(
                path, model, field=_FIELD, custom_kernels=()
            )
            runs = [
                (samples.signature, run_samples(loaded, samples, source))
                for samples in source.for_signatures(model.callables)
            ]
        except Mistake as error:
            return error.message
        return [Golden(name, run.golden_input, run.golden_output) for name, run in runs]

    # Nothing says that the CPU's kernels survive a model that was not verified.
    done = attempt(call)
    if not done.succeeded or isinstance(done.value, str):
        raise NotComparable(f"the CPU does not run it: {done.value or 'it crashes'}")
    return list(done.value)


def _check_comparable(golden: Sequence[Golden]) -> None:
    if not golden:
        raise NotComparable("the model was not run on the CPU")
    for each in golden:
        pairs = ((each.signature.inputs, each.inputs), (each.signature.outputs, each.outputs))
        for tensors, arrays in pairs:
            for name, tensor in tensors:
                if tensor.dtype not in _READABLE:
                    raise NotComparable(f"LiteRT's buffers hold no {tensor.dtype} (`{name}`)")
                if arrays[name].shape[1:] != tensor.shape:
                    raise NotComparable(
                        f"the CPU gave `{name}` the shape {list(arrays[name].shape[1:])}, and the file "
                        f"says {list(tensor.shape)}"
                    )
        if not each.inputs:
            raise NotComparable(f"`{each.signature.name}` has no inputs")


def find_golden(request: CheckGpuRequest, path: Path, model: Model) -> list[Golden]:
    """Calls of the model to compare. Raises NotComparable if there are none."""
    if model.may_keep_state:
        raise NotComparable("the model keeps a state from call to call")
    if request.golden_input is not None and request.golden_output is not None:
        golden = read_golden(model, Path(request.golden_input), Path(request.golden_output))
    else:
        golden = run_on_cpu(path, model, max_samples=request.max_samples, seed=request.seed)
    _check_comparable(golden)
    macs = sum(op.macs for op in list_ops(model).ops)
    return [each.first(max(1, _MOST_MACS // max(macs, 1))) for each in golden]


def compare_outputs(
    golden: Sequence[Golden], results: Mapping[str, Mapping[str, np.ndarray]]
) -> Iterator[GpuOutput]:
    """How far each output of the accelerator is from the CPU's, in real numbers if it is quantized."""
    for each in golden:
        for name, tensor in each.signature.outputs:
            expected = dequantize(each.outputs[name], tensor)
            actual = dequantize(results[each.signature.name][name], tensor)
            if not np.isfinite(actual).all() and np.isfinite(expected).all():
                yield GpuOutput(each.signature.name, name, RELATIVE_RMS, None)
            elif np.isfinite(expected).all():
                found = compare(expected, actual)
                yield GpuOutput(each.signature.name, name, found.measure, found.error)
