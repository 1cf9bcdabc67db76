# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Running a model in a process of its own, since a damaged one can kill it: with LiteRT, or with
TensorFlow if it takes ops from there."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel, registerers
from pants_tflite.sandbox.interpreter.interpreter_libraries import (
    LITERT,
    TENSORFLOW,
    InterpreterLibrary,
)
from pants_tflite.sandbox.interpreter.kernel_loading import registerer
from pants_tflite.sandbox.interpreter.tensorflow_kernels import tensorflow_registrations
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.texts import shorten
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Signature

# Plain C++ loops, so results are the same on every machine and, for integers, on every device. A
# 224x224 MobileNetV2 takes 0.15 to 0.4 s a sample with them, and a tenth of it with the fast ones.
# These are names of the interpreters' `OpResolverType`.
REFERENCE_KERNELS = "BUILTIN_REF"
FAST_KERNELS = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
# What an app gets that asks for nothing: the fast ones, with XNNPACK for the ops that it has.
DEFAULT_KERNELS = "BUILTIN"
# Of an op that only the fast ones have, such as those of tables.
_LACKING_KERNEL = "Didn't find op for builtin opcode"
_STATES = ("resource", "variant")
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
_LOOKUP = "HASHTABLE_FIND"
# LiteRT joins what it says about several tensors without a space.
_SENTENCE_ENDS = re.compile(r"(?<=\.)(?=[A-Z])|(?<=parameters\.)(?=[a-z])")


def interpreter_library(model: Model) -> InterpreterLibrary:
    """What runs the model: TensorFlow if it takes ops from there."""
    return TENSORFLOW if model.select_tf_ops else LITERT


def without_repetition(text: str) -> str:
    """What LiteRT says of the first of several tensors that it says the same of."""
    sentences: dict[str, str] = {}
    for sentence in _SENTENCE_ENDS.split(text):
        sentences.setdefault(re.sub(r"\d+", "", sentence), sentence)
    return " ".join(sentences.values())


def _table_fix(model: Model) -> str | None:
    """The fix for a model that looks one word up in a table, if it is one of those that fail.

    The file has a scalar for what a table yields. LiteRT learns its real shape with the first call, too
    late for the ops behind it, unless the input's shape is fixed or the call changes it.
    """
    if all(code.name != _LOOKUP for code in model.op_codes):
        return None
    shapes = {
        name: list(tensor.shape)
        for signature in model.callables
        for name, tensor in signature.inputs
        if tensor.dtype == "string" and None in tensor.shape_signature and tensor.elements == 1
    }
    if not shapes:
        return None
    return (
        "LiteRT takes what a table yields for a single word for a scalar if the batch is open. Fix the "
        f"shape of the text, with `input_shapes={shapes}` or in the model's code."
    )


def _refuse_states(model: Model) -> None:
    """Raises Mistake if an op of TensorFlow keeps something that is no array, such as a table."""
    for graph in model.subgraphs:
        for op in graph.ops:
            tensors = [graph.tensors[index] for index in (*op.inputs, *op.outputs)]
            dtypes = [tensor.dtype for tensor in tensors if tensor.dtype in _STATES]
            if op.code.select_tf_op and dtypes:
                raise Mistake(
                    f"the op {op.code.select_tf_op} works on a {dtypes[0]} of TensorFlow's, which no "
                    "interpreter on this machine has",
                    field="select_tf_ops",
                    value=op.code.select_tf_op,
                    fix="Keep tables, lists and variables of TensorFlow outside of the model.",
                )


class LoadedModel:
    """A model ready to run; its variables, if it has any, last until `reset`."""

    def __init__(
        self,
        path: Path,
        model: Model,
        *,
        field: str | None,
        kernels: str = REFERENCE_KERNELS,
        threads: int = 1,
        custom_kernels: Sequence[Kernel] = (),
        keeps_tensors: bool = False,
    ) -> None:
        """Loads the file at `path`, of which `model` is the content.

        `custom_kernels` are those of its custom ops. With `keeps_tensors` the values inside of the
        model can be read after a run; else the memory of one is used again for the next.

        This and `run` raise Mistake, blaming `field`, where the interpreter refuses the model.
        """
        self.kernels = kernels
        self._model = model
        self._field = field
        self._library = interpreter_library(model)
        module = self._library.load()
        functions = registerers(custom_kernels)
        if model.select_tf_ops:
            _refuse_states(model)
            functions.append(registerer(tensorflow_registrations(model.select_tf_ops)))

        def load() -> Any:
            with self._explaining():
                return module.InterpreterWithCustomOps(
                    custom_op_registerers=functions,
                    model_path=str(path),
                    num_threads=threads,
                    experimental_op_resolver_type=module.OpResolverType[kernels],
                    experimental_preserve_all_tensors=keeps_tensors,
                )

        self._load = load
        self._interpreter = load()
        self._is_fresh = True

    @classmethod
    def with_reference_kernels(
        cls,
        path: Path,
        model: Model,
        *,
        field: str | None,
        custom_kernels: Sequence[Kernel],
        keeps_tensors: bool = False,
    ) -> LoadedModel:
        """The model with the reference kernels, or with the fast ones if one of its ops has no
        other."""

        def load(kernels: str) -> LoadedModel:
            return cls(
                path,
                model,
                field=field,
                kernels=kernels,
                custom_kernels=custom_kernels,
                keeps_tensors=keeps_tensors,
            )

        try:
            return load(REFERENCE_KERNELS)
        except Mistake as error:
            if _LACKING_KERNEL not in error.message:
                raise
        return load(FAST_KERNELS)

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

    def allocate(self) -> None:
        """Raises Mistake where the interpreter refuses the model, before it runs."""
        with self._explaining():
            self._interpreter.allocate_tensors()

    def tensor(self, index: int, subgraph: int = 0) -> np.ndarray:
        """The stored value of a tensor after a run, of a model that keeps its tensors."""
        with self._explaining():
            value: np.ndarray = self._interpreter.get_tensor(index, subgraph)
            return value

    def prepare(self, signature: Signature, feed: Mapping[str, np.ndarray]) -> Callable[[], object]:
        """What calls a signature, for those who time it. The stored inputs are in already if its graph
        is the main one, and it was `run` before with inputs of the same shapes."""
        self._is_fresh = False
        if signature.subgraph:
            runner = self._interpreter.get_signature_runner(signature.name)
            return lambda: runner(**feed)
        tensors = self._model.subgraphs[signature.subgraph].tensors
        for name, tensor in signature.inputs:
            index = next(index for index, other in enumerate(tensors) if other is tensor)
            self._interpreter.set_tensor(index, feed[name])
        invoke: Callable[[], object] = self._interpreter.invoke
        return invoke

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
            text = shorten(without_repetition(str(error).strip()), _LONGEST_TEXT)
            fix = _NARROW_RANGE_FIX if _NARROW_RANGE in text else _table_fix(self._model) or _FIX
            raise Mistake(
                f"{self._library} refuses the model: {text}",
                field=self._field,
                fix=f"{fix}{_MICRO_FIX}" if self._field == _FILE_FIELD else fix,
            ) from error
