# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Quantizes a float `.tflite` file with ai-edge-quantizer: no TensorFlow, a few seconds."""

from __future__ import annotations

import contextlib
import io
import traceback
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer.algorithm_manager import AlgorithmName
from ai_edge_quantizer.calibrator import Calibrator
from ai_edge_quantizer.quantizer import Quantizer
from ai_edge_quantizer.utils.qsv_utils import min_max_update

from pants_tflite.sandbox.harness import run
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import IO_TYPES, Mode, find_mode, io_type
from pants_tflite.sandbox.quantization.op_versions import raise_versions
from pants_tflite.sandbox.quantization.quantize_protocol import QuantizeRequest
from pants_tflite.sandbox.quantization.recipe_fit import check_fits
from pants_tflite.sandbox.quantization.recipes import (
    Recipe,
    RecipeFile,
    io_entries,
    load_recipe,
    mode_recipe,
    read_recipe,
)
from pants_tflite.sandbox.samples.calibration import (
    Feeds,
    InputSpecs,
    calibration_feeds,
    first_samples,
    read_calibration,
)
from pants_tflite.sandbox.samples.npz_files import Dataset
from pants_tflite.sandbox.tflite.conversion_output import describe_calibration, write_conversion
from pants_tflite.sandbox.tflite.conversion_protocol import ConversionReport
from pants_tflite.sandbox.tflite.model_reader import parse_model
from pants_tflite.sandbox.tflite.packing import drop_metadata, pack, unpack

# They describe the float model: the oldest runtime that runs it, and how it was converted.
_STALE_METADATA = ("CONVERSION_METADATA", "min_runtime_version")
_TOOLS = ("ai-edge-litert", "ai-edge-quantizer")


def _refusal(message: str, error: Exception | None = None) -> Mistake:
    detail = "" if error is None else "".join(traceback.format_exception_only(error))
    return Mistake(
        message,
        field="engine",
        value="ai_edge",
        fix='Use `engine="tensorflow"`, or leave the op in float: add '
        '{"regex": ".*", "operation": "<ITS NAME>", "algorithm_key": "no_quantize"} to a `recipe`.',
        detail=detail,
    )


def _requested_io(mode: Mode | None, field: str, value: str | None) -> str | None:
    if mode is not None:
        return io_type(mode, field, value)
    if value is None or value in IO_TYPES:
        return value
    raise Mistake(
        f"`{field}` cannot be `{value}`",
        field=field,
        value=value,
        fix=f"Choose one of {', '.join(IO_TYPES)}, or leave `{field}` to the recipe.",
    )


def _recipe(request: QuantizeRequest, mode: Mode | None) -> RecipeFile:
    """The recipe to apply, inputs and outputs included; without entries if there is nothing to do."""
    if request.recipe is None and mode is None:
        raise Mistake(
            "the ai_edge engine has neither a mode nor a recipe",
            field="recipe",
            fix="Set `mode` to quantize as ai-edge-quantizer does by default, or write a `recipe`.",
        )
    if request.recipe is not None:
        recipe = read_recipe(request.recipe)
        load_recipe(recipe.entries)
    else:
        assert mode is not None
        recipe = RecipeFile(mode_recipe(mode, per_channel=request.per_channel))
    if not recipe.entries:
        return recipe
    io = io_entries(*_io_types(request, mode))
    return RecipeFile([*recipe.entries, *io], recipe.calibration_samples)


def _io_types(request: QuantizeRequest, mode: Mode | None) -> tuple[str | None, str | None]:
    return (
        _requested_io(mode, "input_type", request.input_type),
        _requested_io(mode, "output_type", request.output_type),
    )


def _signature_feeds(content: bytes, dataset: Dataset) -> dict[str, Feeds]:
    """The calibration samples for each signature of the model."""
    interpreter = Interpreter(model_content=content)
    orders = {signature.name: signature.inputs for signature in parse_model(content).signatures}
    specs = {}
    for signature in sorted(interpreter.get_signature_list()):
        found = interpreter.get_signature_runner(signature).get_input_details()
        details = {name: found[name] for name, _ in orders[signature]}
        shapes = {
            name: list(detail["shape_signature"]) or list(detail["shape"])
            for name, detail in details.items()
        }
        dtypes = {name: np.dtype(detail["dtype"]) for name, detail in details.items()}
        specs[signature] = InputSpecs(shapes, dtypes)
    if not specs:
        raise _refusal("the model has no signature, by which ai-edge-quantizer would calibrate it")
    return calibration_feeds(dataset, specs)


def _calibrate(content: bytes, entries: Recipe, dataset: Dataset, threads: int) -> dict[str, Any]:
    """The library's statistics for each tensor: the least and the greatest value in any sample.

    By default the library averages the samples' least and greatest values, with weights that
    favour the first ones. So it cuts off values that it has seen, and more of them the fewer
    samples there are. GPTQ needs statistics of its own, which only the library's way collects.
    """
    feeds = _signature_feeds(content, dataset)
    own_way = any(entry["algorithm_key"] == AlgorithmName.GPTQ.value for entry in entries)
    options = {} if own_way else {"qsv_update_func": min_max_update}
    calibrator = Calibrator(content, num_threads=threads, **options)
    calibrator.calibrate(feeds, load_recipe(entries))
    return calibrator.get_model_qsvs()


def _tensor_types(model: Any) -> Counter[int]:
    return Counter(tensor.type for subgraph in model.subgraphs for tensor in subgraph.tensors)


def _check_float(model: Any) -> None:
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            quantization = tensor.quantization
            if quantization is not None and quantization.scale is not None:
                raise Mistake(
                    f"the model is quantized already: its tensor `{tensor.name.decode()}` has a "
                    "scale",
                    field="saved_model",
                    fix="Start from the float model.",
                )


def _check_custom_ops(model: Any) -> None:
    names = sorted(code.customCode.decode() for code in model.operatorCodes if code.customCode)
    if names:
        raise Mistake(
            f"ai-edge-quantizer runs the model to calibrate it, and has no kernel for its custom "
            f"op {', '.join(names)}",
            field="custom_ops",
            value=", ".join(names),
            fix='Use `engine="tensorflow"`, or a mode or recipe that needs no calibration.',
        )


def quantize(
    content: bytes, entries: Recipe, dataset: Dataset | None, threads: int, *, must_change: bool
) -> bytes:
    """The float model in `content`, quantized by the recipe `entries`, all inside its flatbuffer.

    Raises Mistake where the library refuses, its result cannot be prepared, or, given
    `must_change`, no tensor's type changed.
    """
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # Progress bars.
            statistics = None
            if dataset is not None:
                statistics = _calibrate(
                    content=content, entries=entries, dataset=dataset, threads=threads
                )
            quantizer = Quantizer(bytearray(content), entries)
            result = quantizer.quantize(statistics, enable_progress_report=False)
    except Mistake:
        raise
    except Exception as error:
        raise _refusal("ai-edge-quantizer cannot quantize this model", error) from error
    model = unpack(bytes(result.quantized_model), field="saved_model")
    if must_change and _tensor_types(model) == _tensor_types(unpack(content, field="saved_model")):
        raise Mistake(
            "the recipe quantizes nothing in this model",
            field="recipe",
            fix="See that each `regex` matches the names of ops' outputs, and that the library "
            "supports the numbers of bits for those ops: it skips what it does not.",
        )
    raise_versions(model)
    drop_metadata(model, _STALE_METADATA)
    return pack(model)


def _check_prepares(content: bytes, threads: int) -> None:
    try:
        Interpreter(model_content=content, num_threads=threads).allocate_tensors()
    except (RuntimeError, ValueError) as error:
        if "unresolved custom op" not in str(error):
            raise _refusal(
                "ai-edge-quantizer made a model that LiteRT cannot prepare", error
            ) from error


def main(request: QuantizeRequest) -> None:
    mode = None if request.mode is None else find_mode(request.mode)
    recipe = _recipe(request, mode)
    entries = recipe.entries
    content = Path(request.model).read_bytes()
    model = unpack(content, field="saved_model")
    _check_float(model)
    dataset = None
    if entries:
        check_fits(entries, model)
        if load_recipe(entries).need_calibration():
            needed_by = f"the mode {mode.name}" if mode is not None else "the recipe"
            dataset = read_calibration(request.calibration, needed_by=needed_by)
            dataset = first_samples(dataset, recipe.calibration_samples)
            _check_custom_ops(model)
        given = request.recipe is not None
        content = quantize(
            content=content,
            entries=entries,
            dataset=dataset,
            threads=request.threads,
            must_change=given,
        )
        _check_prepares(content, request.threads)
    input_type, output_type = _io_types(request, mode)
    report = ConversionReport(
        engine="ai_edge",
        mode=request.mode,
        input_type=input_type,
        output_type=output_type,
        signatures=tuple(
            sorted(entry.signatureKey.decode() for entry in model.signatureDefs or [])
        ),
        calibration=describe_calibration(dataset),
        recipe=entries,
        tools={name: version(name) for name in _TOOLS},
    )
    write_conversion(content, report)


if __name__ == "__main__":
    run(main, QuantizeRequest)
