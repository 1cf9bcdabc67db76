# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a team has instead of this backend: one script that trains, converts and compares.

Run in the root of a workspace, it writes SavedModels, models and what they were compared with below `out/`. `all` does
everything in one process; Make and DVC run the steps one by one, and only those that they have to:

python steps.py all
python steps.py train MODEL
python steps.py convert MODEL VARIANT
python steps.py verify MODEL VARIANT
python steps.py bundle MODEL VARIANT LABELS
"""

from __future__ import annotations

import json
import sys
import tarfile
from itertools import islice
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np

OUT = Path("out")
VERIFIED_SAMPLES = 16
# The root of the mean squared difference, divided by the standard deviation of the SavedModel's outputs.
TOLERANCES = {"float32": 0.001, "float16": 0.02}
OTHER_TOLERANCE = 0.25

VARIANTS = {
    "digits": (
        "float32",
        "dynamic_range",
        "float16",
        "int8",
        "int16x8",
        "int8_io",
        "int8_ai_edge",
        "int4_weights",
        "tuned",
    ),
    "classifier": ("float32", "dynamic_range", "float16", "int8"),
}
CALIBRATION_SAMPLES = {"digits": 200, "classifier": 100}
BUNDLE = ("classifier", "int8", "models/cats_vs_dogs/labels.txt")
RECIPES = {"int4_weights": "int4_weights.json", "tuned": "tuned.json"}


def train(model: str) -> None:
    """Writes the SavedModel of `model`."""
    if model == "digits":
        from models.digits.train import export

        trained = export()
    elif model == "features":
        from models.cats_vs_dogs.features import export as export_features

        trained = export_features()
    else:
        from models.cats_vs_dogs.classifier import export as export_classifier

        trained = export_classifier(OUT / "features")
    trained.export(OUT / model, format="tf_saved_model", verbose=False)


def convert(model: str, variant: str) -> None:
    """Writes the variant's `.tflite` file."""
    if variant in ("int8_ai_edge", *RECIPES):
        content = _quantize(model, variant)
    else:
        content = _convert(model, variant)
    (OUT / f"{model}.{variant}.tflite").write_bytes(content)


def verify(model: str, variant: str) -> None:
    """Raises SystemExit if the variant's outputs are too far from the SavedModel's."""
    from ai_edge_litert.interpreter import Interpreter

    samples = _samples(model, "validation", VERIFIED_SAMPLES)
    expected = _saved_model_outputs(model, samples)
    interpreter = Interpreter(str(OUT / f"{model}.{variant}.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    (x,), (y,) = interpreter.get_input_details(), interpreter.get_output_details()
    outputs = []
    for sample in samples:
        interpreter.set_tensor(x["index"], _quantized(sample[np.newaxis], x))
        interpreter.invoke()
        outputs.append(_dequantized(interpreter.get_tensor(y["index"])[0], y))
    difference = float(np.sqrt(np.mean((np.stack(outputs) - expected) ** 2)) / np.std(expected))
    tolerance = TOLERANCES.get(variant, OTHER_TOLERANCE)
    if not difference <= tolerance:
        raise SystemExit(f"{model}.{variant} is off by {difference:.3g}, more than {tolerance}")
    report = {"difference": difference, "size": (OUT / f"{model}.{variant}.tflite").stat().st_size}
    (OUT / f"{model}.{variant}.json").write_text(json.dumps(report, sort_keys=True) + "\n")


def bundle(model: str, variant: str, labels: str) -> None:
    """Writes a `.tar.gz` of a verified variant with its labels."""
    files = [OUT / f"{model}.{variant}{suffix}" for suffix in (".tflite", ".json")]
    with tarfile.open(OUT / f"{model}.{variant}.tar.gz", "w:gz") as archive:
        for path in (*files, Path(labels)):
            archive.add(path, arcname=path.name)


def build_all() -> None:
    """Everything, one after the other."""
    for model in ("digits", "features", "classifier"):
        train(model)
    for model, variants in VARIANTS.items():
        for variant in variants:
            convert(model, variant)
            verify(model, variant)
    bundle(*BUNDLE)


def _data(model: str) -> Any:
    from models.cats_vs_dogs import data as pictures
    from models.digits import data as digits

    return digits if model == "digits" else pictures


def _samples(model: str, kind: str, count: int) -> np.ndarray:
    samples = getattr(_data(model), kind)()
    return np.stack([np.asarray(item[0], np.float32) for item in islice(samples, count)])


def _convert(model: str, variant: str) -> bytes:
    import tensorflow as tf

    def representative_dataset() -> Iterator[list[np.ndarray]]:
        for sample in _samples(model, "calibration", CALIBRATION_SAMPLES[model]):
            yield [sample[np.newaxis]]

    converter = tf.lite.TFLiteConverter.from_saved_model(str(OUT / model))
    if variant != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if variant == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if variant in ("int8", "int8_io"):
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    if variant == "int16x8":
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        ]
    if variant in ("int8", "int8_io", "int16x8"):
        converter.representative_dataset = representative_dataset
    if variant == "int8_io":
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def _quantize(model: str, variant: str) -> bytes:
    from ai_edge_quantizer import quantizer, recipe

    folder = Path(f"models/{model}/recipes")
    if variant == "int8_ai_edge":
        entries: Any = recipe.static_wi8_ai8()
    else:
        entries = json.loads((folder / RECIPES[variant]).read_text())
        entries = entries["entries"] if isinstance(entries, dict) else entries
    tool = quantizer.Quantizer(str(OUT / f"{model}.float32.tflite"), entries)
    statistics = None
    if tool.need_calibration:
        samples = _samples(model, "calibration", CALIBRATION_SAMPLES[model])
        statistics = tool.calibrate(
            {"serving_default": [{"image": sample[np.newaxis]} for sample in samples]}
        )
    return bytes(tool.quantize(statistics).quantized_model)


def _saved_model_outputs(model: str, samples: np.ndarray) -> np.ndarray:
    """What the SavedModel computes, kept for the other variants."""
    kept = OUT / f"{model}.expected.npy"
    saved_model = OUT / model / "saved_model.pb"
    if not kept.exists() or kept.stat().st_mtime_ns < saved_model.stat().st_mtime_ns:
        import tensorflow as tf

        function: Any = tf.saved_model.load(str(OUT / model)).signatures["serving_default"]
        (name,) = function.structured_input_signature[1]
        outputs: Any = function(**{name: tf.constant(samples)})
        np.save(kept, *(output.numpy() for output in outputs.values()))
    return np.asarray(np.load(kept))


def _quantized(values: np.ndarray, detail: Any) -> np.ndarray:
    scale, zero_point = detail["quantization"]
    if not scale:
        return values
    limits = np.iinfo(detail["dtype"])
    rounded = np.round(values / scale) + zero_point
    return np.asarray(np.clip(rounded, limits.min, limits.max).astype(detail["dtype"]))


def _dequantized(values: np.ndarray, detail: Any) -> np.ndarray:
    scale, zero_point = detail["quantization"]
    return (values.astype(np.float32) - zero_point) * scale if scale else values


def main() -> None:
    OUT.mkdir(exist_ok=True)
    step, *arguments = sys.argv[1:]
    functions: dict[str, Callable[..., None]] = {
        "all": build_all,
        "train": train,
        "convert": convert,
        "verify": verify,
        "bundle": bundle,
    }
    functions[step](*arguments)


if __name__ == "__main__":
    main()
