# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""What the README shows for models with custom ops, and for others."""

from __future__ import annotations

import re
from dataclasses import replace

import tree_sitter
import tree_sitter_swift

from pants_tflite.ios.model_facts import ModelFacts
from pants_tflite.ios.readme import render_readme
from pants_tflite.ios.testutil import MODELS, SETTINGS

PLAIN, OTHER = MODELS
WITH_OPS = replace(OTHER, custom_ops=("Bark", "Purr"))
_MEMBERS = {"cats_vs_dogs": "catsVsDogs", "self": "selfModel"}
_SWIFT = re.compile(r"```swift\n(import .*?)```", re.DOTALL)


def _readme(*models: ModelFacts) -> str:
    return render_readme(SETTINGS, models, _MEMBERS, archive="a.zip", checksum="0" * 64)


def _programs(text: str) -> list[str]:
    """The Swift in `text` that is whole programs."""
    programs = _SWIFT.findall(text)
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language()))
    for program in programs:
        assert not parser.parse(program.encode()).root_node.has_error, program
    return programs


def test_models_without_custom_ops() -> None:
    text = _readme(PLAIN, OTHER)
    (program,) = _programs(text)
    assert "Interpreter(modelPath: model.url.path)" in program
    assert "custom op" not in text.lower() and "$" not in text


def test_a_model_with_custom_ops_goes_through_the_c_library() -> None:
    text = _readme(PLAIN, WITH_OPS)
    swift, c = _programs(text)
    assert "let model = PetModelsModel.catsVsDogs\n" in swift
    assert "import PetModels\nimport PetModelsModels\nimport TensorFlowLiteC\n" in c
    assert "PetModelsModel.selfModel.url.path" in c
    assert c.index("PetModelsAddCustomOps(options)") < c.index("TfLiteInterpreterCreate(")
    assert "gives `y float32 [?, 1]`, needs the custom ops `Bark`, `Purr`\n" in text


def test_no_interpreter_is_shown_that_would_refuse_every_model() -> None:
    text = _readme(WITH_OPS)
    (program,) = _programs(text)
    assert 'carries the models, and "Custom ops" runs them.\n' in text
    assert "TensorFlowLiteC" in program and "Interpreter(modelPath:" not in text


def test_a_model_with_ops_of_tensorflow_names_the_pod_that_has_them() -> None:
    taking = replace(OTHER, select_tf_ops=("MatrixInverse", "Roll"))
    text = _readme(PLAIN, taking)
    assert (
        "gives `y float32 [?, 1]`, takes the ops `MatrixInverse`, `Roll` from TensorFlow\n" in text
    )
    assert "ops from TensorFlow itself: `self`. Their" in text
    assert 'pod "TensorFlowLiteSelectTfOps"' in text and "-force_load $(SRCROOT)/Pods/" in text
    assert "TensorFlowLiteSelectTfOps" not in _readme(PLAIN, OTHER)


def test_a_static_framework_is_not_embedded() -> None:
    text = _readme(PLAIN)
    assert 'with "Do Not Embed"' in text and "as embedded" not in text
    assert "`Sources/PetModelsModels/Models`" in text
    assert "kernels" not in text and "the kernels of custom ops" in _readme(PLAIN, WITH_OPS)


def test_the_pod_of_the_runtime_is_named_where_it_is_imported() -> None:
    assert 'pod "TensorFlowLiteSwift", "~> 2.14"' in _readme(PLAIN)
    assert "TensorFlowLiteSwift" not in _readme(WITH_OPS)
    assert 'pod "PetModels", :path => "path/to/this/folder"' in _readme(WITH_OPS)
