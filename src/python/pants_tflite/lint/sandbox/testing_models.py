# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Converting functions of TensorFlow, and running what they become on each runtime, for tests."""

from __future__ import annotations

import contextlib
import functools
import re
import tempfile
from pathlib import Path
from typing import Any, Callable, Iterable, Sequence

import numpy as np
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from pants_tflite.lint.replacement_entries import GPU, LITERT, MICRO
from pants_tflite.sandbox.constants import FLEX_PREFIX
from pants_tflite.sandbox.coverage.attempts import attempt
from pants_tflite.sandbox.gpu.accelerator import Accelerator, explain
from pants_tflite.sandbox.gpu.find_vulkan_driver import find_driver
from pants_tflite.sandbox.gpu.find_vulkan_driver_protocol import VulkanSearch
from pants_tflite.sandbox.gpu.vulkan_drivers import manifest_of
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.verification.float_ops import Node

Arrays = Sequence[np.ndarray]
_ARENA = 1 << 20
_EVERYWHERE = VulkanSearch(None, None)
_MAX_SECONDS = 60
# What the buffers of the GPU accelerator do not hold.
_UNREADABLE = ("float64", "string", "uint32")


def convert(
    function: Callable[..., Any], specs: Sequence[tf.TensorSpec], samples: Iterable[Arrays] = ()
) -> bytes:
    """A model of one graph; what TensorFlow Lite lacks, it takes from TensorFlow. It computes in integers
    where it can if there are `samples` for its calibration."""
    traced = tf.function(function, input_signature=specs, autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [traced.get_concrete_function()], tf.Module()
    )
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS,
        tf.lite.OpsSet.SELECT_TF_OPS,
    ]
    calibration = [list(sample) for sample in samples]
    if calibration:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: calibration
        converter.target_spec.supported_ops.insert(0, tf.lite.OpsSet.TFLITE_BUILTINS_INT8)
    return bytes(converter.convert())


def float_ops_of(model: bytes) -> set[str]:
    """The names of the ops that compute in floats."""
    ops = (node.op.code.name for node in Node.of(parse_model(model)) if node.float_tensor)
    return set(ops) | {op for op in ops_of(model) if op not in vars(schema.BuiltinOperator)}


def specs_of(arrays: Arrays, *, open_batch: bool = False) -> list[tf.TensorSpec]:
    # A text has another type in each array of NumPy's.
    dtypes = [tf.string if array.dtype.kind in "OSU" else array.dtype for array in arrays]
    return [
        tf.TensorSpec(
            (None, *array.shape[1:]) if open_batch else array.shape, dtype, name=f"x{index}"
        )
        for index, (array, dtype) in enumerate(zip(arrays, dtypes))
    ]


def ops_of(model: bytes) -> set[str]:
    """The names of a model's ops, those of TensorFlow without their prefix."""
    ops = [op.code for graph in parse_model(model).subgraphs for op in graph.ops]
    return {op.name.removeprefix(FLEX_PREFIX) if op.custom else op.name for op in ops}


def run_on_litert(model: bytes, inputs: Arrays) -> list[np.ndarray]:
    """The outputs in the order of the graph, as its inputs are."""
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    for details, array in zip(interpreter.get_input_details(), inputs):
        interpreter.set_tensor(details["index"], array)
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


def run_on_micro(model: bytes, inputs: Arrays) -> list[np.ndarray]:
    """The same."""
    from pants_tflite.micro.sandbox.micro_interpreter import run_calls

    outputs = len(parse_model(model).subgraphs[0].outputs)
    return run_calls(model, _ARENA, [inputs], outputs)[0]


_RUNNERS = {LITERT: run_on_litert, MICRO: run_on_micro}


def _ordered(model: bytes, inputs: Arrays) -> dict[str, np.ndarray]:
    """The inputs by their names in the signature. TensorFlow names them as their specs do."""
    (signature,) = parse_model(model).callables
    return {name: inputs[int(re.findall(r"x(\d+)", name)[-1])] for name, _ in signature.inputs}


def run(runtime: str, model: bytes, inputs: Arrays) -> list[np.ndarray]:
    """What a model yields, from and in the order that its function has."""
    (signature,) = parse_model(model).callables
    graph = parse_model(model).subgraphs[signature.subgraph]
    outputs = _RUNNERS[runtime](model, list(_ordered(model, inputs).values()))
    tensors = [graph.tensors[index] for index in graph.outputs]
    # Outputs are named by their positions.
    return [outputs[tensors.index(tensor)] for _, tensor in sorted(signature.outputs)]


@functools.lru_cache(maxsize=None)
@functools.cache
def find_gpu() -> Accelerator | None:
    """LiteRT's GPU accelerator, if there is a driver for it."""
    # The search writes the model that it tries.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        driver = find_driver(_EVERYWHERE).driver
    return None if driver is None else Accelerator(manifest_of(_EVERYWHERE, driver), _MAX_SECONDS)


def _try_on_gpu(model: bytes, inputs: Arrays) -> tuple[list[np.ndarray] | None, str]:
    accelerator = find_gpu()
    assert accelerator is not None
    (signature,) = parse_model(model).callables
    tensors = [tensor for _, tensor in (*signature.inputs, *signature.outputs)]
    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        path = Path(file.name)
        path.write_bytes(model)
        done = accelerator.run(path, ())
        if done.succeeded and any(tensor.dtype in _UNREADABLE for tensor in tensors):
            return [], "it takes the model, and has no buffers for its types"
        if done.succeeded:
            feed = {name: array[None] for name, array in _ordered(model, inputs).items()}
            done = accelerator.run(path, [(signature, feed)])
    if not done.succeeded:
        return None, explain(done)
    found = done.value[signature.name]
    return [found[name][0] for name, _ in sorted(signature.outputs)], done.text


def try_on(runtime: str, model: bytes, inputs: Arrays) -> tuple[list[np.ndarray] | None, str]:
    """What a model yields on a runtime, or None if that refuses it, which can end its process; and what
    the runtime said."""
    if runtime == GPU:
        return _try_on_gpu(model, inputs)
    tried = attempt(lambda: run(runtime, model, inputs))
    return (list(tried.value) if tried.succeeded else None), tried.text
