# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Swift source that replays golden vectors, and all that names them, read by an independent parser."""

from __future__ import annotations

import re
from dataclasses import replace

import tree_sitter
import tree_sitter_swift

from pants_tflite.bundles.golden_calls import golden_signatures
from pants_tflite.bundles.testutil import model_description
from pants_tflite.ios.model_facts import ModelFacts
from pants_tflite.ios.readme import render_readme
from pants_tflite.ios.replay import render_self_test, self_test_file
from pants_tflite.ios.swift_accessors import render_accessors
from pants_tflite.ios.swift_manifest import render_package
from pants_tflite.ios.testutil import MODELS, SETTINGS

MEMBERS = {"cats_vs_dogs": "catsVsDogs", "self": "selfModel"}
X = {"name": "x", "shape_signature": [None, 2]}
QUANTIZED = {
    "name": "y",
    "dtype": "int8",
    "quantization": {"scales": [0.5], "zero_points": [0], "quantized_dimension": None},
}


def _with_vectors(model: ModelFacts, **facts: object) -> ModelFacts:
    described = model_description({"inputs": [X], "outputs": [QUANTIZED, {"name": "z"}], **facts})
    return replace(model, golden=golden_signatures(described), has_golden_vectors=True)


def _has_error(source: str) -> bool:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language()))
    return parser.parse(source.encode()).root_node.has_error


PLAIN, OTHER = MODELS
WITH_VECTORS = (_with_vectors(PLAIN), _with_vectors(OTHER, inputs=[{**X, "dtype": "string"}]))


def test_the_self_test_is_swift() -> None:
    source = render_self_test(SETTINGS, WITH_VECTORS, MEMBERS)
    assert not _has_error(source) and _has_error(source.replace("guard let", "guard let let", 1))
    assert "$" not in re.sub(r"\$[01]\b", "", source)
    assert "import Foundation\nimport PetModelsModels\nimport TensorFlowLiteC\n" in source
    assert "AddCustomOps" not in source


def test_the_tensors_of_a_signature() -> None:
    expected = """\
    Signature(
        model: PetModelsModel.catsVsDogs,
        name: "main",
        isMain: true,
        reason: nil,
        inputs: ["x"],
        outputs: ["y", "z"],
        quantized: [true, false]
    ),
    Signature(
        model: PetModelsModel.selfModel,
        name: "main",
        isMain: true,
        reason: "it has text, which is not compared",
"""
    assert expected in render_self_test(SETTINGS, WITH_VECTORS, MEMBERS)
    half = _with_vectors(PLAIN, outputs=[{"name": "y", "dtype": "float16"}])
    assert 'reason: "float16 is not compared"' in render_self_test(SETTINGS, [half], MEMBERS)


def test_the_kernels_of_custom_ops_are_added() -> None:
    models = [replace(WITH_VECTORS[0], custom_ops=("Bark",))]
    source = render_self_test(SETTINGS, models, MEMBERS)
    assert not _has_error(source)
    assert "import PetModels\nimport PetModelsModels\n" in source
    added = source.index("        PetModelsAddCustomOps(options)\n")
    assert added < source.index("TfLiteInterpreterCreate(model, options)")


def test_the_package_has_the_vectors_and_says_where() -> None:
    package = render_package(SETTINGS, WITH_VECTORS[:1])
    accessors = render_accessors(SETTINGS, WITH_VECTORS[:1], MEMBERS)
    for side in ("input", "output"):
        assert f'.copy("Models/cats_vs_dogs.golden_{side}.npz")' in package
        assert f'file("\\(name).golden_{side}.npz")' in accessors
    assert not _has_error(package) and not _has_error(accessors)
    assert "golden" not in render_package(SETTINGS, MODELS)
    assert "golden" not in render_accessors(SETTINGS, MODELS, MEMBERS)


def test_the_readme_says_how_to_call_it() -> None:
    def readme(models: tuple[ModelFacts, ...]) -> str:
        return render_readme(SETTINGS, models, MEMBERS, archive="a.zip", checksum="0" * 64)

    text = readme(WITH_VECTORS)
    programs = re.findall(r"```swift\n(import .*?)```", text, re.DOTALL)
    assert not any(_has_error(program) for program in programs)
    assert "try PetModelsSelfTest().run()" in programs[-1]
    assert f"`{self_test_file(SETTINGS)}` runs each model" in text
    assert "SelfTest" not in readme(MODELS)
