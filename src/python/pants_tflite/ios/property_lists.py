# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Property lists: what a framework and an XCFramework tell Apple's tools."""

from __future__ import annotations

import plistlib
from typing import Any, Mapping, Sequence

from pants_tflite.ios.settings import FrameworkSettings
from pants_tflite.ios.slices import Slice

PRIVACY_FILE = "PrivacyInfo.xcprivacy"
# The numbers that iPhones and iPads have in UIDeviceFamily.
_DEVICE_FAMILIES = [1, 2]


def _render(value: Mapping[str, Any]) -> bytes:
    return plistlib.dumps(value, fmt=plistlib.FMT_XML, sort_keys=True)


def framework_plist(settings: FrameworkSettings, framework_slice: Slice) -> bytes:
    """The `Info.plist` of the framework in one slice."""
    return _render(
        {
            "CFBundleDevelopmentRegion": "en",
            "CFBundleExecutable": settings.name,
            "CFBundleIdentifier": settings.bundle_id,
            "CFBundleInfoDictionaryVersion": "6.0",
            "CFBundleName": settings.name,
            "CFBundlePackageType": "FMWK",
            "CFBundleShortVersionString": settings.plist_version,
            "CFBundleSupportedPlatforms": [framework_slice.bundle_platform],
            "CFBundleVersion": settings.plist_version,
            "MinimumOSVersion": settings.min_ios,
            "UIDeviceFamily": _DEVICE_FAMILIES,
        }
    )


def xcframework_plist(settings: FrameworkSettings, slices: Sequence[Slice]) -> bytes:
    """The `Info.plist` that tells Xcode which slice is for what."""
    return _render(
        {
            "AvailableLibraries": [_library(settings, each) for each in slices],
            "CFBundlePackageType": "XFWK",
            "XCFrameworkFormatVersion": "1.0",
        }
    )


def privacy_manifest() -> bytes:
    """`PrivacyInfo.xcprivacy`: models and their table neither track, collect data, nor call what Apple
    wants a reason for. An app that computes with them says itself what it does with the results."""
    return _render(
        {
            "NSPrivacyAccessedAPITypes": [],
            "NSPrivacyCollectedDataTypes": [],
            "NSPrivacyTracking": False,
            "NSPrivacyTrackingDomains": [],
        }
    )


def _library(settings: FrameworkSettings, framework_slice: Slice) -> dict[str, Any]:
    framework = f"{settings.name}.framework"
    library = {
        "BinaryPath": f"{framework}/{settings.name}",
        "LibraryIdentifier": framework_slice.identifier,
        "LibraryPath": framework,
        "SupportedArchitectures": list(framework_slice.architectures),
        "SupportedPlatform": "ios",
    }
    if framework_slice.variant:
        library["SupportedPlatformVariant"] = framework_slice.variant
    return library
