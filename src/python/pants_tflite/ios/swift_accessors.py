# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Swift source of a package: typed accessors to the models that it carries."""

from __future__ import annotations

from string import Template
from typing import Iterable, Mapping, Sequence

from pants.engine.addresses import Address

from pants_tflite.bundles.fields import BundleModelNamesField
from pants_tflite.errors import Mistake
from pants_tflite.ios.model_facts import ModelFacts, TensorFacts
from pants_tflite.ios.settings import RESERVED_WORDS, FrameworkSettings

# Static members that every accessor type has.
_TAKEN = frozenset({"all", "version"})
_ACCESSORS = Template(
    """\
// What the models in $name take and give, and where they are. Generated.

import Foundation

/// A model that this package carries.
public struct $type: Equatable, Sendable {
    /// A tensor that a model takes or gives.
    public struct Tensor: Equatable, Sendable {
        /// Its name in the model's signature, or in the graph of a model without one.
        public let name: String
        /// The type of its elements, as NumPy names it: "float32", "int8", ...
        public let elementType: String
        /// Its sizes; nil is any size.
        public let shape: [Int?]
        /// nil for a tensor that is not quantized.
        public let quantization: Quantization?
    }

    /// value = scale * (element - zero point).
    public struct Quantization: Equatable, Sendable {
        /// One for the whole tensor, or one for every index of `dimension`.
        public let scales: [Float]
        /// As many as there are scales.
        public let zeroPoints: [Int64]
        /// nil where one scale is for the whole tensor.
        public let dimension: Int?
    }

    /// The model's name, and that of its files.
    public let name: String
    /// The size of the model's file in bytes.
    public let byteCount: Int
    /// The SHA-256 of the model's file, in hexadecimal.
    public let sha256: String
    /// In an interpreter's order.
    public let inputs: [Tensor]
    /// In an interpreter's order.
    public let outputs: [Tensor]
    /// In the order of the model's scores; empty where there are none.
    public let labels: [String]

    /// The model's file; its `path` is what an interpreter takes.
    public var url: URL { file("\\(name).tflite") }

    /// The model's description in JSON.
    public var descriptionURL: URL { file("\\(name).json") }

    /// The labels as a file, one a line; nil where there are none.
    public var labelsURL: URL? { labels.isEmpty ? nil : file("\\(name).labels.txt") }
$golden
    /// The model's content, mapped into memory.
    public func data() throws -> Data {
        return try Data(contentsOf: url, options: .mappedIfSafe)
    }

    private func file(_ fileName: String) -> URL {
        guard let url = modelsBundle.url(forResource: fileName, withExtension: nil) else {
            preconditionFailure("\\(fileName) is not in \\(modelsBundle.bundlePath)")
        }
        return url
    }
}

#if SWIFT_PACKAGE
private let modelsBundle = Bundle.module
#else
private final class Anchor {}

// CocoaPods puts a bundle of this name next to the code.
private let modelsBundle: Bundle = {
    let code = Bundle(for: Anchor.self)
    guard let url = code.url(forResource: "$module", withExtension: "bundle"),
        let bundle = Bundle(url: url)
    else { preconditionFailure("$module.bundle is not in \\(code.bundlePath)") }
    return bundle
}()
#endif

extension $type {
    /// The version of the bundle, as in Semantic Versioning.
    public static let version: String = $version

    /// All models, in the order of their names.
    public static let all: [$type] = [$all]
$models}
"""
)
# Only of models whose golden files are there.
_GOLDEN = """
    /// Inputs of calls in the build, which the self-test replays.
    public var goldenInputURL: URL { file("\\(name).golden_input.npz") }

    /// What came out of these calls.
    public var goldenOutputURL: URL { file("\\(name).golden_output.npz") }
"""
_MODEL = Template(
    """
    /// The model `$name`.
    public static let $member = $type(
        name: $name_literal,
        byteCount: $bytes,
        sha256: $sha256,
        inputs: $inputs,
        outputs: $outputs,
        labels: $labels
    )
"""
)


def member_names(address: Address, models: Sequence[str]) -> dict[str, str]:
    """Swift's name for each model: `catsVsDogs` for `cats_vs_dogs`.

    Raises if two models would have the same name.
    """
    members: dict[str, str] = {}
    for name in models:
        first, *others = [part for part in name.split("_") if part]
        member = first + "".join(part.capitalize() for part in others)
        if member in RESERVED_WORDS | _TAKEN:
            member += "Model"
        if member in members.values():
            other = next(key for key, value in members.items() if value == member)
            raise Mistake(
                message=f"Swift would call both `{other}` and `{name}` `{member}`",
                fix=f"Name one of them otherwise in `{BundleModelNamesField.alias}`.",
                field=BundleModelNamesField.alias,
                value=name,
            ).at(address)
        members[name] = member
    return members


def render_accessors(
    settings: FrameworkSettings, models: Sequence[ModelFacts], members: Mapping[str, str]
) -> str:
    """The module's one source; `members` are as `member_names` gives them."""
    return _ACCESSORS.substitute(
        name=settings.name,
        module=settings.swift_module,
        type=settings.swift_type,
        version=string_literal(settings.version),
        golden=_GOLDEN if any(model.has_golden_vectors for model in models) else "",
        all=", ".join(members[model.name] for model in models),
        models="".join(
            _MODEL.substitute(
                name=model.name,
                member=members[model.name],
                type=settings.swift_type,
                name_literal=string_literal(model.name),
                bytes=model.bytes,
                sha256=string_literal(model.sha256),
                inputs=_block(_tensor(tensor) for tensor in model.inputs),
                outputs=_block(_tensor(tensor) for tensor in model.outputs),
                labels=_block(string_literal(label) for label in model.labels),
            )
            for model in models
        ),
    )


def string_literal(text: str) -> str:
    """`text` as a Swift string. Unprintable characters, which a name may hold, are escaped."""

    def escape(character: str) -> str:
        if character in '"\\':
            return f"\\{character}"
        return character if character.isprintable() else f"\\u{{{ord(character):x}}}"

    return '"' + "".join(escape(character) for character in text) + '"'


def _block(values: Iterable[str]) -> str:
    lines = "".join(f"            {value},\n" for value in values)
    return f"[\n{lines}        ]" if lines else "[]"


def _list(values: Iterable[object]) -> str:
    return f"[{', '.join(str(value) for value in values)}]"


def _tensor(tensor: TensorFacts) -> str:
    shape = _list("nil" if size is None else size for size in tensor.shape)
    return (
        f"Tensor(name: {string_literal(tensor.name)}, "
        f"elementType: {string_literal(tensor.dtype)}, shape: {shape}, "
        f"quantization: {_quantization(tensor)})"
    )


def _quantization(tensor: TensorFacts) -> str:
    if not tensor.scales:
        return "nil"
    dimension = "nil" if tensor.quantized_dimension is None else tensor.quantized_dimension
    return (
        f"Quantization(scales: {_list(tensor.scales)}, "
        f"zeroPoints: {_list(tensor.zero_points)}, dimension: {dimension})"
    )
