# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Swift package, read by an independent parser."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tree_sitter
import tree_sitter_swift
from pants.engine.addresses import Address

from pants_tflite.errors import TfLiteError
from pants_tflite.ios.swift_accessors import member_names, render_accessors, string_literal
from pants_tflite.ios.swift_manifest import render_package
from pants_tflite.ios.testutil import MODELS, SETTINGS

ADDRESS = Address("m", target_name="ios")
MEMBERS = member_names(ADDRESS, [model.name for model in MODELS])


def _parse(source: str) -> tree_sitter.Node:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language()))
    return parser.parse(source.encode()).root_node


def _texts(node: tree_sitter.Node, kind: str) -> list[str]:
    """The text of every node of a kind below `node`."""
    found = [node.text.decode()] if node.type == kind and node.text else []
    return found + [text for child in node.children for text in _texts(child, kind)]


def test_the_accessors_are_swift() -> None:
    root = _parse(render_accessors(SETTINGS, MODELS, MEMBERS))
    assert not root.has_error
    names = _texts(root, "type_identifier")
    assert {"PetModelsModel", "Tensor", "Quantization"} <= set(names)


def test_the_accessors_say_what_the_models_are() -> None:
    source = render_accessors(SETTINGS, MODELS, MEMBERS)
    assert 'public static let version: String = "1.4.0-rc.1"' in source
    assert "public static let all: [PetModelsModel] = [catsVsDogs, selfModel]" in source
    assert "public static let catsVsDogs = PetModelsModel(" in source
    assert (
        'Tensor(name: "image", elementType: "int8", shape: [nil, 224, 224, 3], '
        "quantization: Quantization(scales: [0.5], zeroPoints: [-128], dimension: nil)),"
    ) in source
    assert 'Tensor(name: "mask", elementType: "bool", shape: [], quantization: nil),' in source
    assert f'sha256: "{"f" * 64}",\n        inputs: [],' in source
    assert r'"a \"cat\"",' in source


def test_a_break_would_be_seen() -> None:
    broken = [replace(MODELS[0], sha256='"')]
    source = render_accessors(SETTINGS, broken, MEMBERS).replace(r'"\""', '"""')
    assert _parse(source).has_error


def test_the_package_is_swift() -> None:
    source = render_package(SETTINGS, MODELS)
    assert source.startswith("// swift-tools-version:5.5\n")
    root = _parse(source)
    assert not root.has_error
    strings = _texts(root, "line_string_literal")
    assert '"13.0"' in strings
    assert '"PetModels.xcframework"' in strings
    assert [text for text in strings if text.startswith('"Models/')] == [
        '"Models/cats_vs_dogs.json"',
        '"Models/cats_vs_dogs.labels.txt"',
        '"Models/cats_vs_dogs.tflite"',
        '"Models/self.json"',
        '"Models/self.tflite"',
    ]
    assert '"PrivacyInfo.xcprivacy"' in strings


def test_members_are_in_camel_case_and_no_keywords() -> None:
    assert member_names(ADDRESS, ["a1_b2__c_", "all", "init", "kws"]) == {
        "a1_b2__c_": "a1B2C",
        "all": "allModel",
        "init": "initModel",
        "kws": "kws",
    }


def test_two_models_of_one_member() -> None:
    with pytest.raises(TfLiteError) as error:
        member_names(ADDRESS, ["a_b", "a__b"])
    expected = "m:ios, field `model_names` = 'a__b': Swift would call both `a_b` and `a__b` `aB`"
    assert expected in str(error.value)


def test_string_literals() -> None:
    assert string_literal('é"\\(x)\n') == r'"é\"\\(x)\u{a}"'
