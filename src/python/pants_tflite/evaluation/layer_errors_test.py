# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Mistakes that are found before models are compared; tests/ compares some."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule

from pants_tflite.evaluation.layer_errors import FindLayerErrorsRequest, LayerErrors
from pants_tflite.pipeline.plan import TfLiteModelFieldSet
from pants_tflite.testutil import new_rule_runner, write_workspace

BUILD = """\
keras_file(name="keras", source="model.keras")
tflite_model(name="model", saved_model=":keras")
"""


def test_the_float_model_has_nothing_to_be_compared_with() -> None:
    rule_runner = new_rule_runner([QueryRule(LayerErrors, (FindLayerErrorsRequest,))])
    write_workspace(rule_runner, {"m/BUILD": BUILD, "m/model.keras": ""})
    target = rule_runner.get_target(Address("m", target_name="model"))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(
            LayerErrors, [FindLayerErrorsRequest(TfLiteModelFieldSet.create(target))]
        )
    assert "m:model, field `quantization` = 'float32': this is the float model" in str(error.value)
