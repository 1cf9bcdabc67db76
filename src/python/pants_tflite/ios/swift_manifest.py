# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The manifest of the Swift package."""

from __future__ import annotations

from string import Template
from typing import Sequence

from pants_tflite.bundles.contents import files_of
from pants_tflite.ios.model_facts import ModelFacts
from pants_tflite.ios.property_lists import PRIVACY_FILE
from pants_tflite.ios.settings import FrameworkSettings

# The first tools that know `Sendable`.
_TOOLS_VERSION = "5.5"
# Within the module's folder. Not "Resources", which code signing would take for a bundle's own.
_MODELS_FOLDER = "Models"
_PACKAGE = Template(
    """\
// swift-tools-version:$tools_version
import PackageDescription

let package = Package(
    name: "$name",
    platforms: [.iOS("$min_ios")],
    products: [
        .library(name: "$name", targets: ["$name"]),
        .library(name: "$module", targets: ["$module"]),
    ],
    targets: [
        .binaryTarget(name: "$name", path: "$name.xcframework"),
        .target(
            name: "$module",
            resources: [
$resources
                .copy("$privacy"),
            ]
        ),
    ]
)
"""
)


def models_folder(settings: FrameworkSettings) -> str:
    """Where the models are in the package."""
    return f"Sources/{settings.swift_module}/{_MODELS_FOLDER}"


def render_package(settings: FrameworkSettings, models: Sequence[ModelFacts]) -> str:
    """`Package.swift`. The XCFramework is next to it."""
    files = (path for model in models for path in _files(model))
    return _PACKAGE.substitute(
        tools_version=_TOOLS_VERSION,
        name=settings.name,
        module=settings.swift_module,
        min_ios=settings.min_ios,
        privacy=PRIVACY_FILE,
        resources="\n".join(f'                .copy("{path}"),' for path in files),
    )


def _files(model: ModelFacts) -> list[str]:
    """The paths of a model's files within the module's folder."""
    files = files_of(model.name, _MODELS_FOLDER)
    golden = (files.golden.inputs, files.golden.outputs) if model.has_golden_vectors else ()
    return [files.description, *golden, *([files.labels] if model.labels else ()), files.model]
