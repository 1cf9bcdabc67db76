# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the export starts from; tests/ has the export itself."""

from __future__ import annotations

import pytest
from pants.engine.addresses import Address
from pants.engine.fs import Digest, DigestContents
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import Target
from pants.testutil.rule_runner import RuleRunner
from pants.util.frozendict import FrozenDict

from pants_tflite.errors import TfLiteError
from pants_tflite.pipeline.export import (
    SAVED_MODEL_TARGETS,
    ExportSavedModelRequest,
    SavedModelFieldSet,
    SavedModelReference,
    SavedModelReferenceRequest,
)
from pants_tflite.pipeline.export_sources import (
    ExportSource,
    ModelFilesRequest,
    TrainedModelRequest,
    UntrainedModelRequest,
    find_saved_model_root,
)
from pants_tflite.sandbox.entry_point_protocol import EntryPointCall, EntryPointFunction
from pants_tflite.sandbox.saved_models.export_protocol import (
    ExportRequest,
    KerasFile,
    SavedModelDirectory,
)
from pants_tflite.target_types import (
    SavedModelField,
    TfLiteDatasetTarget,
    TfSavedModelFilesTarget,
)
from pants_tflite.testutil import new_rule_runner, write_workspace
from pants_tflite.util_rules.environment_processes import PythonEnvironment

BUILD = """\
python_sources()
file(name="weights", source="weights.h5")
tf_saved_model(
    name="trained", entry_point="train.py:export", inputs={"weights": ":weights"}, seed=7, threads=4
)
tf_saved_model(name="defaults", entry_point="train.py:export")
tf_saved_model(name="lost", entry_point="train.py:export", environment="gpu")
tf_saved_model(name="early", entry_point="train.py:export", untrained="layers.py:build", seed=7)
tf_saved_model(
    name="on_top", entry_point="train.py:export", untrained="train.py:export", inputs={"x": ":early"}
)
tf_saved_model_files(name="files", sources=["checked_in/**"])
tf_saved_model_files(name="two", sources=["checked_in/**", "other/**"])
tf_saved_model_files(name="no_model", sources=["*.h5"])
keras_file(name="keras", source="deep/model.keras")
keras_file(name="with_code", source="deep/model.keras", allow_code=True)
tflite_dataset(name="samples", entry_point="train.py:samples")
"""
FILES = {
    "m/BUILD": BUILD,
    "m/checked_in/saved_model.pb": "graph",
    "m/checked_in/variables/variables.index": "",
    "m/deep/model.keras": "keras",
    "m/layers.py": "",
    "m/other/saved_model.pb": "",
    "m/train.py": "",
    "m/weights.h5": "weights",
}


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    runner = new_rule_runner(
        [
            QueryRule(DigestContents, [Digest]),
            QueryRule(ExportSource, [ModelFilesRequest]),
            QueryRule(ExportSource, [TrainedModelRequest]),
            QueryRule(ExportSource, [UntrainedModelRequest]),
            QueryRule(SavedModelReference, [SavedModelReferenceRequest]),
        ]
    )
    write_workspace(runner, FILES)
    return runner


def _target(rule_runner: RuleRunner, name: str) -> Target:
    return rule_runner.get_target(Address("m", target_name=name))


def _trained(rule_runner: RuleRunner, name: str) -> ExportSource:
    return rule_runner.request(ExportSource, [TrainedModelRequest(_target(rule_runner, name))])


def _untrained(rule_runner: RuleRunner, environment: PythonEnvironment, name: str) -> ExportSource:
    request = UntrainedModelRequest(_target(rule_runner, name), environment)
    return rule_runner.request(ExportSource, [request])


def _model_files(rule_runner: RuleRunner, name: str) -> ExportSource:
    return rule_runner.request(ExportSource, [ModelFilesRequest(_target(rule_runner, name))])


def _files(rule_runner: RuleRunner, source: ExportSource) -> list[str]:
    contents = rule_runner.request(DigestContents, [source.digest])
    return sorted(file.path for file in contents)


def _saved_model_files(*sources: str) -> Target:
    values = {"sources": sources}
    return TfSavedModelFilesTarget(values, Address("m", target_name="files"))


def test_training_is_a_call_with_its_inputs_seed_and_threads(rule_runner: RuleRunner) -> None:
    source = _trained(rule_runner, "trained")
    path = "__inputs__/weights/weights.h5"
    assert source.request.source == EntryPointCall(
        EntryPointFunction("m.train", "export", "m/train.py"), FrozenDict({"weights": path})
    )
    assert (source.request.seed, source.request.threads) == (7, 4)
    assert source.source_roots == (".",)
    assert _files(rule_runner, source) == [path, "m/train.py"]


def test_training_has_seed_0_and_one_thread_by_default(rule_runner: RuleRunner) -> None:
    request = _trained(rule_runner, "defaults").request
    assert (request.seed, request.threads) == (0, 1)


def test_an_untrained_model_is_another_call_without_the_training_s_code(
    rule_runner: RuleRunner, recorder: PythonEnvironment
) -> None:
    source = _untrained(rule_runner, recorder, "early")
    assert source.request.source == EntryPointCall(
        EntryPointFunction("m.layers", "build", "m/layers.py", "untrained"), FrozenDict()
    )
    assert (source.request.seed, source.request.untrained) == (7, True)
    assert _files(rule_runner, source) == ["m/layers.py"]
    assert not _trained(rule_runner, "early").request.untrained


def test_a_model_that_can_only_be_had_trained(
    rule_runner: RuleRunner, recorder: PythonEnvironment
) -> None:
    with pytest.raises(ExecutionError) as error:
        _untrained(rule_runner, recorder, "defaults")
    assert (
        "m:defaults, field `untrained`: the model is asked for without its training, and names no "
        'function that returns it.\n\nFix: Name one, as in `untrained="train.py:build"`'
    ) in str(error.value)


def test_one_function_for_both_makes_two_requests(rule_runner: RuleRunner) -> None:
    target = _target(rule_runner, "on_top")
    call = EntryPointCall(EntryPointFunction("m.train", "export", "m/train.py"), {})
    trained, untrained = (
        ExportRequest(call, seed=0, threads=1, untrained=untrained) for untrained in (False, True)
    )
    assert trained.render() != untrained.render()
    field_set = SavedModelFieldSet.create(target)
    requests = {ExportSavedModelRequest(field_set, untrained) for untrained in (False, True)}
    assert len(requests) == 2 and ExportSavedModelRequest(field_set) in requests


def test_a_keras_file_is_exported_from_where_it_is(rule_runner: RuleRunner) -> None:
    source = _model_files(rule_runner, "keras")
    assert source.request.source == KerasFile("m/deep/model.keras", allow_code=False)
    assert source.source_roots == ()
    source = _model_files(rule_runner, "with_code")
    assert source.request.source == KerasFile("m/deep/model.keras", allow_code=True)
    assert _files(rule_runner, source) == ["m/deep/model.keras"]


def test_a_checked_in_saved_model_is_exported_from_its_directory(rule_runner: RuleRunner) -> None:
    source = _model_files(rule_runner, "files")
    assert source.request.source == SavedModelDirectory("m/checked_in")
    assert _files(rule_runner, source) == [
        "m/checked_in/saved_model.pb",
        "m/checked_in/variables/variables.index",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "two",
            "m:two, field `sources` = 'checked_in/**, other/**': the files must hold one "
            "SavedModel, that is one `saved_model.pb`; found 2 of them: m/checked_in, m/other.",
        ),
        (
            "no_model",
            "m:no_model, field `sources` = '*.h5': the files must hold one SavedModel, that is one "
            "`saved_model.pb`; found none.",
        ),
    ],
)
def test_files_that_do_not_hold_one_saved_model_are_an_error(
    rule_runner: RuleRunner, name: str, expected: str
) -> None:
    with pytest.raises(ExecutionError) as error:
        _model_files(rule_runner, name)
    assert expected in str(error.value)


def test_the_root_of_a_saved_model_is_where_its_graph_is() -> None:
    files = ("a/b/assets/saved_model.pb.txt", "a/b/saved_model.pb", "a/b/variables/x")
    assert find_saved_model_root(files, _saved_model_files("b/**")) == "a/b"
    assert find_saved_model_root(("saved_model.pb",), _saved_model_files("**")) == ""


def test_a_file_of_almost_that_name_is_no_saved_model() -> None:
    with pytest.raises(TfLiteError, match="found none"):
        find_saved_model_root(("b/my_saved_model.pb",), _saved_model_files("b/**"))


def test_every_target_that_yields_a_saved_model_can_be_referred_to(
    rule_runner: RuleRunner,
) -> None:
    assert sorted(SavedModelField.target_aliases) == sorted(t.alias for t in SAVED_MODEL_TARGETS)
    for name in ("trained", "files", "keras"):
        field = SavedModelField(f":{name}", Address("m", target_name="model"))
        found = rule_runner.request(SavedModelReference, [SavedModelReferenceRequest(field)])
        assert found.field_set == SavedModelFieldSet.create(_target(rule_runner, name))
        assert found.environment_name.val is None


def test_an_environment_that_nothing_declares_is_an_error(rule_runner: RuleRunner) -> None:
    field = SavedModelField(":lost", Address("m", target_name="model"))
    with pytest.raises(ExecutionError) as error:
        rule_runner.request(SavedModelReference, [SavedModelReferenceRequest(field)])
    assert (
        "Unrecognized environment name `gpu` from the `environment` field from the target m:lost."
    ) in str(error.value)
    assert "a name from the option `[environments-preview].names`" in str(error.value)


def test_a_dataset_yields_no_saved_model(rule_runner: RuleRunner) -> None:
    assert not SavedModelFieldSet.is_applicable(_target(rule_runner, "samples"))
    assert TfLiteDatasetTarget not in SAVED_MODEL_TARGETS
