# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Runs a dataset function and stores its samples, so that they can be read any number of times."""

from __future__ import annotations

import itertools
import random
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator, Mapping

import numpy as np

from pants_tflite.sandbox.entry_point import call_function, fix_of, load_function
from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.harness import (
    OUTPUT_DIR,
    run,
    user_traceback,
    users_code,
    write_report,
)
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.outside_use import reporting_outside_use
from pants_tflite.sandbox.samples.dataset_values import (
    Sample,
    SampleError,
    check_alike,
    parse_sample,
)
from pants_tflite.sandbox.samples.npz_files import Dataset, fingerprint, write_npz
from pants_tflite.sandbox.samples.sample_dataset_protocol import (
    ArrayInfo,
    DatasetReport,
    SampleRequest,
)
from pants_tflite.sandbox.samples.sample_files import SampleFiles

_END = object()
# An endless generator ends at one of them, instead of filling the disk or going on for hours.
MAX_BYTES = 4 << 30
MAX_SAMPLES = 1_000_000


def _entry_point_error(
    entry_point: EntryPointFunction, message: str, fix: str, detail: str = ""
) -> Mistake:
    return Mistake(
        f"{entry_point} {message}",
        field="entry_point",
        value=entry_point.field_value,
        fix=fix,
        detail=detail,
    )


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)
    # TensorFlow is not needed here, but the user's own code may shuffle with it.
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].random.set_seed(seed)


def _iterate(entry_point: EntryPointFunction, result: Any) -> Iterator[Any]:
    """Yields what `result` yields. Raises Mistake where it yields nothing ever, or raises."""
    if isinstance(result, (str, bytes, Mapping)) or not hasattr(type(result), "__iter__"):
        raise _entry_point_error(
            entry_point,
            f"returned `{type(result).__name__}`, not a sequence of samples",
            "`yield` each sample, or return a list, an iterator or a tf.data.Dataset.",
        )
    try:
        items = iter(result)
        while True:
            with users_code():
                item = next(items, _END)
            if item is _END:
                return
            yield item
    except BaseException as error:
        if isinstance(error, (GeneratorExit, Mistake)):
            raise
        raise _entry_point_error(
            entry_point=entry_point,
            message=f"raised {type(error).__name__} while yielding samples: {error}",
            fix=fix_of(error),
            detail=user_traceback(error, below=__file__),
        ) from error


def _collect(
    entry_point: EntryPointFunction, items: Iterator[Any], samples: SampleFiles, is_bound: bool
) -> int:
    """Adds all `items` to `samples`, and returns how many there are.

    Raises Mistake for wrong ones, and for too many, in number only if the target bounds them not.
    """
    count = 0
    first: Sample | None = None
    for index, item in enumerate(items):
        try:
            sample = parse_sample(item, index)
            first = first or sample
            check_alike(first, sample, index)
        except SampleError as error:
            raise _entry_point_error(entry_point, f"yielded wrong samples: {error}", error.fix)
        samples.append(sample)
        count = index + 1
        too_much = samples.size > MAX_BYTES
        if too_much or (count > MAX_SAMPLES and not is_bound):
            limit = f"{MAX_BYTES >> 20} MiB" if too_much else f"{MAX_SAMPLES:,} samples"
            raise Mistake(
                f"the dataset passes {limit} with its sample {index}, and goes on",
                field="max_samples",
                fix="Set `max_samples`: a few hundred samples suffice to calibrate and to compare.",
            )
    return count


def collect_dataset(
    call: EntryPointCall, max_samples: int | None, seed: int, folder: Path
) -> Dataset:
    """At most `max_samples` of what the dataset function yields when it is called.

    The arrays are read from files in `folder`, which exists, as long as they are used.

    Raises Mistake where there are none, or they cannot be stacked into arrays of finite numbers.
    """
    if max_samples is not None and max_samples < 1:
        raise Mistake(
            f"`max_samples` is {max_samples}",
            field="max_samples",
            value=max_samples,
            fix="Take at least one sample, or leave `max_samples` out to take all.",
        )
    entry_point = call.entry_point
    _seed(seed)
    load_function(entry_point)
    _seed(seed)
    result = call_function(call)
    items = _iterate(entry_point, result)
    samples = SampleFiles(folder.absolute())
    taken = itertools.islice(items, max_samples)
    if not _collect(entry_point, taken, samples, is_bound=max_samples is not None):
        raise _entry_point_error(
            entry_point,
            "yielded no samples",
            "Check the path it reads from. A generator or iterator can be read only once: create "
            "it inside the function, not at the top of the module.",
        )
    return samples.stacked()


def check_sequences(dataset: Dataset, entry_point: EntryPointFunction) -> None:
    """Raises Mistake where samples are no sequences of calls."""
    counts = {
        name: array.shape[1] if array.ndim > 1 else 0 for name, array in dataset.inputs.items()
    }
    if len(set(counts.values())) > 1 or not all(counts.values()):
        text = ", ".join(
            f"{name}: {list(dataset.inputs[name].shape[1:])}" for name in sorted(counts)
        )
        raise Mistake(
            f"the samples of {entry_point} are no sequences of calls: the first dimension of every "
            f"input must be the calls, and as long as that of the others; the shapes are {text}",
            field="sequence",
            value=True,
            fix="Yield arrays of shape (calls, …), or leave `sequence` out.",
        )


def _describe(name: str, array: np.ndarray) -> ArrayInfo:
    dtype = "string" if array.dtype.kind == "S" else array.dtype.name
    return ArrayInfo(name, tuple(array.shape[1:]), dtype)


def main(request: SampleRequest) -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        _sample(request, Path(folder))


def _sample(request: SampleRequest, folder: Path) -> None:
    with reporting_outside_use() as notes:
        dataset = collect_dataset(
            request.call, max_samples=request.max_samples, seed=request.seed, folder=folder
        )
    outside = notes.to_report().kinds
    if request.sequence:
        check_sequences(dataset, request.call.entry_point)
        dataset = replace(dataset, sequence=True)
    arrays = dataset.to_arrays()
    write_npz(OUTPUT_DIR / "dataset.npz", arrays)
    write_report(
        DatasetReport(
            count=len(dataset),
            fingerprint=fingerprint(arrays),
            inputs=tuple(_describe(name, array) for name, array in sorted(dataset.inputs.items())),
            labels=None if dataset.label is None else _describe("label", dataset.label),
            sequence=dataset.sequence,
            outside=outside,
        )
    )


if __name__ == "__main__":
    run(main, SampleRequest)
