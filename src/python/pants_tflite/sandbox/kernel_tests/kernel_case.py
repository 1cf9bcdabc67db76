# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A case of a kernel's test: an op's inputs, and the outputs that it must have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.constants import KERNEL_TOLERANCE
from pants_tflite.sandbox.kernel_tests.write_kernel_cases_protocol import (
    CaseEntry,
    CasesReport,
    TensorEntry,
)
from pants_tflite.sandbox.samples.npz_files import read_npz, write_npz

ARRAYS_FILE = "cases.npz"
DTYPES = ("bool", "float32", "int16", "int32", "int64", "int8", "uint8")
_KEYS = ("inputs", "name", "options", "outputs", "tolerance")


class BadCase(ValueError):
    """A case that cannot be read; the text completes "the case …"."""


@dataclass(frozen=True)
class CaseTensor:
    """What a tensor stores, and its quantization: real = scale * (stored - zero point)."""

    array: np.ndarray
    scale: float | None = None
    zero_point: int = 0

    @classmethod
    def parse(cls, value: Any, what: str) -> CaseTensor:
        """Reads an array, or an array with its scale and its zero point."""
        quantization: tuple[float | None, int] = (None, 0)
        if isinstance(value, tuple):
            if len(value) != 3:
                raise BadCase(f"has in its {what} a tuple that is not (array, scale, zero point)")
            value, quantization = value[0], (float(value[1]), int(value[2]))
        array = np.asarray(value)
        if array.dtype.name not in DTYPES:
            raise BadCase(
                f"has in its {what} an array of {array.dtype.name}; a kernel is tested with "
                f"{', '.join(DTYPES)}"
            )
        return cls(array, *quantization)


@dataclass(frozen=True)
class Case:
    """`options` becomes the op's FlexBuffer. `tolerance` is how far an output may be off."""

    name: str
    inputs: tuple[CaseTensor, ...]
    outputs: tuple[CaseTensor, ...]
    options: Mapping[str, Any]
    tolerance: float | None = None

    @classmethod
    def parse(cls, value: Any, position: int) -> Case:
        """Reads what a user's function yielded. Raises BadCase if it is not a case."""
        if not isinstance(value, Mapping):
            raise BadCase(f"is a `{type(value).__name__}`, not a dict")
        unknown = sorted(set(value) - set(_KEYS))
        if unknown or not {"inputs", "outputs"} <= set(value):
            raise BadCase(
                f"has the keys {', '.join(map(str, value))}; `inputs` and `outputs` are needed, "
                "and `options`, `name` and `tolerance` are known besides"
            )
        inputs = [CaseTensor.parse(item, "`inputs`") for item in _listed(value["inputs"], "inputs")]
        outputs = value["outputs"]
        if callable(outputs):
            outputs = _call(outputs, inputs)
        tolerance = value.get("tolerance")
        return cls(
            name=str(value.get("name", position)),
            inputs=tuple(inputs),
            outputs=tuple(
                CaseTensor.parse(item, "`outputs`") for item in _listed(outputs, "outputs")
            ),
            options=_options(value.get("options") or {}),
            tolerance=None if tolerance is None else float(tolerance),
        )

    def allowed(self, expected: np.ndarray) -> np.ndarray:
        """How far each element may be from `expected`."""
        if self.tolerance is not None:
            return np.full(expected.shape, self.tolerance)
        if expected.dtype.kind != "f":
            return np.zeros(expected.shape)
        size = np.nan_to_num(np.abs(expected.astype(np.float64)), nan=0, posinf=0)
        return KERNEL_TOLERANCE * np.maximum(1, size)


def _listed(value: Any, key: str) -> Sequence[Any]:
    if not isinstance(value, list) or (key == "outputs" and not value):
        raise BadCase(f"has in `{key}` nothing that is a list of one tensor or more")
    return value


def _call(reference: Callable[..., Any], inputs: Sequence[CaseTensor]) -> list[Any]:
    result = reference(*(tensor.array for tensor in inputs))
    return result if isinstance(result, list) else [result]


def _options(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(
        isinstance(key, str) and isinstance(item, (bool, int, float, str))
        for key, item in value.items()
    ):
        raise BadCase("has `options` that are not numbers, flags and texts by name")
    return dict(sorted(value.items()))


def write_cases(folder: Path, cases: Sequence[Case]) -> None:
    """Writes the cases so that equal cases are equal bytes."""
    arrays: dict[str, np.ndarray] = {}

    def entries(prefix: str, tensors: Sequence[CaseTensor]) -> tuple[TensorEntry, ...]:
        names = [f"{prefix}/{position}" for position in range(len(tensors))]
        arrays.update({name: tensor.array for name, tensor in zip(names, tensors)})
        return tuple(
            TensorEntry(name, tensor.scale, tensor.zero_point)
            for name, tensor in zip(names, tensors)
        )

    report = CasesReport(
        tuple(
            CaseEntry(
                name=case.name,
                inputs=entries(f"{index}/inputs", case.inputs),
                outputs=entries(f"{index}/outputs", case.outputs),
                options=case.options,
                tolerance=case.tolerance,
            )
            for index, case in enumerate(cases)
        )
    )
    write_npz(folder / ARRAYS_FILE, arrays)
    (folder / CasesReport.FILE).write_bytes(report.render())


def read_cases(folder: Path) -> list[Case]:
    """The cases that `write_cases` wrote."""
    arrays = read_npz(folder / ARRAYS_FILE)

    def tensors(entries: Sequence[TensorEntry]) -> tuple[CaseTensor, ...]:
        return tuple(
            CaseTensor(arrays[entry.array], entry.scale, entry.zero_point) for entry in entries
        )

    return [
        Case(
            name=entry.name,
            inputs=tensors(entry.inputs),
            outputs=tensors(entry.outputs),
            options=entry.options,
            tolerance=entry.tolerance,
        )
        for entry in CasesReport.parse((folder / CasesReport.FILE).read_bytes()).cases
    ]
