# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Replays the golden vectors of an unpacked archive, and names what comes out otherwise.

By default with the reference kernels, with which they were recorded: integers are then the same on
every processor, and floats differ by their last bits.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Mapping, Sequence

import numpy as np

from pants_tflite.linux.sandbox.unpacked_archive import UnpackedArchive
from pants_tflite.sandbox.interpreter.litert_interpreter import FAST_KERNELS, LoadedModel
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.prediction.tensor_values import BadInput
from pants_tflite.sandbox.samples.npz_files import SEQUENCE, read_npz, to_stored
from pants_tflite.sandbox.tflite.flatbuffer_model import Model, Signature, Tensor
from pants_tflite.sandbox.tflite.manifest_protocol import BundledModel
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.random_ops import random_ops

FAILED_EXIT_CODE = 1
MISTAKE_EXIT_CODE = 2
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Allowed:
    """How far outputs may be off: a quantized one by `steps`, one of floats by `tolerance` times the
    largest number of its golden output. All others must be the same."""

    steps: int = 0
    tolerance: float = _TOLERANCE

    def of(self, tensor: Tensor, expected: np.ndarray) -> float:
        if expected.dtype.kind == "f":
            return self.tolerance * float(np.max(np.abs(_finite(expected)), initial=0))
        return self.steps if tensor.quantization is not None else 0


@dataclass(frozen=True)
class Difference:
    """The element of an output that is furthest off, and by how much."""

    index: tuple[int, ...]
    expected: object
    found: object
    distance: float

    def text(self) -> str:
        return f"{list(self.index)} is {self.found!s}, and was {self.expected!s} in the build"


def _finite(array: np.ndarray) -> np.ndarray:
    finite: np.ndarray = array[np.isfinite(array)].astype(np.float64)
    return finite


def find_difference(expected: np.ndarray, found: np.ndarray) -> Difference | None:
    """The largest one, None if both are the same. They have one shape and type."""
    same = expected == found
    if expected.dtype.kind == "f":
        same |= np.isnan(expected) & np.isnan(found)
    if same.all():
        return None
    if expected.dtype.kind in "fiu":
        wide = np.longdouble if expected.dtype.kind in "iu" else np.float64
        with np.errstate(invalid="ignore"):
            distances = np.abs(expected.astype(wide) - found.astype(wide))
        # NaN on only one side, and infinity, count as the largest difference.
        distances[np.isnan(distances)] = np.inf
    else:
        distances = np.full(expected.shape, np.inf)
    distances[same] = 0
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(distances)), expected.shape))
    return Difference(index, expected[index], found[index], float(distances[index]))


@dataclass(frozen=True)
class GoldenCalls:
    """The calls of one signature, each with its inputs and outputs by name. Those in a `sequence` are in
    turn; before all others the model is brought into the state in which it was loaded."""

    signature: Signature
    calls: tuple[tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]], ...]
    sequence: bool

    @classmethod
    def read(
        cls,
        signature: Signature,
        inputs: Mapping[str, np.ndarray],
        outputs: Mapping[str, np.ndarray],
    ) -> GoldenCalls | None:
        """None if the build did not run the signature. Raises BadInput if files are not of this model."""
        given = {name: inputs.get(f"{signature.name}/{name}") for name, _ in signature.inputs}
        wanted = {name: outputs.get(f"{signature.name}/{name}") for name, _ in signature.outputs}
        arrays = {**given, **wanted}
        present = [array for array in arrays.values() if array is not None]
        if not present:
            return None
        counts = {len(array) for array in present if array.ndim}
        if len(present) != len(arrays) or len(counts) != 1:
            raise BadInput(
                f"the golden files do not fit `{signature.name}`; unpack the archive again"
            )
        calls = tuple(
            (
                {name: _fed(array[call]) for name, array in given.items() if array is not None},
                {name: array[call] for name, array in wanted.items() if array is not None},
            )
            for call in range(counts.pop())
        )
        return cls(signature, calls, sequence=f"{signature.name}/{SEQUENCE}" in inputs)


def _fed(array: np.ndarray) -> np.ndarray:
    """An array as the interpreter takes it: files hold text as bytes of one length."""
    return np.asarray(array, dtype=object) if array.dtype.kind == "S" else np.asarray(array)


def _failures(loaded: LoadedModel, golden: GoldenCalls, allowed: Allowed) -> Iterator[str]:
    """A line for each output of a call that is too far off."""
    if golden.sequence:
        loaded.reset()
    for number, (feed, wanted) in enumerate(golden.calls):
        if not golden.sequence:
            loaded.reset()
        results = loaded.run(golden.signature, feed)
        for name, tensor in golden.signature.outputs:
            expected, found = np.asarray(wanted[name]), to_stored(np.asarray(results[name]))
            where = f"{golden.signature.name}, call {number}: {name}"
            if found.shape != expected.shape or found.dtype.kind != expected.dtype.kind:
                yield (
                    f"{where} is {found.dtype} {list(found.shape)}, and was {expected.dtype} "
                    f"{list(expected.shape)} in the build"
                )
                continue
            difference = find_difference(expected, found.reshape(expected.shape))
            if difference and not difference.distance <= allowed.of(tensor, expected):
                yield f"{where}{difference.text()}"


def _read_golden(
    archive: UnpackedArchive, entry: BundledModel
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The inputs and outputs of the build's calls."""
    golden = entry.golden_files
    if golden is None:
        raise BadInput(f"the archive has no golden vectors for `{entry.name}`")
    for file in (golden.inputs, golden.outputs):
        archive.read_intact(file)
    return read_npz(archive.folder / golden.inputs), read_npz(archive.folder / golden.outputs)


def _replay(
    archive: UnpackedArchive, name: str, options: argparse.Namespace
) -> Iterator[tuple[str, bool]]:
    """What to say of each signature of the model called `name`, and whether it is as in the build."""
    entry = archive.find_model(name)
    model: Model = parse_model(archive.read_intact(entry.file))
    random = random_ops(model)
    if random:
        yield f"{name}: not compared, for it draws random numbers by {', '.join(random)}", True
        return
    path, kernels = archive.folder / entry.file, archive.kernels()
    if options.fast:
        loaded = LoadedModel(path, model, field=None, kernels=FAST_KERNELS, custom_kernels=kernels)
    else:
        loaded = LoadedModel.with_reference_kernels(path, model, field=None, custom_kernels=kernels)
    inputs, outputs = _read_golden(archive, entry)
    allowed = Allowed(options.steps, options.tolerance)
    for signature in model.callables:
        golden = GoldenCalls.read(signature, inputs, outputs)
        if golden is None:
            yield f"{name}: {signature.name} was not run in the build", True
            continue
        failures = list(_failures(loaded, golden, allowed))
        for failure in failures:
            yield f"{name}: {failure}", False
        if not failures:
            yield f"{name}: {signature.name} is as in the build, calls: {len(golden.calls)}", True


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number of 0 or more")
    return int(text)


def _size(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of 0 or more")
    return value


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="self_test.py",
        description=(
            "Runs the models of this folder on their golden inputs, and compares what comes out with "
            "what came out in the build. Exit code 1 if an output differs."
        ),
    )
    parser.add_argument("--model", metavar="NAME", help="only this one")
    parser.add_argument(
        "--fast",
        action="store_true",
        help="use the kernels of predict.py, not the reference kernels, which integers are recorded with",
    )
    parser.add_argument(
        "--steps",
        type=_count,
        default=0,
        help="how many steps a quantized output may be off (default: %(default)s)",
    )
    parser.add_argument(
        "--tolerance",
        type=_size,
        default=_TOLERANCE,
        help=(
            "how far a float output may be off, as a part of its largest number "
            "(default: %(default)s)"
        ),
    )
    return parser.parse_args(arguments)


def run(options: argparse.Namespace, folder: Path) -> bool:
    """Prints how each model does; returns whether all are as in the build."""
    archive = UnpackedArchive.read(folder)
    names = [model.name for model in archive.manifest.models]
    if options.model is not None:
        names = [archive.find_model(options.model).name]
    passed = True
    for name in names:
        for line, good in _replay(archive, name, options):
            print(line)
            passed = passed and good
    return passed


def main(arguments: Sequence[str], *, folder: Path) -> int:
    """Runs the program over the archive in `folder`; a mistake is a line on stderr and exit code 2."""
    options = parse_arguments(arguments)
    try:
        return 0 if run(options, folder) else FAILED_EXIT_CODE
    except Mistake as error:
        print(f"self_test: {error.message}. {error.fix}", file=sys.stderr)
    except BadInput as error:
        print(f"self_test: {error}", file=sys.stderr)
    return MISTAKE_EXIT_CODE
