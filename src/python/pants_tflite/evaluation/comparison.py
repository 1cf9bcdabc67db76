# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Whether a model and its baseline can be compared."""

from __future__ import annotations

from typing import Mapping, Optional

from pants_tflite.errors import Mistake
from pants_tflite.evaluation.fields import ModelTestFields
from pants_tflite.evaluation.models import EvaluatedTarget
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.sandbox.tflite.inspect_model_protocol import OUTPUTS, ModelTensor


def _outputs(facts: ModelDescription, signature: Optional[str]) -> Mapping[str, ModelTensor]:
    if signature in facts.signatures:
        return facts.signatures[signature or ""].outputs
    return facts.default_tensors(OUTPUTS)


def _text(outputs: Mapping[str, ModelTensor]) -> str:
    return ", ".join(
        f"`{name}` {['?' if size is None else size for size in tensor.shape_signature]}".replace(
            "'", ""
        )
        for name, tensor in sorted(outputs.items())
    )


def _is_alike(first: ModelTensor, second: ModelTensor) -> bool:
    """Whether the shapes are the same, as far as they are known."""
    shapes = first.shape_signature, second.shape_signature
    return len(shapes[0]) == len(shapes[1]) and all(
        None in pair or pair[0] == pair[1] for pair in zip(*shapes)
    )


def check_baseline(
    fields: ModelTestFields, model: EvaluatedTarget, baseline: EvaluatedTarget
) -> None:
    """Raises if the baseline is the same file, or has other outputs."""
    facts, others = model.facts, baseline.facts
    if facts.sha256 == others.sha256:
        raise Mistake.of(
            fields.baseline,
            message=(
                f"the baseline {baseline.address} is the model itself, byte by byte, which is never "
                "worse than itself"
            ),
            fix="Name a model that differs, such as the one in float32.",
        )
    signature = fields.signature.value
    own, other = _outputs(facts, signature), _outputs(others, signature)
    if set(own) == set(other) and all(_is_alike(own[name], other[name]) for name in own):
        return
    raise Mistake.of(
        fields.baseline,
        message=(
            f"the baseline has other outputs: {_text(other)}, and the model {model.address} has "
            f"{_text(own)}"
        ),
        fix="Name a model of the same outputs, such as the same one in float32.",
    )
