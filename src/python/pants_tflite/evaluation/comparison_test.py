# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""A baseline is another model of the same outputs."""

from __future__ import annotations

from typing import Any

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from pants_tflite.bundles.testutil import description_json
from pants_tflite.custom_ops.host_kernels import HostKernels
from pants_tflite.errors import TfLiteError
from pants_tflite.evaluation.comparison import check_baseline
from pants_tflite.evaluation.fields import ModelTestFields
from pants_tflite.evaluation.models import EvaluatedTarget
from pants_tflite.evaluation.target_types import TfLiteTestTarget
from pants_tflite.pipeline.build import BuiltModel


def _target(name: str, sha256: str, outputs: dict[str, list[int | None]]) -> EvaluatedTarget:
    signatures = {
        "serving_default": {
            "inputs": {},
            "outputs": {
                output: {"name": output, "shape_signature": shape}
                for output, shape in outputs.items()
            },
        }
    }
    return EvaluatedTarget(
        address=Address("m", target_name=name),
        built=BuiltModel(EMPTY_DIGEST),
        model=EMPTY_DIGEST,
        description=description_json({"sha256": sha256, "signatures": signatures}),
        kernels=HostKernels(),
        tensorflow=None,
        micro_only=False,
    )


FIELDS = ModelTestFields.create(
    TfLiteTestTarget(
        {"model": ":model", "baseline": ":other", "max_latency_ratio": 2},
        Address("m", target_name="test"),
    )
)
MODEL = _target("model", "aa", {"scores": [None, 4]})


@pytest.mark.parametrize("outputs", [{"scores": [None, 4]}, {"scores": [1, 4]}])
def test_another_model_of_the_same_outputs(outputs: dict[str, Any]) -> None:
    check_baseline(FIELDS, MODEL, _target("other", "bb", outputs))


@pytest.mark.parametrize(
    "sha256, outputs, error",
    [
        ("aa", {"scores": [None, 4]}, "the baseline m:other is the model itself, byte by byte"),
        ("bb", {"scores": [None, 5]}, r"other outputs: `scores` \[\?, 5\], and the model m:model"),
        ("bb", {"scores": [4]}, "the baseline has other outputs"),
        ("bb", {"logits": [None, 4]}, "the baseline has other outputs: `logits`"),
        ("bb", {"scores": [None, 4], "more": [1]}, "the baseline has other outputs: `more`"),
    ],
)
def test_a_baseline_that_says_nothing(sha256: str, outputs: dict[str, Any], error: str) -> None:
    with pytest.raises(TfLiteError, match=error) as raised:
        check_baseline(FIELDS, MODEL, _target("other", sha256, outputs))
    assert str(raised.value).startswith("m:test, field `baseline` = ':other': ")
