# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What a library says of models that compression wins nothing for, and what its manifest has."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.bundles.models import BundleModel
from pants_tflite.errors import TfLiteError
from pants_tflite.micro.compression.models import (
    CompressedModel,
    check_something_won,
    check_without_npu,
    warn_of_nothing_won,
)
from pants_tflite.micro.compression.sandbox.compress_model_protocol import (
    CompressedTensor,
    CompressionReport,
)
from pants_tflite.micro.compression.target_types import MicroCompressionField
from pants_tflite.micro.npu.target_types import MicroNpuField

MCU = Address("m", target_name="mcu")
FIELD = MicroCompressionField("lut", MCU)
WON = CompressionReport(
    tensors=(CompressedTensor("weights", 2, None, 4, 4096),),
    bytes_before=5000,
    bytes_after=2000,
    arena_before=1000,
    arena_after=5200,
    compared_calls=4,
    most_values=128,
)
NOT_WON = replace(WON, tensors=(), bytes_after=5000, arena_after=1000)


def compressed(name: str, report: CompressionReport) -> CompressedModel:
    address = Address("m", target_name=name)
    return CompressedModel(BundleModel(name, address, EMPTY_DIGEST, description=""), report)


def test_the_manifest_says_what_was_won_and_lost() -> None:
    entry = compressed("a", WON).manifest
    assert (entry["bytes_won"], entry["arena_lost"]) == (3000, 4200)
    assert entry["tensors"][0]["index_bits"] == 2
    assert entry["compared_calls"] == 4


def test_a_model_that_wins_nothing_among_others_is_a_warning() -> None:
    models = [compressed("a", WON), compressed("b", NOT_WON)]
    check_something_won(FIELD, models)
    (line,) = warn_of_nothing_won(models)
    assert line.startswith(
        "b stays as it is: no int8 weights have so few different values that tables"
    )


def test_nothing_won_at_all_is_an_error() -> None:
    with pytest.raises(TfLiteError) as error:
        check_something_won(FIELD, [compressed("a", NOT_WON), compressed("b", NOT_WON)])
    text = str(error.value)
    assert "m:mcu, field `compression` = 'lut': nothing is won for a, b: no int8 weights" in text
    assert "Fix: Train with weights of few values" in text


def test_an_npu_has_weights_of_its_own() -> None:
    assert check_without_npu(FIELD, MicroNpuField(None, MCU)) == "lut"
    assert check_without_npu(MicroCompressionField(None, MCU), MicroNpuField("x", MCU)) is None
    with pytest.raises(TfLiteError, match="Vela compresses the weights of what `npu` runs itself"):
        check_without_npu(FIELD, MicroNpuField("ethos-u55-128", MCU))


def test_another_way_is_refused() -> None:
    with pytest.raises(TfLiteError, match="field `compression` = 'zip'"):
        check_without_npu(MicroCompressionField("zip", MCU), MicroNpuField(None, MCU))
