# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Any

import pytest

from pants_tflite.bundles.golden_calls import golden_signatures, has_golden_vectors
from pants_tflite.bundles.testutil import model_description

A, B, C = ({"name": name, "shape_signature": [None, 2]} for name in "abc")


def test_a_model_without_signatures_has_one_called_main() -> None:
    (main,) = golden_signatures(model_description({"inputs": [A, B], "outputs": [C]}))
    assert (main.name, main.is_main, main.reason) == ("main", True, None)
    assert (list(main.inputs), list(main.outputs)) == (["a", "b"], ["c"])


def test_inputs_are_in_the_order_of_the_interpreter() -> None:
    signature = {"inputs": {"x": B, "y": A}, "outputs": {"z": C}}
    facts = model_description(
        {"inputs": [A, B], "outputs": [C], "signatures": {"serving_default": signature}}
    )
    (found,) = golden_signatures(facts)
    assert found.is_main and found.has_open_shapes
    assert [tensor.name for tensor in found.inputs.values()] == ["a", "b"]


@pytest.mark.parametrize(
    "signature",
    [
        {"inputs": {"x": A}, "outputs": {"z": C}, "subgraph": 1},
        {"inputs": {"x": A}, "outputs": {"z": C}},
        {"inputs": {"x": A, "y": B}, "outputs": {}},
    ],
)
def test_a_signature_of_less_than_the_main_graph(signature: dict[str, Any]) -> None:
    facts = model_description({"inputs": [A, B], "outputs": [C], "signatures": {"s": signature}})
    (found,) = golden_signatures(facts)
    assert not found.is_main


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"verification": {"not_run": "it needs an NPU"}},
            "did not run the model: it needs an NPU",
        ),
        ({"verification": {"not_run": "it needs an NPU"}, "golden_model": "ab"}, None),
        ({"verification": {"skipped": ["main"]}}, "the build did not run it"),
        ({"ops": [{"name": "RANDOM_UNIFORM"}]}, "it draws random numbers by RANDOM_UNIFORM"),
        ({"inputs": [{**A, "dtype": "string"}]}, "it has text"),
        ({}, None),
    ],
)
def test_why_a_signature_is_not_replayed(fields: dict[str, Any], reason: str | None) -> None:
    facts = model_description({"inputs": [A], "outputs": [C], **fields})
    (found,) = golden_signatures(facts)
    if reason is None:
        assert found.reason is None
    else:
        assert reason in (found.reason or "")
    vectors = fields.get("verification", {}).get("not_run") is None or "golden_model" in fields
    assert has_golden_vectors(facts) == vectors
