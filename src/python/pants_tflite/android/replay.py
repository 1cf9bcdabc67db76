# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Java class `SelfTest`, with which an app replays the golden vectors of its models."""

from __future__ import annotations

import os
from typing import Iterable, Iterator, Optional

from pants_tflite.android.accessors import java_string
from pants_tflite.bundles.golden_calls import GoldenSignature, golden_signatures
from pants_tflite.bundles.models import BundleModel
from pants_tflite.resources import read_resource

CLASS_NAME = "SelfTest"
# The class of TensorFlow Lite's that it calls, in which an app brings it.
INTERPRETER_FILE = "org/tensorflow/lite/Interpreter.java"
_TEMPLATES = "pants_tflite.android.templates"
# Those that TensorFlow Lite's Java API knows.
_TYPES = frozenset({"bool", "float32", "int16", "int32", "int64", "int8", "uint8"})


def _read(name: str) -> str:
    return read_resource(_TEMPLATES, name).decode()


def interpreter_source() -> bytes:
    """What the compiler needs to know of the interpreter: no library of TensorFlow Lite's is at hand."""
    return _read("Interpreter.java.in").encode()


def _reason(model: BundleModel, signature: GoldenSignature) -> Optional[str]:
    if signature.reason is not None:
        return signature.reason
    if model.facts.custom_ops and not model.facts.select_tf_ops:
        return "the Java API takes no custom ops"
    unknown = signature.other_dtypes(_TYPES)
    if unknown:
        return f"the Java API has no {', '.join(unknown)}"
    if not signature.is_main and signature.has_open_shapes:
        return "the Java API cannot give its inputs a size that the model leaves open"
    return None


def _strings(values: Iterable[str]) -> str:
    return f"new String[] {{{', '.join(java_string(value) for value in values)}}}"


def _signatures(model: BundleModel, directory: str) -> Iterator[str]:
    for signature in golden_signatures(model.facts):
        reason = _reason(model, signature)
        quantized = (
            "false" if it.quantization is None else "true" for it in signature.outputs.values()
        )
        arguments = (
            f"Model.{model.name.upper()}",
            java_string(os.path.join(directory, model.name)),
            java_string(signature.name),
            "true" if signature.is_main else "false",
            "null" if reason is None else java_string(reason),
            _strings(signature.inputs),
            _strings(signature.outputs),
            f"new boolean[] {{{', '.join(quantized)}}}",
        )
        lines = ",\n".join(f"          {argument}" for argument in arguments)
        yield f"      new Signature(\n{lines})"


def render_self_test(package: str, directory: str, models: Iterable[BundleModel]) -> bytes:
    """The source of the class; the golden files are in the folder `directory` of the assets."""
    signatures = ",\n".join(line for model in models for line in _signatures(model, directory))
    source = _read("SelfTest.java.in")
    return source.replace("@package@", package).replace("@signatures@", signatures).encode()
