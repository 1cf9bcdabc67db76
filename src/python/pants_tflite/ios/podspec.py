# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The podspec next to the Swift package: the same files for CocoaPods."""

from __future__ import annotations

from string import Template

from pants_tflite.ios.property_lists import PRIVACY_FILE
from pants_tflite.ios.settings import FrameworkSettings
from pants_tflite.ios.swift_manifest import models_folder

_PODSPEC = Template(
    """\
Pod::Spec.new do |spec|
  spec.name = "$name"
  spec.version = "$version"
  spec.summary = "TensorFlow Lite models, with typed accessors in Swift and C"
  spec.platform = :ios, "$min_ios"
  spec.swift_versions = ["5.5"]
  spec.module_name = "$module"
  spec.source_files = "Sources/$module/*.swift"
  spec.vendored_frameworks = "$name.xcframework"
  spec.resource_bundles = {
    "$module" => ["$models/*", "Sources/$module/$privacy"],
  }
  spec.static_framework = true
end
"""
)


def podspec_file(settings: FrameworkSettings) -> str:
    return f"{settings.name}.podspec"


def render_podspec(settings: FrameworkSettings) -> str:
    """What an app names by `:path`. Who publishes it adds the author, homepage, license and source."""
    return _PODSPEC.substitute(
        name=settings.name,
        version=settings.version,
        min_ios=settings.min_ios,
        module=settings.swift_module,
        models=models_folder(settings),
        privacy=PRIVACY_FILE,
    )
