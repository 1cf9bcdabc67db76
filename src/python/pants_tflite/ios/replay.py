# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A Swift source for the tests of an app, which replays the golden vectors of its models."""

from __future__ import annotations

from string import Template
from typing import Iterable, Iterator, Mapping, Optional

from pants_tflite.bundles.golden_calls import GoldenSignature
from pants_tflite.ios.model_facts import ModelFacts
from pants_tflite.ios.settings import FrameworkSettings
from pants_tflite.ios.swift_accessors import string_literal
from pants_tflite.resources import read_resource

_TEMPLATES = "pants_tflite.ios.templates"
# Those that the source compares: Swift has no float16 before iOS 14.
_TYPES = frozenset("bool float32 float64 int16 int32 int64 int8 uint16 uint32 uint64 uint8".split())
_SIGNATURE = Template(
    """\
    Signature(
        model: $type.$member,
        name: $name,
        isMain: $is_main,
        reason: $reason,
        inputs: $inputs,
        outputs: $outputs,
        quantized: $quantized
    ),"""
)


def self_test_name(settings: FrameworkSettings) -> str:
    return f"{settings.name}SelfTest"


def self_test_file(settings: FrameworkSettings) -> str:
    """Outside of the sources of the package's module, which does not need TensorFlow Lite."""
    return f"SelfTest/{self_test_name(settings)}.swift"


def _reason(signature: GoldenSignature) -> Optional[str]:
    if signature.reason is not None:
        return signature.reason
    unknown = signature.other_dtypes(_TYPES)
    return f"{', '.join(unknown)} is not compared" if unknown else None


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(values)}]"


def _signatures(
    settings: FrameworkSettings, models: Iterable[ModelFacts], members: Mapping[str, str]
) -> Iterator[str]:
    for model in models:
        for signature in model.golden:
            reason = _reason(signature)
            quantized = (it.quantization is not None for it in signature.outputs.values())
            yield _SIGNATURE.substitute(
                type=settings.swift_type,
                member=members[model.name],
                name=string_literal(signature.name),
                is_main=str(signature.is_main).lower(),
                reason="nil" if reason is None else string_literal(reason),
                inputs=_list(map(string_literal, signature.inputs)),
                outputs=_list(map(string_literal, signature.outputs)),
                quantized=_list(str(it).lower() for it in quantized),
            )


def render_self_test(
    settings: FrameworkSettings, models: Iterable[ModelFacts], members: Mapping[str, str]
) -> str:
    """The source; `members` are Swift's names of the models."""
    models = tuple(models)
    source = read_resource(_TEMPLATES, "SelfTest.swift.in").decode()
    kernels = any(model.custom_ops for model in models)
    return Template(source).substitute(
        name=settings.name,
        module=settings.swift_module,
        type=settings.swift_type,
        test=self_test_name(settings),
        import_kernels=f"import {settings.name}\n" if kernels else "",
        add_kernels=f"        {settings.name}AddCustomOps(options)\n" if kernels else "",
        signatures="\n".join(_signatures(settings, models, members)),
    )
