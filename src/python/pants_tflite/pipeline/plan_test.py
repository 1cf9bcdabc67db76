# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Mistakes that are found before anything runs; tests/ has those that a process finds."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner
from pants.util.frozendict import FrozenDict

from pants_tflite.pipeline.plan import CutPlan, ModelPlan, PlanModelRequest, TfLiteModelFieldSet
from pants_tflite.pipeline.quantization import Quantization
from pants_tflite.testutil import new_rule_runner, write_workspace
from pants_tflite.util_rules.output_paths import OutputPath, OutputPathRequest

BUILD = """\
python_sources()
tf_saved_model(name="saved_model", entry_point="train.py:export")
tflite_dataset(name="calibration", entry_point="train.py:samples")
tflite_dataset(name="validation", entry_point="train.py:samples")
tflite_quantization(name="int8_io", mode="int8", input_type="int8", output_type="int8")
tflite_quantization(name="recipe", engine="ai_edge", recipe="recipe.json")
tflite_quantization(name="bad_recipe", engine="ai_edge", recipe="bad.json")
tflite_quantization(name="no_recipe", engine="ai_edge", recipe="none.json")
tflite_quantization(name="recipe_for_nobody", mode="int8", recipe="recipe.json")
tflite_quantization(name="float_with_int8", mode="float32", input_type="int8")
tflite_quantization(name="no_mode", mode="int4")
tflite_quantization(name="no_type", mode="int8", output_type="int4")
tflite_quantization(name="no_engine", mode="int8", engine="tflite")
tflite_quantization(
    name="partly_int8", mode="int8", float_fallback=True, max_float_ops=3, per_channel=False
)
tflite_quantization(name="aware", mode="int8", quantization_aware=True)
tflite_quantization(name="aware_int16", mode="int16x8", quantization_aware=True)
tflite_quantization(name="aware_ai_edge", mode="int8", engine="ai_edge", quantization_aware=True)
tflite_quantization(name="float_fallback_of_floats", mode="float16", float_fallback=True)
tflite_quantization(
    name="fallback_of_a_recipe", engine="ai_edge", recipe="recipe.json", float_fallback=True
)
tflite_quantization(name="limit_of_nothing", mode="int8", max_float_ops=0)
tflite_quantization(name="negative", mode="int8", float_fallback=True, max_float_ops=-1)
tflite_quantization(name="per_tensor_floats", mode="float16", per_channel=False)
tflite_quantization(
    name="per_tensor_recipe", mode="int8", engine="ai_edge", recipe="recipe.json", per_channel=False
)
"""


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    return new_rule_runner(
        [
            QueryRule(ModelPlan, [PlanModelRequest]),
            QueryRule(OutputPath, [OutputPathRequest]),
        ]
    )


def _field_set(rule_runner: RuleRunner, model: str) -> TfLiteModelFieldSet:
    write_workspace(
        rule_runner,
        {
            "m/BUILD": f'{BUILD}tflite_model(name="model", {model})\n',
            "m/bad.json": "{",
            "m/recipe.json": '[{"regex": ".*"}]',
            "m/train.py": "",
        },
    )
    return TfLiteModelFieldSet.create(rule_runner.get_target(Address("m", target_name="model")))


def _plan(rule_runner: RuleRunner, model: str) -> ModelPlan:
    return rule_runner.request(ModelPlan, [PlanModelRequest(_field_set(rule_runner, model))])


def _datasets(plan: ModelPlan) -> tuple[str | None, ...]:
    """The datasets that calibrate and verify."""
    calibration, verification = plan.calibration, plan.verification
    return tuple(field.value if field else None for field in (calibration, verification))


def _error(rule_runner: RuleRunner, model: str) -> str:
    with pytest.raises(ExecutionError) as error:
        _plan(rule_runner, model)
    return str(error.value)


def test_defaults(rule_runner: RuleRunner) -> None:
    plan = _plan(rule_runner, 'saved_model=":saved_model"')
    assert plan.quantization == Quantization("float32")
    assert _datasets(plan) == (None, None)


def test_shapes_of_inputs(rule_runner: RuleRunner) -> None:
    fields = 'saved_model=":saved_model", input_shapes='
    plan = _plan(rule_runner, fields + '{"x": [1, None, 3], "n": ()}')
    assert plan.input_shapes == FrozenDict({"x": (1, None, 3), "n": ()})
    assert _plan(rule_runner, 'saved_model=":saved_model"').input_shapes == FrozenDict()


def test_a_cut_keeps_the_order_of_names(rule_runner: RuleRunner) -> None:
    fields = 'saved_model=":saved_model", signatures=["detect"], '
    plan = _plan(rule_runner, fields + 'inputs=["y", "x"], outputs=["scores", "boxes"]')
    assert plan.cut == CutPlan(("y", "x"), ("scores", "boxes"))
    assert _plan(rule_runner, fields + 'outputs=["boxes"]').cut == CutPlan((), ("boxes",))
    assert _plan(rule_runner, fields + "inputs=[], outputs=[]").cut is None
    assert _plan(rule_runner, 'saved_model=":saved_model", signatures=["a", "b"]').cut is None


def test_calibration_verifies_every_mode_and_reaches_the_converter_of_some(
    rule_runner: RuleRunner,
) -> None:
    fields = 'saved_model=":saved_model", calibration=":calibration"'
    plan = _plan(rule_runner, f'{fields}, quantization="float16"')
    assert _datasets(plan) == (None, ":calibration")
    plan = _plan(rule_runner, f'{fields}, quantization=":int8_io", verify_dataset=":validation"')
    assert plan.quantization == Quantization("int8", "int8", "int8")
    assert _datasets(plan) == (":calibration", ":validation")
    plan = _plan(rule_runner, f'{fields}, quantization=":recipe"')
    assert plan.quantization.recipe == '[{"regex": ".*"}]'
    assert plan.quantization.mode is None
    assert _datasets(plan)[0] == ":calibration"


def test_a_model_that_knows_its_ranges_needs_no_samples(rule_runner: RuleRunner) -> None:
    plan = _plan(rule_runner, 'saved_model=":saved_model", quantization=":aware"')
    assert plan.quantization == Quantization("int8", quantization_aware=True)
    fields = 'saved_model=":saved_model", quantization=":aware", calibration=":calibration"'
    assert _datasets(_plan(rule_runner, fields)) == (None, ":calibration")


def test_ops_may_stay_in_floats(rule_runner: RuleRunner) -> None:
    fields = 'saved_model=":saved_model", calibration=":calibration", quantization=":partly_int8"'
    quantization = _plan(rule_runner, fields).quantization
    assert quantization == Quantization(
        "int8", float_fallback=True, max_float_ops=3, per_channel=False
    )
    assert quantization.to_settings().max_float_ops == 3


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            'input_shapes={"x": [1, -1, 3]}',
            "m:model, field `input_shapes` = 'x': the shape [1, -1, 3] of `x` has a size that is",
        ),
        (
            'outputs=["boxes", "scores", "boxes"]',
            "m:model, field `outputs` = 'boxes': it is named twice",
        ),
        ('inputs=[""]', "m:model, field `inputs` = '': that is no name"),
        (
            'outputs=["boxes"], signatures=["detect", "train"]',
            "m:model, field `outputs`: a part is cut out of one signature, and `signatures` names",
        ),
        (
            'quantization=":aware_int16"',
            "m:aware_int16, field `quantization_aware` = 'True': fake quantization becomes real in",
        ),
        ('quantization=":aware_ai_edge"', "m:aware_ai_edge, field `quantization_aware` = 'True'"),
        (
            'quantization=":float_fallback_of_floats"',
            "field `float_fallback` = 'True': with the mode float16 there is nothing to fall back",
        ),
        (
            'quantization=":fallback_of_a_recipe"',
            "field `float_fallback` = 'True': with a recipe without a `mode` there is nothing",
        ),
        (
            'quantization=":limit_of_nothing"',
            "m:limit_of_nothing, field `max_float_ops` = '0': no op may compute in float32 here",
        ),
        ('quantization=":negative"', "field `max_float_ops` = '-1': the number must be at least 0"),
        (
            'quantization=":per_tensor_floats"',
            "field `per_channel` = 'False': with the mode float16 weights have no scales",
        ),
        (
            'quantization=":per_tensor_recipe"',
            "field `per_channel` = 'False': a recipe says itself how fine the scales are",
        ),
        ('quantization="int8"', "m:model, field `calibration`: the mode int8 needs samples"),
        ("verify_tolerance=-0.1", "m:model, field `verify_tolerance` = '-0.1': the number must be"),
        (
            "verify_samples=0",
            "m:model, field `verify_samples` = '0': the number must be at least 1",
        ),
        ('quantization=":no_mode"', "m:no_mode, field `mode` = 'int4': that is not one of"),
        ('quantization=":no_type"', "m:no_type, field `output_type` = 'int4': that is not one of"),
        ('quantization=":no_engine"', "m:no_engine, field `engine` = 'tflite': that is not one of"),
        ('quantization="int4"', "m:model, field `quantization` = 'int4': there is no such"),
        ('quantization=":none"', "m:none"),
        (
            'quantization=":calibration"',
            "m:model, field `quantization` = ':calibration': m:calibration is a `tflite_dataset`",
        ),
        (
            'quantization=":bad_recipe"',
            "m:bad_recipe, field `recipe` = 'bad.json': `m/bad.json` is not JSON",
        ),
        (
            'quantization=":no_recipe"',
            "m:no_recipe, field `recipe` = 'none.json': there is no file `m/none.json`",
        ),
        (
            'quantization=":recipe_for_nobody"',
            "m:recipe_for_nobody, field `recipe`: a recipe is only for the AI Edge Quantizer",
        ),
        (
            'quantization=":float_with_int8"',
            "m:float_with_int8, field `input_type` = 'int8'",
        ),
    ],
)
def test_mistakes(rule_runner: RuleRunner, model: str, expected: str) -> None:
    assert expected in _error(rule_runner, f'saved_model=":saved_model", {model}')


def test_a_saved_model_of_another_kind(rule_runner: RuleRunner) -> None:
    error = _error(rule_runner, 'saved_model=":calibration"')
    assert "field `saved_model` = ':calibration': m:calibration is a `tflite_dataset`" in error
    assert "`tf_saved_model` or `tf_saved_model_files` or `keras_file`" in error


def test_two_outputs_at_one_path(rule_runner: RuleRunner) -> None:
    field_set = _field_set(
        rule_runner,
        'saved_model=":saved_model", output_path="out"), '
        'tflite_model(name="other", saved_model=":saved_model", output_path="out"',
    )
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(OutputPath, [OutputPathRequest(field_set.output_path)])
    assert "m:model, field `output_path` = 'out'" in str(error.value)
    assert "m:other" in str(error.value)
