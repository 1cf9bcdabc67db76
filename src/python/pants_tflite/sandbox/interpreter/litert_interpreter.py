# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Running a model with LiteRT, in a process of its own: a damaged model can kill it."""

from __future__ import annotations

import importlib.metadata
import re
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Mapping, Sequence

import numpy as np
from ai_edge_litert.interpreter import InterpreterWithCustomOps, OpResolverType

from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel, registerers
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Signature

# Plain C++ loops, so results are the same on every machine and, for integers, on every device. A
# 224x224 MobileNetV2 takes 0.15 to 0.4 s a sample with them, and a tenth of it with the fast ones.
REFERENCE_KERNELS = OpResolverType.BUILTIN_REF
FAST_KERNELS = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
# Of an op that only the fast ones have, such as those of tables.
_LACKING_KERNEL = "Didn't find op for builtin opcode"
_LONGEST_TEXT = 600
_NARROW_RANGE = "no_integer_overflow_from_quantization"
_NARROW_RANGE_FIX = (
    "The values of some layer hardly vary, so their step is too small to compute with: train the "
    "model, or calibrate it with samples that differ more."
)
_FIX = "Replace the op or tensor that the text names, or convert the model with a newer TensorFlow."
# For a file from elsewhere, which was not made here for LiteRT.
_FILE_FIELD = "source"
_MICRO_FIX = (
    ' If it is for microcontrollers, and TensorFlow Lite Micro runs it, set `runtime="micro"`: it then '
    "goes into micro libraries only."
)
# LiteRT joins what it says about several tensors without a space.
_SENTENCE_ENDS = re.compile(r"(?<=\.)(?=[A-Z])|(?<=parameters\.)(?=[a-z])")


def litert_version() -> str:
    """The version of the installed LiteRT."""
    return importlib.metadata.version("ai-edge-litert")


def without_repetition(text: str) -> str:
    """What LiteRT says of the first of several tensors that it says the same of."""
    sentences: dict[str, str] = {}
    for sentence in _SENTENCE_ENDS.split(text):
        sentences.setdefault(re.sub(r"\d+", "", sentence), sentence)
    return " ".join(sentences.values())


class LoadedModel:
    """A model ready to run; its variables, if it has any, last until `reset`."""

    def __init__(
        self,
        path: Path,
        model: Model,
        *,
        field: str | None,
        kernels: OpResolverType = REFERENCE_KERNELS,
        threads: int = 1,
        custom_kernels: Sequence[Kernel] = (),
    ) -> None:
        """Loads the file at `path`, of which `model` is the content.

        `custom_kernels` are those of its custom ops.

        This and `run` raise Mistake, blaming `field`, where the interpreter refuses the model.
        """
        self.kernels = kernels
        self._model = model
        self._field = field
        functions = registerers(custom_kernels)

        def load() -> InterpreterWithCustomOps:
            with self._explaining():
                return InterpreterWithCustomOps(
                    custom_op_registerers=functions,
                    model_path=str(path),
                    num_threads=threads,
                    experimental_op_resolver_type=kernels,
                )

        self._load = load
        self._interpreter = load()
        self._is_fresh = True

    @classmethod
    def with_reference_kernels(
        cls, path: Path, model: Model, *, field: str | None, custom_kernels: Sequence[Kernel]
    ) -> LoadedModel:
        """The model with the reference kernels, or with the fast ones if one of its ops has no
        other."""
        try:
            return cls(path, model, field=field, custom_kernels=custom_kernels)
        except Mistake as error:
            if _LACKING_KERNEL not in error.message:
                raise
        return cls(path, model, field=field, kernels=FAST_KERNELS, custom_kernels=custom_kernels)

    def reset(self) -> None:
        """Brings the model into the state in which it was loaded.

        The interpreter's own `reset_all_variables` leaves resource variables as they are, and refuses
        a model with a graph that was not called yet; so a new interpreter takes its place.
        """
        if self._model.may_keep_state and not self._is_fresh:
            self._interpreter = self._load()
            self._is_fresh = True

    def is_ready(self) -> bool:
        """Whether the interpreter takes the model, whatever it does with the values of a sample."""
        try:
            self._load().allocate_tensors()
        except (RuntimeError, ValueError):
            return False
        return True

    def run(self, signature: Signature, feed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The stored outputs by name for stored inputs by name, in full shape and type.

        An input with unknown dimensions takes the shape of what it is fed.
        """
        self._is_fresh = False
        with self._explaining():
            if self._model.signatures:
                return self._interpreter.get_signature_runner(signature.name)(**feed)
            return self._run_main(signature, feed)

    def _run_main(self, main: Signature, feed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        inputs = [details["index"] for details in self._interpreter.get_input_details()]
        outputs = [details["index"] for details in self._interpreter.get_output_details()]
        for (name, _), index in zip(main.inputs, inputs):
            self._interpreter.resize_tensor_input(index, feed[name].shape)
        self._interpreter.allocate_tensors()
        for (name, _), index in zip(main.inputs, inputs):
            self._interpreter.set_tensor(index, feed[name])
        self._interpreter.invoke()
        return {
            name: self._interpreter.get_tensor(index)
            for (name, _), index in zip(main.outputs, outputs)
        }

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except (RuntimeError, ValueError) as error:
            text = without_repetition(str(error).strip())
            if len(text) > _LONGEST_TEXT:
                text = f"{text[:_LONGEST_TEXT]} …"
            fix = _NARROW_RANGE_FIX if _NARROW_RANGE in text else _FIX
            raise Mistake(
                f"LiteRT {litert_version()} refuses the model: {text}",
                field=self._field,
                fix=f"{fix}{_MICRO_FIX}" if self._field == _FILE_FIELD else fix,
            ) from error
