# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import json
from typing import Any

import pytest

from pants_tflite.bundles.testutil import description_json, model_description
from pants_tflite.pipeline.model_description import ModelDescription
from pants_tflite.sandbox.protocol import ProtocolError
from pants_tflite.sandbox.tflite.inspect_model_protocol import INPUTS, OUTPUTS

X, Y = {"name": "serving_x:0", "shape_signature": [None, 8]}, {"name": "call:0", "shape": [2]}
SIGNATURES = {
    "other": {"subgraph": 1, "inputs": {"z": X}, "outputs": {}},
    "serving_default": {"inputs": {"a": X, "b": X}, "outputs": {"scores": Y}},
    "train": {"inputs": {"first": X}, "outputs": {"loss": Y}},
}
FIELDS: dict[str, Any] = {"inputs": [X], "outputs": [Y], "signatures": SIGNATURES}


def test_what_is_read_is_written_again() -> None:
    text = description_json(FIELDS)
    assert ModelDescription.parse(text).render().decode() == text


def test_a_tensor_is_called_what_the_first_signature_of_the_main_graph_calls_it() -> None:
    description = model_description(FIELDS)
    assert [name for name, _ in description.named_inputs] == ["a"]
    assert [name for name, _ in description.named_outputs] == ["scores"]


def test_a_tensor_of_no_signature_has_the_name_of_the_graph() -> None:
    description = model_description({**FIELDS, "signatures": {}})
    assert [name for name, _ in description.named_inputs] == ["serving_x:0"]
    assert list(description.default_tensors(OUTPUTS)) == ["call:0"]


def test_the_usual_signature_is_called_unless_another_is_named() -> None:
    assert list(model_description(FIELDS).default_tensors(INPUTS)) == ["a", "b"]
    without = {name: it for name, it in SIGNATURES.items() if name != "serving_default"}
    description = model_description({**FIELDS, "signatures": without})
    assert list(description.default_tensors(INPUTS)) == ["z"]


@pytest.mark.parametrize("key", ["sha256", "signatures", "tools"])
def test_a_file_without_a_key_is_refused(key: str) -> None:
    values = json.loads(description_json(FIELDS))
    del values[key]
    with pytest.raises(ProtocolError, match=f"lacks its key `{key}`"):
        ModelDescription.parse(json.dumps(values))
