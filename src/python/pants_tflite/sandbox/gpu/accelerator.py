# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""LiteRT's GPU accelerator, which its wheel has: it computes with WebGPU, on a Vulkan driver.

Each attempt has a process of its own, with a limit of time: an accelerator or a driver may crash or hang.
"""

from __future__ import annotations

import importlib.metadata
import re
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import numpy as np
from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.hardware_accelerator import HardwareAccelerator
from ai_edge_litert.options import Options

from pants_tflite.sandbox.coverage.attempts import Attempt, attempt
from pants_tflite.sandbox.gpu.vulkan_drivers import Manifest
from pants_tflite.sandbox.interpreter.litert_interpreter import without_repetition
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.texts import shorten
from pants_tflite.sandbox.tflite.flatbuffer_model import Signature

# Signatures with the stored inputs by name, whose first dimension is that of the calls.
Calls = Sequence[tuple[Signature, Mapping[str, np.ndarray]]]
_LITERT = "ai-edge-litert"
_LONGEST_REASON = 300
# What the accelerator says before and after the ops that it refuses, each in a line with the reason.
_LIST = re.compile(
    r"Following operations are not supported by GPU delegate:\n(.*?)\n"
    r"(?:No|\d+) operations will run on the GPU",
    re.DOTALL,
)
_CUSTOM = "unresolved custom op"
NO_CUSTOM_OPS = "The accelerator has no custom ops."
_ENTRY = re.compile(r"(\w+): (.+)")
# What the runtime writes about itself and other accelerators, where in its source, and where to read on.
_NOISE = re.compile(
    r"^INFO: .*$|^WARNING: (\[|Logging before).*$|^(WARNING|ERROR): (?!\[)|^[IWE]\d{4} .*$|^.*Could not load shared library.*$"
    r"|^(└ *)?ERROR: \[[\w./-]+\.(cc|h):\d+\]|^└ *|See instructions: \S+"
    r"|=== Source Location Trace: ===.*$|^third_party/\S+$",
    re.MULTILINE,
)
# A result is the same wherever the files are.
_FOLDERS = re.compile(r"(?<![\w.])/[\w./@+-]*/(?=[\w.-])")


@dataclass(frozen=True)
class Accelerator:
    """The accelerator on one driver. No attempt takes longer than `max_seconds`."""

    manifest: Manifest
    max_seconds: int

    @staticmethod
    def version() -> str:
        return f"{_LITERT} {importlib.metadata.version(_LITERT)}"

    def attempt(self, function: Callable[[], Any]) -> Attempt:
        """Calls `function` where the driver is. Raises Mistake if it takes too long."""

        def with_driver() -> Any:
            # What is not handled ends the process, even in native code.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(self.max_seconds)
            self.manifest.activate()
            return function()

        done = attempt(with_driver)
        if done.signal == signal.SIGALRM:
            raise Mistake(
                f"LiteRT's GPU accelerator did not end within {self.max_seconds} s",
                fix="Give it more time with `[tflite-gpu].timeout`, or leave the runtime `gpu` out.",
            )
        return done

    def run(self, path: Path, calls: Calls) -> Attempt:
        """The stored outputs of a model, by signature and name, for the `calls`; without any, whether it
        takes the whole model, with no help of the CPU."""
        return self.attempt(lambda: _run(_load(path), calls))


def _load(path: Path) -> CompiledModel:
    return CompiledModel.from_file(
        str(path), options=Options(hardware_accelerators=HardwareAccelerator.GPU)
    )


def _run(model: CompiledModel, calls: Calls) -> dict[str, dict[str, np.ndarray]]:
    if not model.is_fully_accelerated():
        raise RuntimeError("it leaves some of the model to the CPU")
    numbers = {key: number for number, key in enumerate(model.get_signature_list())}
    # A model without signatures has one with a name that the runtime makes up.
    return {
        signature.name: _run_signature(model, numbers.get(signature.name, 0), signature, feed)
        for signature, feed in calls
    }


def _run_signature(
    model: CompiledModel, number: int, signature: Signature, feed: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    names = list(model.get_signature_list().values())[number]
    tensors = dict(signature.outputs)
    inputs, outputs = model.create_input_buffers(number), model.create_output_buffers(number)
    results: dict[str, list[np.ndarray]] = {name: [] for name in tensors}
    for call in range(len(next(iter(feed.values())))):
        for name, buffer in zip(names["inputs"], inputs):
            buffer.write(feed[name][call])
        model.run_by_index(number, inputs, outputs)
        for name, buffer in zip(names["outputs"], outputs):
            value = buffer.read(tensors[name].elements, np.dtype(tensors[name].dtype))
            results[name].append(value.reshape(tensors[name].shape))
    return {name: np.stack(arrays) for name, arrays in results.items()}


def reasons(text: str) -> dict[str, str]:
    """Why the accelerator refuses ops, by their names, if it says so in what it wrote."""
    found = _LIST.search(text)
    return dict(_ENTRY.findall(found.group(1))) if found else {}


def lacks_custom_op(text: str) -> bool:
    """Whether what LiteRT wrote says that it has no kernel for a custom op."""
    return _CUSTOM in text


def explain(done: Attempt) -> str:
    """Why an attempt failed, in words."""
    if done.signal:
        return f"the accelerator or its driver ends the process with {signal.Signals(done.signal).name}"
    lines = [line.strip() for line in _NOISE.sub("", done.text).splitlines()]
    text = " ".join(line for line in lines if line)
    return shorten(_FOLDERS.sub("", without_repetition(text or done.text)), _LONGEST_REASON)
