# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Converts a SavedModel to a `.tflite` file with TensorFlow's converter.

A process converts once: the converter does not give its memory back.
"""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any, ContextManager, Iterator, Mapping, Sequence

import numpy as np

from pants_tflite.sandbox.conversion.convert_protocol import ConvertRequest
from pants_tflite.sandbox.conversion.converter_errors import conversion_error
from pants_tflite.sandbox.conversion.silent_faults import check_converted
from pants_tflite.sandbox.harness import if_killed, run
from pants_tflite.sandbox.interpreter.custom_op_kernels import Kernel, registerers
from pants_tflite.sandbox.interpreter.kernel_loading import registerer
from pants_tflite.sandbox.interpreter.tensorflow_kernels import (
    all_tensorflow_ops,
    tensorflow_registrations,
)
from pants_tflite.sandbox.mistakes import Mistake
from pants_tflite.sandbox.modes import (
    HYBRID_MODE_NAMES,
    Mode,
    find_mode,
    io_type,
)
from pants_tflite.sandbox.samples.calibration import (
    Feeds,
    InputSpecs,
    calibration_feeds,
    read_calibration,
)
from pants_tflite.sandbox.saved_models.graph_ops import FAKE_QUANTIZATION, LOOPS, find_ops
from pants_tflite.sandbox.saved_models.saved_model_signatures import (
    Signature,
    choose_signatures,
    read_signatures,
)
from pants_tflite.sandbox.saved_models.tensorflow_runtime import start_tensorflow
from pants_tflite.sandbox.tflite.conversion_output import describe_calibration, write_conversion
from pants_tflite.sandbox.tflite.conversion_protocol import ConversionReport
from pants_tflite.sandbox.tflite.input_order import order_inputs

_BUILTINS, _TENSORFLOW = "TFLITE_BUILTINS", "SELECT_TF_OPS"


def _load(tensorflow: Any, path: Path, signatures: Sequence[str]) -> Any:
    """A converter for the SavedModel, without any options."""
    try:
        return tensorflow.lite.TFLiteConverter.from_saved_model(
            str(path), signature_keys=list(signatures)
        )
    except Exception as error:
        raise Mistake(
            f"the SavedModel `{path.name}` cannot be loaded",
            field="saved_model",
            value=path.name,
            fix="Export or copy it again, whole.",
            detail=f"{type(error).__name__}: {error}",
        ) from error


def _inputs(signature: Signature) -> InputSpecs:
    shapes = {}
    for name, shape in signature.shapes.items():
        if shape is None:
            raise Mistake(
                f"the input `{name}` of the SavedModel has no fixed number of dimensions, so that "
                "samples cannot be told from batches",
                field="saved_model",
                fix="Give the input a shape when exporting; single dimensions may be unknown.",
            )
        shapes[name] = shape
    return InputSpecs(shapes, signature.dtypes)


def _check_inputs(inputs: Mapping[str, InputSpecs], mode: Mode) -> None:
    """Raises Mistake where the converter's calibrator cannot call a signature.

    It refuses one without inputs, and finds no word in a table: all ranges are then those of the
    words that the table lacks.
    """
    for name, specs in inputs.items():
        has_text = any(dtype.kind == "O" for dtype in specs.dtypes.values())
        if has_text or not specs.shapes:
            raise Mistake(
                f"TensorFlow's converter cannot calibrate the signature `{name}`, which "
                f"{'takes text' if has_text else 'has no inputs'}, and without it none of the model "
                f"in the mode {mode.name}",
                field="signatures",
                value=", ".join(inputs),
                fix=(
                    f"Leave `{name}` out, give it numbers as inputs, or choose "
                    f"{' or '.join(HYBRID_MODE_NAMES)}, which need no calibration."
                ),
            )


def _set_mode(
    tensorflow: Any, converter: Any, mode: Mode, io_types: Sequence[str], request: ConvertRequest
) -> None:
    lite = tensorflow.lite
    # It records the version of TensorFlow, which `conversion.json` has too: an upgrade that changes
    # nothing in a model leaves its bytes, and all that is built from them, as they were.
    converter.exclude_conversion_metadata = True
    if mode.quantizes:
        converter.optimizations = [lite.Optimize.DEFAULT]
    if mode.has_float16_weights:
        converter.target_spec.supported_types = [tensorflow.float16]
    converter.target_spec.supported_ops = [lite.OpsSet[name] for name in _ops_sets(mode, request)]
    if not request.per_channel:
        converter._experimental_disable_per_channel = True
        converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    converter.inference_input_type = tensorflow.as_dtype(io_types[0])
    converter.inference_output_type = tensorflow.as_dtype(io_types[1])


def _ops_sets(mode: Mode, request: ConvertRequest) -> list[str]:
    """What the converter may use, by the names of `tf.lite.OpsSet`."""
    # The set for int8 alone insists on samples, which a quantization-aware model does not need.
    names = [_BUILTINS if request.quantization_aware else mode.converter_ops or _BUILTINS]
    if request.float_fallback:
        names.append(_BUILTINS)
    if request.select_tf_ops:
        names.append(_TENSORFLOW)
    return list(dict.fromkeys(names))


def _check_fake_quantization(path: Path, mode: Mode, *, is_expected: bool) -> None:
    """Raises Mistake where the mode does not go with a model's own quantization, or its lack."""
    found = find_ops(path, FAKE_QUANTIZATION)
    if is_expected and not found:
        raise Mistake(
            "the model has no fake quantization to take the ranges from",
            field="quantization_aware",
            value=True,
            fix="Train it with `tf.quantization.fake_quant_with_min_max_vars` around activations and "
            "weights, or leave `quantization_aware` out and give a `calibration` dataset.",
        )
    if found and mode.quantizes and not mode.has_integer_activations:
        raise Mistake(
            f"the model is quantized already: it was trained with fake quantization, such as the "
            f"{found[0].op} in `{found[0].layer}`, and TensorFlow's converter makes it int8 in "
            "whatever mode",
            field="quantization",
            value=mode.name,
            fix='Use `tflite_quantization(mode="int8", quantization_aware=True)`, which needs no '
            "samples, or convert the model that it was trained from.",
        )


def _foreseeing_crash(path: Path, mode: Mode) -> ContextManager[None]:
    """Reports the known cause if the converter kills the process: quantizing a loop does."""
    loops = find_ops(path, LOOPS) if mode.has_integer_activations else []
    if not loops:
        return nullcontext()
    layers = ", ".join(dict.fromkeys(f"`{loop.layer}`" for loop in loops if loop.layer))
    return if_killed(
        Mistake(
            f"TensorFlow's converter crashes on quantizing the loop in {layers or 'the model'}",
            field="quantization",
            value=mode.name,
            fix="Give the recurrent layer `unroll=True`, as in `keras.layers.GRU(8, unroll=True)`, "
            "which makes each of its steps ops that can be quantized. Or choose "
            f"{' or '.join(HYBRID_MODE_NAMES)}, which keep the loop.",
        )
    )


def _set_calibration(converter: Any, feeds: Mapping[str, Feeds], request: ConvertRequest) -> None:
    def representative_dataset() -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        for signature, signature_feeds in feeds.items():
            for feed in signature_feeds:
                yield signature, feed

    converter.representative_dataset = representative_dataset
    # Calibration runs the model, so it needs the kernels of its custom ops.
    functions = registerers(Kernel.of_all(request.kernels))
    if request.select_tf_ops:
        functions.append(registerer(tensorflow_registrations(all_tensorflow_ops())))
    converter.target_spec._experimental_custom_op_registerers = functions


def main(request: ConvertRequest) -> None:
    convert(request, start_tensorflow(threads=request.threads, with_keras=False))


def convert(request: ConvertRequest, tensorflow: Any) -> None:
    """Writes the model and its report, by a TensorFlow that was started."""
    mode = find_mode(request.mode)
    input_type = io_type(mode, "input_type", request.input_type)
    output_type = io_type(mode, "output_type", request.output_type)
    dataset = None
    if mode.calibrates and not request.quantization_aware:
        dataset = read_calibration(request.calibration, needed_by=f"the mode {mode.name}")
    path = Path(request.saved_model)
    warnings.simplefilter("ignore")
    available = read_signatures(path)
    signatures = choose_signatures(available, request.signatures)
    _check_fake_quantization(path, mode, is_expected=request.quantization_aware)
    feeds = {}
    if dataset is not None:
        inputs = {key: _inputs(available[key]) for key in signatures}
        _check_inputs(inputs, mode)
        feeds = calibration_feeds(dataset, inputs)
    converter = _load(tensorflow, path, signatures)
    _set_mode(
        tensorflow=tensorflow,
        converter=converter,
        mode=mode,
        io_types=(input_type, output_type),
        request=request,
    )
    if feeds:
        _set_calibration(converter, feeds, request)
    converter.allow_custom_ops = bool(request.custom_ops)
    from tensorflow.lite.python import schema_py_generated as schema

    try:
        with _foreseeing_crash(path, mode):
            content = bytes(converter.convert())
    except Exception as error:
        raise conversion_error(error, mode.name) from error
    content = order_inputs(
        content, {key: list(available[key].shapes) for key in signatures}, schema
    )
    check_converted(
        content,
        signatures=signatures,
        custom_ops=request.custom_ops,
        select_tf_ops=request.select_tf_ops,
    )
    report = ConversionReport(
        engine="tensorflow",
        mode=mode.name,
        input_type=input_type,
        output_type=output_type,
        signatures=tuple(signatures),
        calibration=describe_calibration(dataset),
        recipe=None,
        tools={"tensorflow": tensorflow.__version__},
    )
    write_conversion(content, report)


if __name__ == "__main__":
    run(main, ConvertRequest)
