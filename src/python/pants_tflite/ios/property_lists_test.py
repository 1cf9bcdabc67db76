# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

import plistlib
import shutil
import subprocess
from pathlib import Path

import pytest

from pants_tflite.ios.property_lists import (
    framework_plist,
    privacy_manifest,
    xcframework_plist,
)
from pants_tflite.ios.slices import DEVICE, SIMULATOR, SLICES, Slice
from pants_tflite.ios.testutil import SETTINGS

PLISTUTIL = shutil.which("plistutil")


@pytest.mark.parametrize(
    ("framework_slice", "platform"), [(DEVICE, "iPhoneOS"), (SIMULATOR, "iPhoneSimulator")]
)
def test_a_framework_says_what_it_is(framework_slice: Slice, platform: str) -> None:
    assert plistlib.loads(framework_plist(SETTINGS, framework_slice)) == {
        "CFBundleDevelopmentRegion": "en",
        "CFBundleExecutable": "PetModels",
        "CFBundleIdentifier": "org.example.PetModels",
        "CFBundleInfoDictionaryVersion": "6.0",
        "CFBundleName": "PetModels",
        "CFBundlePackageType": "FMWK",
        "CFBundleShortVersionString": "1.4.0",
        "CFBundleSupportedPlatforms": [platform],
        "CFBundleVersion": "1.4.0",
        "MinimumOSVersion": "13.0",
        "UIDeviceFamily": [1, 2],
    }


def test_an_xcframework_lists_its_slices() -> None:
    plist = plistlib.loads(xcframework_plist(SETTINGS, SLICES))
    assert plist["CFBundlePackageType"] == "XFWK"
    assert plist["XCFrameworkFormatVersion"] == "1.0"
    device, simulator = plist["AvailableLibraries"]
    assert device == {
        "BinaryPath": "PetModels.framework/PetModels",
        "LibraryIdentifier": "ios-arm64",
        "LibraryPath": "PetModels.framework",
        "SupportedArchitectures": ["arm64"],
        "SupportedPlatform": "ios",
    }
    assert simulator == {
        **device,
        "LibraryIdentifier": "ios-arm64_x86_64-simulator",
        "SupportedArchitectures": ["arm64", "x86_64"],
        "SupportedPlatformVariant": "simulator",
    }


@pytest.mark.skipif(PLISTUTIL is None, reason="plistutil (Debian: libplist-utils) is not installed")
@pytest.mark.parametrize(
    "content",
    [framework_plist(SETTINGS, DEVICE), xcframework_plist(SETTINGS, SLICES), privacy_manifest()],
)
def test_plistutil_reads_the_same(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "Info.plist").write_bytes(content)
    # Into the binary form and back.
    for source, target, form in (("Info.plist", "binary", "bin"), ("binary", "again.plist", "xml")):
        subprocess.run(
            [str(PLISTUTIL), "-i", source, "-o", target, "-f", form], cwd=tmp_path, check=True
        )
    assert (tmp_path / "binary").read_bytes().startswith(b"bplist00")
    assert plistlib.loads((tmp_path / "again.plist").read_bytes()) == plistlib.loads(content)


def test_the_privacy_manifest_has_all_keys_of_apple() -> None:
    assert plistlib.loads(privacy_manifest()) == {
        "NSPrivacyTracking": False,
        "NSPrivacyTrackingDomains": [],
        "NSPrivacyCollectedDataTypes": [],
        "NSPrivacyAccessedAPITypes": [],
    }
