# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from typing import Any

import pytest
from pants.engine.addresses import Address

from pants_tflite.bundles.labels import check_label_count, labelled_output
from pants_tflite.bundles.testutil import model_description
from pants_tflite.errors import TfLiteError
from pants_tflite.pipeline.model_description import ModelDescription

ADDRESS = Address("pets", target_name="bundle")


def tensor(name: str, *shape: int) -> dict[str, Any]:
    return {"name": name, "shape": list(shape)}


def described(*outputs: dict[str, Any], signatures: bool = True) -> ModelDescription:
    signature = {"inputs": {}, "outputs": {output["name"]: output for output in outputs}}
    return model_description(
        {
            "outputs": list(outputs),
            "signatures": {"serving_default": signature} if signatures else {},
        }
    )


@pytest.mark.parametrize("signatures", [True, False])
def test_which_output_has_labels(signatures: bool) -> None:
    description = described(tensor("box", 1, 4), tensor("scores", 1, 3), signatures=signatures)
    assert labelled_output(description, 3) == "scores"
    assert labelled_output(description, 4) == "box"
    assert labelled_output(description, 1) is None


def test_an_output_of_one_number_takes_no_labels() -> None:
    assert labelled_output(described(tensor("y")), 1) is None


def test_a_wrong_number_of_labels() -> None:
    description = described(tensor("box", 1, 4), tensor("scores", 1, 3))
    check_label_count(ADDRESS, ":labels", ("a", "b", "c"), "pets", description)
    with pytest.raises(TfLiteError) as error:
        check_label_count(ADDRESS, ":labels", ("a", "b"), "pets", description)
    assert (
        "pets:bundle, field `labels` = ':labels': there are 2 labels, but the outputs of pets are "
        "box [1, 4], scores [1, 3]"
    ) in str(error.value)
    assert "Fix: " in str(error.value)
