# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.ios.podspec import render_podspec
from pants_tflite.ios.testutil import SETTINGS

# Stands in for CocoaPods: it takes attributes that CocoaPods has, and prints them.
_POD = """
module Pod
  class Spec
    NAMES = %w[name version summary platform swift_versions module_name source_files
               vendored_frameworks resource_bundles static_framework]
    NAMES.each { |name| define_method("#{name}=") { |*value| puts "#{name} #{value.flatten.inspect}" } }
    def initialize
      yield self
    end
  end
end
"""


@pytest.mark.skipif(shutil.which("ruby") is None, reason="ruby (Debian: ruby) is not installed")
def test_ruby_reads_the_podspec(tmp_path: Path) -> None:
    (tmp_path / "PetModels.podspec").write_text(render_podspec(SETTINGS))
    (tmp_path / "pod.rb").write_text(_POD)
    printed = subprocess.run(
        ["ruby", "-w", "-r", "./pod.rb", "PetModels.podspec"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert printed.stderr == ""
    lines = printed.stdout.splitlines()
    assert 'name ["PetModels"]' in lines
    assert 'platform [:ios, "13.0"]' in lines
    assert 'source_files ["Sources/PetModelsModels/*.swift"]' in lines
    (bundles,) = [line for line in lines if line.startswith("resource_bundles ")]
    assert '"Sources/PetModelsModels/Models/*"' in bundles
    assert '"Sources/PetModelsModels/PrivacyInfo.xcprivacy"' in bundles
