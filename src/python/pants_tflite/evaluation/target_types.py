# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The target `tflite_test` and its fields."""

from __future__ import annotations

from pants.core.goals.test import TestTimeoutField
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    AsyncFieldMixin,
    BoolField,
    Dependencies,
    StringField,
    Target,
    ValidNumbers,
)
from pants.util.strutil import help_text

from pants_tflite.fields import (
    AddressField,
    ChoicesField,
    FunctionField,
    IntegerField,
    NumberField,
    OptionalIntegerField,
)
from pants_tflite.sandbox.constants import ARENA_MARGIN_PERCENT
from pants_tflite.sandbox.evaluation.evaluate_protocol import LITERT_RUNTIME, REFERENCE_RUNTIME
from pants_tflite.sandbox.scoring.score_protocol import AGREEMENT, METRIC_NAMES, TOP_K
from pants_tflite.sizes import SIZE_HELP, SizeField
from pants_tflite.target_types import MICRO, SkipTestField, TensorFlowResolveField

RUNTIMES = (LITERT_RUNTIME, REFERENCE_RUNTIME, MICRO)
_MODELS = ("tflite_model", "tflite_file")


class TestedModelField(AddressField):
    alias = "model"
    target_aliases = _MODELS
    required = True
    value: str
    help = help_text(
        """
        The address of the `tflite_model` or `tflite_file` to test.

        Example: `model=":tflite@quantization=int8"`.
        """
    )


class TestDatasetField(AddressField):
    alias = "dataset"
    target_aliases = ("tflite_dataset",)
    help = help_text(
        """
        The address of the `tflite_dataset` on whose samples the model is tested. For a metric that
        compares with labels, its function yields `(sample, label)` pairs. A label is the number of a
        class from 0 on, or one-hot, for the metrics of classifiers, and an array of the output's shape
        for the others.

        Defaults to none: only size, arena and latency can be tested then.

        Example: `dataset=":validation"`.
        """
    )


class TestMetricField(FunctionField):
    alias = "metric"
    help = help_text(
        f"""
        What scores the model: one of {", ".join(METRIC_NAMES)}, or a function of yours as
        `file.py:function` (the file relative to the BUILD file). The score of mae, mse and
        max_abs_error is better if it is lower, that of the others if it is higher. The classes of a
        classifier are the positions of the scores in the output's last dimension; a single score
        between 0 and 1 tells the class 1 from 0. auc is that of each class against the others, f1 of the
        class 1 if there are two classes, and both are the mean over more classes. {AGREEMENT} is the share
        of decisions that are those of the `baseline`, whatever is right.

        A function gets the output as an array of shape (samples, …), in real numbers, and the labels,
        `def metric(predictions, labels) -> float`, and runs in the `resolve`. If the model has several
        outputs and `output` names none, it gets a dict of them by name. Its score is better if it is
        higher, unless there is a `max_score`, and no `min_score`. The file must be owned by a Python
        target (`python_sources`); it becomes a dependency.

        Defaults to none: only size, arena and latency can be tested then.

        Example: `metric="accuracy"`.
        """
    )

    @property
    def names_function(self) -> bool:
        return self.value is not None and ":" in self.value


class TestTopKField(IntegerField):
    alias = "top_k"
    default = 5
    help = help_text(
        f"""
        Among how many of the best scores the label must be for the metric {TOP_K}.

        Defaults to 5.

        Example: `top_k=3`.
        """
    )


class TestOutputField(StringField, AsyncFieldMixin):
    alias = "output"
    help = help_text(
        """
        The name of the model's output that is scored, as `model.json` has it.

        Defaults to the only one. A model of several outputs needs a name, unless `metric` is a function,
        which then gets all of them.

        Example: `output="scores"`.
        """
    )


class TestSignatureField(StringField, AsyncFieldMixin):
    alias = "signature"
    help = help_text(
        """
        The signature of the model to call.

        Defaults to `serving_default`, or to the only one there is.

        Example: `signature="classify"`.
        """
    )


class TestMinScoreField(NumberField):
    alias = "min_score"
    help = help_text(
        """
        The least score that passes, on each of the `runtimes`.

        Defaults to any.

        Example: `min_score=0.95`.
        """
    )


class TestMaxScoreField(NumberField):
    alias = "max_score"
    help = help_text(
        """
        The greatest score that passes, on each of the `runtimes`, for a metric that is better if it is
        lower.

        Defaults to any.

        Example: `max_score=0.02` for `metric="mae"`.
        """
    )


class TestBaselineField(AddressField):
    alias = "baseline"
    target_aliases = _MODELS
    help = help_text(
        f"""
        The address of the model that `max_score_drop`, `max_latency_ratio` and the metric {AGREEMENT}
        compare with: usually the same model in float32. It runs with `{LITERT_RUNTIME}`.

        Defaults to none.

        Example: `baseline=":tflite@quantization=float32"`.
        """
    )


class TestMaxScoreDropField(NumberField):
    alias = "max_score_drop"
    help = help_text(
        """
        By how much the score may be worse than the baseline's, on each of the `runtimes`: lower or, for
        a metric that is better if it is lower, such as mae, higher. A better score always passes.

        Defaults to any.

        Example: `max_score_drop=0.01`.
        """
    )


class TestMaxSizeField(SizeField):
    alias = "max_size"
    help = help_text(
        f"""
        How large the `.tflite` file may be: {SIZE_HELP}.

        Defaults to any size.

        Example: `max_size="3MB"`.
        """
    )


class TestMaxArenaField(SizeField):
    alias = "max_arena"
    help = help_text(
        f"""
        How large the tensor arena of the model may be on a microcontroller, with a margin of
        {ARENA_MARGIN_PERCENT} % on top of the smallest one that works: {SIZE_HELP}. TensorFlow Lite Micro
        measures it, which comes with the backend `pants_tflite.micro`.

        Defaults to any size.

        Example: `max_arena="64KiB"`.
        """
    )


class TestMaxLatencyRatioField(NumberField):
    alias = "max_latency_ratio"
    must_be_positive = True
    help = help_text(
        f"""
        How many times as long as the `baseline` a call may take, with `{LITERT_RUNTIME}` on one thread
        of this machine. Both models run in turn, each in a process of its own, and the median counts,
        so that other work on the machine slows both. It is measured anew by each run of the test.

        Defaults to any.

        Example: `max_latency_ratio=0.8`.
        """
    )


class TestRuntimesField(ChoicesField):
    alias = "runtimes"
    valid_choices = RUNTIMES
    default = (LITERT_RUNTIME,)
    help = help_text(
        f"""
        What runs the model, any of {", ".join(RUNTIMES)}: LiteRT as apps use it, with XNNPACK; LiteRT's
        reference kernels, plain loops that devices agree with; and TensorFlow Lite Micro, which comes
        with the backend `pants_tflite.micro`. The score must be within its budgets on each, and a
        classifier's test says how many decisions differ from those on the first.

        Defaults to `["{LITERT_RUNTIME}"]`.

        Example: `runtimes=["litert", "reference", "micro"]`.
        """
    )


class TestMaxDifferingDecisionsField(OptionalIntegerField):
    alias = "max_differing_decisions"
    minimum = 0
    help = help_text(
        """
        How many decisions of a classifier may differ between the first of the `runtimes` and another.

        Defaults to any number.

        Example: `max_differing_decisions=2`.
        """
    )


class TestUntrainedField(BoolField, AsyncFieldMixin):
    alias = "untrained"
    default = False
    value: bool
    help = help_text(
        """
        Whether the models are built without training, from the `untrained` function of their
        `tf_saved_model`. Size, arena and latency are known then before a day of training; a score says
        nothing, and a budget of one is an error.

        Defaults to False.

        Example: `untrained=True`.
        """
    )


class TestModelTimeoutField(TestTimeoutField, AsyncFieldMixin):
    # Checked when the test runs: here, a bad value would fail every target of the BUILD file.
    valid_numbers = ValidNumbers.all
    help = help_text(
        """
        After how many seconds each of the test's processes that run the model or a `metric` of yours is
        ended. Building the model is not part of it.

        Defaults to `[test].timeout_default`, or to no limit. It never exceeds `[test].timeout_maximum`.

        Example: `timeout=120`.
        """
    )


class TfLiteTestTarget(Target):
    alias = "tflite_test"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        TestedModelField,
        TestDatasetField,
        TestMetricField,
        TestTopKField,
        TestOutputField,
        TestSignatureField,
        TestMinScoreField,
        TestMaxScoreField,
        TestBaselineField,
        TestMaxScoreDropField,
        TestMaxSizeField,
        TestMaxArenaField,
        TestMaxLatencyRatioField,
        TestRuntimesField,
        TestMaxDifferingDecisionsField,
        TestUntrainedField,
        TensorFlowResolveField,
        TestModelTimeoutField,
        SkipTestField,
    )
    help = help_text(
        """
        Budgets for a model: for its score on labelled samples, on each runtime that it is for, and for its
        size, arena and latency. `pants test` fails with all figures if one of them is exceeded.
        """
    )


def target_types() -> tuple[type[Target], ...]:
    return (TfLiteTestTarget,)
