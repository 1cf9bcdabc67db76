# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Which target `pants netron` shows."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.target import Target, Targets

from pants_tflite.errors import TfLiteError
from pants_tflite.goals.netron import choose_target
from pants_tflite.target_types import (
    KerasFileTarget,
    TfLiteDatasetTarget,
    TfLiteFileTarget,
    TfLiteModelTarget,
    TfSavedModelFilesTarget,
    TfSavedModelTarget,
)


def _target(kind: type[Target], name: str, **fields: object) -> Target:
    return kind(fields, Address("m", target_name=name))


DATASET = _target(TfLiteDatasetTarget, "samples", entry_point="data.py:samples")
MODELS = (
    _target(KerasFileTarget, "keras", source="model.keras"),
    _target(TfLiteFileTarget, "file", source="model.tflite"),
    _target(TfLiteModelTarget, "model", saved_model=":keras"),
    _target(TfSavedModelFilesTarget, "files", sources=["model/**"]),
    _target(TfSavedModelTarget, "trained", entry_point="train.py:export"),
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.alias)
def test_each_kind_of_model_is_shown_whatever_stands_next_to_it(model: Target) -> None:
    assert choose_target(Targets([DATASET, model])) == model


def test_several_models_are_listed() -> None:
    with pytest.raises(TfLiteError) as error:
        choose_target(Targets(MODELS[:2]))
    assert str(error.value) == (
        "`netron` shows one model, and the specs name 2:\n\n  m:file\n  m:keras\n\n"
        "Fix: Name one of them."
    )


@pytest.mark.parametrize(
    ("targets", "found"), [([DATASET], "m:samples (`tflite_dataset`)"), ([], "no target")]
)
def test_what_is_no_model_is_an_error(targets: list[Target], found: str) -> None:
    with pytest.raises(TfLiteError) as error:
        choose_target(Targets(targets))
    assert f"the specs name none: {found}.\n\nFix: Name a `tflite_model`" in str(error.value)
